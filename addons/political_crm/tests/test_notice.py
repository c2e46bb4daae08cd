from datetime import datetime

from freezegun import freeze_time

from odoo.addons.mail.tests.common import MockEmail
from odoo.tests import tagged

from ..models.res_partner import OWN_ORIGINS
from .common import PoliticalCase

NOW = datetime(2026, 6, 15, 3)


@tagged("post_install", "-at_install")
class TestNotice(PoliticalCase, MockEmail):
    """R-25: data that did not come from the person are told with the first message, or go."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param("mail.default.from", "lettre")
        cls.listed = cls._person("Inscrite", political_category="prospect", political_origin="roll")
        cls.user_staff.group_ids += cls.env.ref("political_consent.group_consent_user")

    def _write_to(self, partner):
        """A letter from staff, and the mail that left."""
        partner.with_user(self.user_staff).with_company(self.company).consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": "newsletter-email-fr_FR-v1"},
        )
        with self.mock_mail_gateway(mail_unlink_sent=False), self.enter_registry_test_mode():
            partner.with_user(self.user_staff).message_post(
                body="Bonjour", message_type="comment", partner_ids=partner.ids
            )
            self.env["mail.mail"].sudo().search([("state", "=", "outgoing")]).send()
        [mail] = self._mails
        return mail["body"]

    def test_first_message_names_the_origin(self):
        """R-25: the text names the roll, once; who gave their own data reads nothing of it."""
        self.assertEqual(self.listed.political_notice, "due")
        words = "L. 37"
        self.assertIn(words, self._write_to(self.listed))
        self.listed.invalidate_recordset()
        self.assertEqual(self.listed.political_notice, "later")
        self.assertTrue(self.listed.political_notice_date)
        self.assertNotIn(words, self._write_to(self.listed))
        self.assertNotIn(words, self._write_to(self.person_north))

    def test_origins_that_are_not_the_person_have_a_sentence(self):
        origins = dict(self.env["res.partner"]._fields["political_origin"].selection)
        for origin in origins:
            self.person_north.political_origin = origin if origin != "social" else "import"
            self.assertEqual(
                not self.person_north._origin_sentence(), origin in OWN_ORIGINS, origin
            )

    def _untold(self):
        retention = self.env["consent.retention"].sudo()
        rules = {rule.code: rule for rule in retention._rules(self.company, NOW)}
        return retention._people(rules["notice_due"], NOW)

    def _entered(self, partner, day):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = %s WHERE id = %s", (day, partner.id)
        )

    @freeze_time(NOW)
    def test_untold_for_a_month(self):
        """R-25: kept within the month, gone after it; a member, and who agreed since, stay."""
        told = self._person("Informée", political_category="prospect", political_origin="web_form")
        agreed = self._person("D'accord", political_category="regular", political_origin="import")
        member = self._person("Adhérente", political_origin="import")
        agreed.with_user(self.user_staff).with_company(self.company).consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": "newsletter-email-fr_FR-v1"},
        )
        for partner in (told, agreed, member):
            self._entered(partner, datetime(2026, 1, 1))
        self._entered(self.listed, datetime(2026, 5, 16))
        self.assertEqual(self._untold(), [])
        self._entered(self.listed, datetime(2026, 5, 14))
        self.assertEqual(self._untold(), self.listed.ids)
        self.env["consent.retention"].sudo()._run(self.company)
        self.assertFalse(self.listed.exists())
        self.assertTrue(member.exists() and agreed.exists() and told.exists())
