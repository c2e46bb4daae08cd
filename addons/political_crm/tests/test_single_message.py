import base64
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PoliticalCase

NOW = datetime(2026, 6, 15, 3)


@tagged("post_install", "-at_install")
class TestSingleMessage(PoliticalCase, MockEmail):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = "parti@example.org"
        cls.met = cls._occasional("Rencontrée", political_origin="meeting")
        cls.named = cls._occasional("Parrainée", political_origin="referral")
        cls.purpose = cls.env["consent.purpose"].create(
            {
                "name": "Prise de contact",
                "code": "first_contact",
                "company_id": cls.company.id,
                "legal_basis": "legitimate_interest",
                "allow_email": True,
                "balancing_test": base64.b64encode(b"weighed"),
                "balancing_author": "La déléguée",
                "balancing_date": "2026-01-02",
                "retention_months": 12,
                "retention_source": "test",
            }
        )

    @classmethod
    def _occasional(cls, name, **values):
        return cls._person(name, political_category="occasional", branch_id=cls.north.id, **values)

    def _reason(self, person, purpose=None):
        gate = self.env["consent.gate"].with_company(self.company).sudo()
        request = gate._gate_request(purpose or self.purpose, "email")
        return gate._reasons(person.ids, request)[person.id]

    def _send_to_everybody(self):
        mailing = (
            self.env["mailing.mailing"]
            .with_user(self.user_staff)
            .create(
                {
                    "subject": "Bonjour",
                    "body_html": "<p>Une seule fois</p>",
                    "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "mailing_domain": "[]",
                    "consent_purpose_id": self.purpose.id,
                }
            )
        )
        mailing.action_launch()
        with self.mock_mail_gateway(mail_unlink_sent=False), self.enter_registry_test_mode():
            self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").sudo().method_direct_trigger()
            waiting = self.env["mail.mail"].sudo().search([("state", "=", "outgoing")])
            self.env["mail.mail"].sudo().process_email_queue(waiting.ids)
        return {mail["email_to"][0].split("<")[-1].strip(">") for mail in self._mails}

    def test_second_message_is_held_back(self):
        """R-11: an occasional contact gets one message by mailing; the next one is held back at
        the gate, a member's is not."""
        self.assertIn(self.met.email, self._send_to_everybody())
        self.assertTrue(self.met.single_message_at)
        self.assertFalse(self.person_north.single_message_at)
        self.assertEqual(self._reason(self.met), "single_message")
        again = self._send_to_everybody()
        self.assertNotIn(self.met.email, again)
        self.assertIn(self.person_north.email, again)

    def test_one_message_an_address(self):
        """R-11, R-39: a second card with the same address does not open a second message."""
        twin = self._occasional("Doublon", email=self.met.email)
        self.assertIsNone(self._reason(twin))
        self.met._note_single_message()
        self.assertEqual(self._reason(twin), "single_message")
        self.assertIsNone(self._reason(self.named))

    def test_what_was_agreed_to_has_no_limit(self):
        """R-11: a consent is another basis; the limit is not the newsletter's."""
        self.met._note_single_message()
        self._give(self.met)
        newsletter = self.env["consent.purpose"]._get("newsletter", self.company)
        self.assertIsNone(self._reason(self.met, newsletter))
        self.assertEqual(self._reason(self.met), "single_message")

    def _give(self, person):
        person.sudo().with_company(self.company).consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": "newsletter-email-fr_FR-v1"},
        )

    def test_interest_needs_its_balancing_test(self):
        """R-13: without the document nothing leaves on that basis, whoever it is for."""
        self.assertIsNone(self._reason(self.met))
        self.purpose.balancing_test = False
        self.assertEqual(self._reason(self.met), "no_balancing_test")

    def test_nobody_notes_it_by_hand(self):
        with self.assertRaises(UserError):
            self._as(self.user_lead).browse(self.met.id).write({"single_message_at": NOW})

    # ---------------------------------------------------------------- referral

    def _refer(self, person=None):
        self.env["political.relation"].create(
            {
                "partner_id": (person or self.named).id,
                "kind": "referrer",
                "other_id": self.person_north.id,
            }
        )

    def test_referral_gets_one_message_and_no_reminder(self):
        """R-39: the message names who gave the address; a second one is refused, also after the
        card was deleted and made again."""
        named = self._as(self.user_lead).browse(self.named.id)
        with self.assertRaisesRegex(UserError, "who named"):
            named.action_invite_referred()
        self._refer()
        named.action_invite_referred()
        self.assertTrue(self.named.single_message_at)
        signup = self.env["consent.signup"].search([("partner_id", "=", named.id)])
        self.assertEqual(len(signup), 1)
        with self.mock_mail_gateway():
            signup._deliver()
        self.assertEqual(len(self._mails), 1)
        self.assertIn("Camille Nord", self._mails[0]["body"])
        with self.assertRaisesRegex(UserError, "R-39"):
            named.action_invite_referred()
        self.named.unlink()
        again = self._occasional("Parrainée", political_origin="referral")
        self._refer(again)
        with self.assertRaisesRegex(UserError, "R-39"):
            self._as(self.user_lead).browse(again.id).action_invite_referred()

    def test_referral_who_confirms_is_a_supporter(self):
        """R-39, R-22: their own step is the new origin, opens targeting, and feeds recruitment."""
        self._refer()
        self._as(self.user_lead).browse(self.named.id).action_invite_referred()
        signup = self.env["consent.signup"].search([("partner_id", "=", self.named.id)])
        with self.mock_mail_gateway():
            signup._deliver()
        signup.token_sha256 = signup._digest("jeton")
        _events, state = signup._confirm("jeton", {"ip": "192.0.2.1", "user_agent": "test"})
        self.assertEqual(state, "done")
        self.assertEqual(self.named.political_category, "regular")
        self.assertEqual(self.named.political_origin, "web_form")
        self.assertEqual(self.named.political_basis, "body")
        lead = self.env["crm.lead"].search([("partner_id", "=", self.named.id)])
        self.assertEqual(lead.stage_id, self.env.ref("political_crm.stage_supporter"))

    def test_only_the_named_get_it(self):
        with self.assertRaisesRegex(UserError, "named by somebody"):
            self._as(self.user_lead).browse(self.met.id).action_invite_referred()

    # ---------------------------------------------------------------- two months

    def _run_night(self):
        return self.env["consent.retention"].sudo()._run(self.company)

    @freeze_time(NOW)
    def test_purged_two_months_after(self):
        """R-12: 59 days kept, 61 days gone; who agreed or wrote is kept as a regular contact."""
        agreed, wrote, early = (
            self._occasional(name, political_origin="meeting")
            for name in ("Accord", "Réponse", "Récente")
        )
        people = self.met | agreed | wrote
        people.sudo().single_message_at = NOW - timedelta(days=61)
        early.sudo().single_message_at = NOW - timedelta(days=59)
        self._give(agreed)
        wrote.message_post(body="Merci pour votre message", author_id=wrote.id)
        run = self._run_night()
        self.assertFalse(self.met.exists())
        self.assertTrue(early.exists())
        self.assertEqual(early.political_category, "occasional")
        self.assertEqual(agreed.political_category, "regular")
        self.assertEqual(agreed.political_origin, "paper_form")
        self.assertEqual((wrote.political_category, wrote.political_origin), ("regular", "letter"))
        line = run.line_ids.filtered(lambda one: one.code == "single_message")
        self.assertEqual(line.count, 1)
        self.assertTrue(self.person_north.exists())

    @freeze_time(NOW)
    def test_shorter_on_the_web(self):
        """R-12: NS-34 wants less for the internet; the term may be shortened only."""
        web = self._occasional("Pétition", political_origin="petition")
        (web | self.met).sudo().single_message_at = NOW - timedelta(days=31)
        self._run_night()
        self.assertFalse(web.exists())
        self.assertTrue(self.met.exists())
        with self.assertRaises(ValidationError):
            self.company.single_message_days = 90

    @freeze_time(NOW)
    def test_nobody_waits_for_ever(self):
        """R-43: who never got the one message goes after a year."""
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = %s WHERE id = %s",
            [NOW - timedelta(days=366), self.met.id],
        )
        self.env.invalidate_all()
        self._run_night()
        self.assertFalse(self.met.exists())
        self.assertTrue(self.named.exists())
