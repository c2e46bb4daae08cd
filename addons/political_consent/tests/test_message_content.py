from unittest.mock import patch

from odoo.addons.sms.tools.sms_api import SmsApi
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..lib import route as routes
from .sending_common import SendingCase


@tagged("post_install", "-at_install")
class TestMessageContent(SendingCase):
    """What every message says, and what it keeps to itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.give(cls.anne)
        cls.company.partner_id.email = "contact@example.org"
        cls.anne.lang = "en_US"

    def send_newsletter(self, **values):
        with self.outgoing():
            self.run_queue(
                self.mailing(
                    domain=[],
                    body_html='<p>Bonjour <a href="/unsubscribe_from_list">stop</a> '
                    '<a href="https://example.org/page">page</a></p>',
                    **values,
                )
            )
        [mail] = [m for m in self._mails if "anne.essai" in m["email_to"][0]]
        return mail

    def test_footer(self):
        """R-26: sender, controller, purpose, how to object; a body cannot leave it out."""
        mail = self.send_newsletter()
        for text in (mail["body"], mail["body_alternative"]):
            self.assertIn(self.company.name, text)
            self.assertIn("contact@example.org", text)
            self.assertIn("/consent/preferences/", text)
        name = self.newsletter.with_context(lang="en_US").name
        self.assertIn(name, " ".join(mail["body_alternative"].split()))

    def test_footer_of_a_letter(self):
        """R-26: a single mail says it too; a colleague's does not."""
        with self.outgoing():
            self.basile.with_user(self.mailer).message_post(
                body="x",
                message_type="comment",
                partner_ids=(self.anne | self.internal.partner_id).ids,
            )
        bodies = {mail["email_to"][0].split("<")[-1].strip(">"): mail for mail in self._mails}
        self.assertIn("/consent/preferences/", bodies["anne.essai@example.org"]["body"])
        self.assertNotIn("/consent/preferences/", bodies["internal@example.org"]["body"])

    def test_one_click_header(self):
        """R-03: the header closes this purpose and shows no address; nothing of core's is left."""
        mail = self.send_newsletter()
        self.assertIn("/consent/one-click/", mail["headers"]["List-Unsubscribe"])
        self.assertEqual(mail["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        sent = mail["body"] + str(mail["headers"])
        for trace in ("/mailing/", "unsubscribe_from_list", "anne.essai%40", "anne.essai@"):
            self.assertNotIn(trace, sent)

    def test_nothing_is_measured(self):
        """R-62: no pixel, and links lead where they say."""
        mail = self.send_newsletter()
        self.assertIn("https://example.org/page", mail["body"])
        for trace in ("/mail/track/", "blank.gif", "/r/"):
            self.assertNotIn(trace, mail["body"])
        self.assertFalse(self.env["link.tracker"].search([("url", "like", "example.org/page")]))

    def test_stable_message_id(self):
        """A mail put in the queue again is the same mail for the recipient's server."""
        with routes.for_purpose(self.newsletter, segmented=False):
            mail = (
                self.env["mail.mail"]
                .sudo()
                .create({"recipient_ids": [(4, self.anne.id)], "body_html": "x"})
            )
        before = mail.message_id
        self.assertTrue(before)
        with self.outgoing():
            mail.send()
            mail.write({"state": "outgoing"})
            mail.send()
        self.assertEqual(mail.message_id, before)


@tagged("post_install", "-at_install")
class TestSms(SendingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.give(cls.anne, "sms_mobilisation", "sms")
        cls.give(cls.anne, "targeting", "sms")
        cls.company.consent_stop_number = "36180"

    def setUp(self):
        super().setUp()
        self.sent = {}

        def send(_api, messages, **_options):
            rows = [(row, m["content"]) for m in messages for row in m["numbers"]]
            self.sent.update({row["number"]: content for row, content in rows})
            return [{"uuid": row["uuid"], "state": "success"} for row, _content in rows]

        self.startPatcher(patch.object(SmsApi, "_send_sms_batch", send))

    def compose(self, partners, **values):
        return (
            self.env["sms.composer"]
            .with_user(self.mailer)
            .create(
                {
                    "composition_mode": "mass",
                    "res_model": "res.partner",
                    "res_ids": repr(partners.ids),
                    "body": "Réunion demain",
                    "mass_force_send": True,
                    **values,
                }
            )
        )

    def test_many_want_a_purpose(self):
        with self.assertRaisesRegex(UserError, "Choose a purpose"):
            self.compose(self.people).action_send_sms()
        self.compose(self.people, consent_purpose_id=self.sms_purpose.id).action_send_sms()
        self.assertEqual(list(self.sent), ["+33199001234"])

    def test_ends_with_who_and_stop(self):
        """R-26: an SMS ends with its sender and STOP."""
        self.compose(self.anne, consent_purpose_id=self.sms_purpose.id).action_send_sms()
        self.assertTrue(self.sent["+33199001234"].endswith(f"{self.company.name} – STOP to 36180"))

    def test_withdrawal_stops_the_queue(self):
        """R-02: STOP from a number kills what waits for it, whoever's it is."""
        with routes.for_purpose(self.sms_purpose, segmented=False):
            sms = (
                self.env["sms.sms"]
                .sudo()
                .create(
                    [
                        {"number": "+33199001234", "partner_id": self.anne.id, "body": "x"},
                        {"number": "+33199001234", "body": "x"},
                        {"number": "+33199009876", "body": "x"},
                    ]
                )
            )
        self.withdraw(self.anne, "sms_mobilisation", "sms")
        self.assertEqual(sms.mapped("state"), ["canceled", "canceled", "outgoing"])
        sms.send()
        self.assertFalse(self.sent)
        self.assertEqual(sms[2].failure_type, "consent_refused")

    def test_mailing_leaves_refusals(self):
        """R-01: an SMS mailing counts those held back, with the reason."""
        mailing = self.mailing(
            mailing_type="sms",
            body_plaintext="Réunion",
            sms_force_send=True,
            consent_purpose_id=self.sms_purpose.id,
        )
        mailing.action_launch()
        with self.outgoing():
            self.fill_queue()
        self.assertEqual(list(self.sent), ["+33199001234"])
        refused = mailing.mailing_trace_ids.filtered("consent_reason")
        self.assertEqual((refused.res_id, refused.trace_type), (self.basile.id, "sms"))
        self.assertEqual(refused.failure_type, "consent_no_basis")
