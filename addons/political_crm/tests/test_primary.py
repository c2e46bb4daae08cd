from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestPrimary(PoliticalCase):
    """R-52: the participants of a primary lie in a vault of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env,
            login="test_primary",
            groups="political_crm.group_primary",
            context={"no_reset_password": True},
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.primary = cls.env["political.primary"].create(
            {
                "name": "Primaire",
                "company_id": cls.company.id,
                "date_vote": "2026-09-20",
                "date_proclaimed": "2026-09-27",
            }
        )
        cls.participants = cls.env["political.primary.participant"].create(
            [
                {
                    "primary_id": cls.primary.id,
                    "name": cls.person_north.name,
                    "email": cls.person_north.email,
                },
                {
                    "primary_id": cls.primary.id,
                    "name": "Dominique Curieuse",
                    "email": "dominique.curieuse@example.org",
                    "recontact": True,
                },
            ]
        )

    def test_own_group_only(self):
        """R-52: neither staff nor the administrator of the party nor the DPO reads it."""
        Participant = "political.primary.participant"
        self.assertEqual(len(self._as(self.clerk, Participant).search([])), 2)
        for user in (self.user_lead, self.user_staff, self.user_manager, self.user_dpo):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, Participant).search([])
        with self.assertRaises(AccessError):
            self._as(self.clerk).browse(self.person_north.id).read(["political_category"])

    def test_no_way_to_people(self):
        """R-52: no field of the vault leads to a contact, and nothing on a contact tells that
        somebody took part."""
        people = {"res.partner", "crm.lead"}
        for name in ("political.primary", "political.primary.participant"):
            for f in self.env[name]._fields.values():
                self.assertNotIn(f.comodel_name, people, f.name)
        for name in people:
            for f in self.env[name]._fields.values():
                self.assertFalse((f.comodel_name or "").startswith("political.primary"), f.name)
                self.assertNotIn("primary_vote", f.name)

    @freeze_time("2026-10-07")
    def test_kept_until_appeals_are_over(self):
        self.env["political.primary"]._cron_purge()
        self.assertEqual(self.primary.participant_count, 2)
        with self.assertRaisesRegex(UserError, "appeal"):
            self.primary.with_user(self.clerk).action_purge()

    def test_emptied_after_the_appeals(self):
        """R-52: the day after; the number stays, the names do not."""
        file = self.env["ir.attachment"].create(
            {
                "name": "liste.csv",
                "raw": b"liste",
                "res_model": "political.primary",
                "res_id": self.primary.id,
            }
        )
        with freeze_time(self.primary.date_purge + timedelta(days=1)):
            self.env["political.primary"]._cron_purge()
        self.assertFalse(self.participants.exists())
        self.assertFalse(file.exists())
        self.assertEqual(self.primary.purged_count, 2)

    def test_never_proclaimed_is_emptied_too(self):
        """R-43: a result that nobody types does not keep the list."""
        self.primary.date_proclaimed = False
        with freeze_time("2026-11-15"):
            self.env["political.primary"]._cron_purge()
        self.assertFalse(self.participants.exists())

    def test_recontact_is_a_consent_of_its_own(self):
        """R-52, R-35: only who wished so is asked, once; confirmed, they are a supporter like any
        other, and nothing says where they were met."""
        primary = self._as(self.clerk, "political.primary").browse(self.primary.id)
        primary.action_ask_recontact()
        primary.action_ask_recontact()
        signups = self.env["consent.signup"].search([("source_ref", "=", "/primary")])
        self.assertEqual(signups.mapped("address"), ["dominique.curieuse@example.org"])
        signups.token_sha256 = signups._digest("jeton")
        signups._confirm("jeton", {"ip": "192.0.2.1", "user_agent": "test"})
        person = self.env["res.partner"].search([("email", "=", "dominique.curieuse@example.org")])
        self.assertEqual(person.political_origin, "web_form")

    def test_erased_with_the_person(self):
        """R-31: who is erased leaves the vault as well."""
        self.env["consent.eraser"]._erase(self.person_north)
        self.assertFalse(self.participants[0].exists())
        self.assertTrue(self.participants[1].exists())
