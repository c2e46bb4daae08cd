import base64
from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tests.common import HttpCase, new_test_user, tagged

from .common import ConsentCase
from .common_http import ConsentHttpCase

SCAN = base64.b64encode(b"%PDF scan of a form")


@tagged("post_install", "-at_install")
class TestRecordWizard(ConsentCase):
    def wizard(self, user=None, partner=None, **vals):
        partner = partner or self.anne
        action = partner.with_user(user or self.officer).action_consent_record()
        return (
            self.env["consent.record.wizard"]
            .with_user(user or self.officer)
            .with_context(**action["context"])
            .create(
                {
                    "purpose_id": self.newsletter.id,
                    "channel": "email",
                    "age_check": "adult",
                    **vals,
                }
            )
        )

    def test_paper_needs_its_scan(self):
        """R-05: paper and letters are proven by their scan; the wording shown is recorded."""
        with self.assertRaisesRegex(UserError, "scan"):
            self.wizard().action_record()
        wizard = self.wizard(evidence=SCAN, evidence_name="form.pdf", source_ref="F-1")
        self.assertTrue(wizard.wording_text)
        wizard.action_record()
        self.assertFalse(self.reason(self.anne))
        event = self.env["consent.event"].search([])
        self.assertEqual((event.means, event.act, event.source_ref), ("paper", "signature", "F-1"))
        self.assertEqual(event.wording_id, wizard.sudo().wording_id)
        self.assertTrue(event.evidence_sha256)

    def test_opens_on_screen(self):
        """The form opens empty, shows the words once purpose and channel are chosen, records."""
        action = self.anne.with_user(self.officer).action_consent_record()
        wizard = self.env["consent.record.wizard"].with_user(self.officer)
        with Form(wizard.with_context(**action["context"])) as form:
            self.assertFalse(form.wording_text)
            form.purpose_id = self.newsletter.with_user(self.officer)
            form.channel = "email"
            self.assertIn("J'accepte", form.wording_text)
            form.means = "phone"
            form.age_check = "adult"
        form.record.action_record()
        self.assertFalse(self.reason(self.anne))

    def test_phone_needs_the_age(self):
        """R-23: known, or declared."""
        with self.assertRaisesRegex(UserError, "age"):
            self.wizard(means="phone", age_check=False).action_record()
        self.wizard(means="phone").action_record()
        self.anne.birthdate = date(1980, 1, 1)
        self.wizard(means="phone", age_check=False, channel="post").action_record()
        self.assertFalse(self.reason(self.anne, channel="post"))

    def test_child_needs_a_parent(self):
        """R-23: 14 alone refused, with the form that both signed taken; 15 may alone."""
        today = date.today()
        self.anne.birthdate = today.replace(year=today.year - 14, day=1) + timedelta(days=40)
        with self.assertRaisesRegex(UserError, "parent"):
            self.wizard(means="phone").action_record()
        with self.assertRaisesRegex(UserError, "parent"):
            self.give(self.anne)
        self.wizard(age_check="joint", evidence=SCAN).action_record()
        self.assertFalse(self.reason(self.anne))
        self.basile.birthdate = today.replace(year=today.year - 15, day=1) - timedelta(days=1)
        self.wizard(partner=self.basile, means="phone", age_check="15").action_record()
        self.assertFalse(self.reason(self.basile))

    def test_withdrawal_needs_nothing(self):
        """R-03: no reason, no scan."""
        self.give(self.anne)
        action = self.anne.with_user(self.officer).action_consent_withdraw()
        self.env["consent.record.wizard"].with_user(self.officer).with_context(
            **action["context"]
        ).create({"purpose_id": self.newsletter.id, "channel": "email"}).action_record()
        self.assertEqual(self.reason(self.anne), "opposed")

    def test_rights(self):
        """Recording is a right of its own; the past is another one (section 2.1)."""
        with self.assertRaises(AccessError):
            self.anne.with_user(self.internal).action_consent_record()
        with self.assertRaises(AccessError):
            self.env["consent.record.wizard"].with_user(self.internal).create({})
        past = self.utc_now() - timedelta(days=30)
        with self.assertRaises(AccessError):
            self.wizard(evidence=SCAN, collected_at=past).action_record()
        self.wizard(self.clerk, evidence=SCAN, collected_at=past).action_record()
        self.assertFalse(self.reason(self.anne))

    def test_panel(self):
        """A row a purpose, a mark a channel, with the receipt; only for who may record."""
        event = self.give(self.anne)
        self.give(self.anne, channel="post")
        self.withdraw(self.anne, channel="post")
        anne = self.anne.with_user(self.officer)
        self.assertEqual(len(anne._consent_panel_rows()), 1)
        panel = str(anne.consent_panel)
        self.assertIn(f"/consent/receipt/{event.receipt}", panel)
        self.assertIn("text-bg-success", panel)
        self.assertIn("text-bg-danger", panel)
        with self.assertRaises(AccessError):
            self.anne.with_user(self.internal).read(["consent_panel"])


@tagged("post_install", "-at_install")
class TestAskAgain(ConsentHttpCase):
    def test_changed_address(self):
        """R-34: the gate closes with the address, one message asks again, never a second."""
        self.give(self.anne)
        anne = self.anne.with_user(self.officer)
        self.assertFalse(anne.consent_can_ask)
        self.anne.email = "anne.nouvelle@example.org"
        self.assertEqual(self.reason(self.anne), "address_changed")
        self.assertTrue(anne.consent_can_ask)
        anne.action_consent_ask_again()
        with self.assertRaisesRegex(UserError, "once"):
            anne.action_consent_ask_again()
        [link] = self.deliver()
        self.assertEqual(self.emails[0]["smtp_to_list"], ["anne.nouvelle@example.org"])
        self.submit(link, {})
        self.assertFalse(self.reason(self.anne))
        self.assertEqual(len(self.anne.sudo().consent_subject_ids), 1)
        with self.assertRaises(AccessError):
            self.anne.with_user(self.internal).action_consent_ask_again()

    def test_import_without_proof(self):
        """R-37: "yes" without proof is no consent but one message; none to who objected."""
        wording = self.env["consent.wording"]._published(self.newsletter, "email", "fr_FR")
        boxes = [(wording, self.env["consent.list"])]
        self.assertEqual(self.anne._consent_ask_once(boxes), 1)
        self.assertEqual(self.anne._consent_ask_once(boxes), 0)
        self.assertEqual(self.reason(self.anne), "no_basis")
        self.give(self.basile)
        self.withdraw(self.basile)
        self.assertEqual(self.basile._consent_ask_once(boxes), 0)
        with self.assertRaises(UserError):
            self.anne.sudo().consent_record("newsletter", "email", "given", {"means": "import"})


@tagged("post_install", "-at_install")
class TestPortal(ConsentHttpCase, HttpCase):
    def test_own_answers(self):
        """R-03: with an account the same switches; nobody else's answers; not without login."""
        user = new_test_user(
            self.env, "portal_anne", "base.group_portal", email="portal.anne@example.org"
        )
        user.partner_id.company_id = self.company
        self.give(user.partner_id)
        self.give(self.basile)
        self.assertIn("/web/login", self.url_open("/my/consents").url)
        self.authenticate("portal_anne", "portal_anne")
        page = self.page("/my/consents?lang=fr_FR")
        self.assertEqual(len(page.xpath("//button[@role='switch']")), 1)
        self.submit("/my/consents", {"stop": "newsletter/email/"}, page=page)
        self.assertEqual(self.reason(user.partner_id), "opposed")
        self.assertEqual(self.events(means="portal").act, "button")
        self.assertFalse(self.reason(self.basile))
        self.assertIn("/my/consents", self.url_open("/my").text)
