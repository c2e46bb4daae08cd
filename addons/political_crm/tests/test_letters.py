from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestLetters(PoliticalCase):
    """One letter to a household, to those of it who agreed to post."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = {"street": "3 rue de l'Essai", "zip": "93140", "city": "Bondy"}
        cls.anne, cls.paul, cls.lea = (
            cls._person(
                surname,
                firstname=firstname,
                email=f"{firstname.lower()}@example.org",
                branch_id=cls.north.id,
                political_category="regular",
                **home,
            )
            for surname, firstname in (("Martin", "Anne"), ("Martin", "Paul"), ("Durand", "Zoé"))
        )
        cls.purpose = cls.env["consent.purpose"]._get("newsletter", cls.company)
        cls.env["political.household"]._gather(cls.anne | cls.paul | cls.lea)

    def _agree(self, people):
        people.sudo().with_company(self.company).consent_record(
            "newsletter",
            "post",
            "given",
            {"means": "paper", "wording_code": "newsletter-post-fr_FR-v1"},
        )

    def _wizard(self, people=None, user=None):
        people = people or self.anne | self.paul | self.lea
        return self._as(user or self.user_staff, "political.letter").create(
            {"purpose_id": self.purpose.id, "partner_ids": [(6, 0, people.ids)]}
        )

    def test_one_letter_a_household(self):
        """R-01: who did not agree is named on no letter, whoever lives with them."""
        self._agree(self.anne | self.lea)
        wizard = self._wizard()
        self.assertEqual((wizard.people_count, wizard.allowed_count), (3, 2))
        self.assertEqual(wizard.letter_count, 2)
        names = [letter["name"] for letter in (self.anne | self.lea)._letters()]
        self.assertEqual(sorted(names), ["Anne Martin", "Zoé Durand"])
        self._agree(self.paul)
        wizard.invalidate_recordset()
        self.assertEqual((wizard.allowed_count, wizard.letter_count), (3, 2))

    def test_gate_asked_again_when_printed(self):
        """R-01: a withdrawal between the wizard and the printer holds."""
        self._agree(self.anne | self.paul)
        report = self._as(self.user_staff, "report.political_crm.labels")
        data = {"purpose_id": self.purpose.id}
        ids = (self.anne | self.paul).ids
        self.assertEqual(len(report._get_report_values(ids, data)["docs"]), 2)
        self.anne.sudo().consent_record("newsletter", "post", "withdrawn", {"means": "phone"})
        self.assertEqual(report._get_report_values(ids, data)["docs"], self.paul)

    def test_nobody_agreed(self):
        with self.assertRaisesRegex(UserError, "None"):
            self._wizard().action_print()

    def test_not_for_leads(self):
        """R-42: a local lead takes nothing out."""
        with self.assertRaises(AccessError):
            self._wizard(user=self.user_lead)

    def test_labels_need_the_right_and_a_reason(self):
        """R-42"""
        self._agree(self.anne | self.paul)
        ids = (self.anne | self.paul).ids
        report = self.env["ir.actions.report"].with_user(self.user_staff)
        data = {"purpose_id": self.purpose.id}
        with self.assertRaises(AccessError):
            report._render_qweb_html("political_crm.labels", ids, data=data)
        self.user_staff.group_ids += self.env.ref("political_consent.group_consent_export")
        reason = self._as(self.user_staff, "consent.export.reason")
        reason.create({"reason": "Envoi de la lettre de rentrée"}).action_confirm()
        html, _type = report._render_qweb_html("political_crm.labels", ids, data=data)
        self.assertIn("Martin", html.decode())
        self.assertEqual(html.decode().count("3 rue de l"), 1)
