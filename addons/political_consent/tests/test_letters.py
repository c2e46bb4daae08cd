from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import email_normalize

from .sending_common import SendingCase


@tagged("post_install", "-at_install")
class TestLetters(SendingCase):
    """Messages from one person to another."""

    def write_to(self, partner, user=None, **values):
        with self.outgoing():
            return (
                self.basile.with_user(user or self.mailer)
                .message_post(
                    body="Bonjour",
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                    partner_ids=partner.ids,
                    **values,
                )
                .with_user(self.env.user)
            )

    def test_stranger_refused_in_words(self):
        """R-01: who never wrote and agreed to nothing is not written to from the chatter."""
        with self.assertRaisesRegex(UserError, "may not be written to"):
            self.write_to(self.anne)
        self.write_to(self.internal.partner_id)
        self.assertEqual(self.sent_to, ["internal@example.org"])

    def test_who_agreed_to_something(self):
        self.give(self.anne)
        self.write_to(self.anne)
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.withdraw(self.anne)
        with self.assertRaises(UserError):
            self.write_to(self.anne)

    def test_who_wrote_first(self):
        """A reply to a person who wrote stays possible, for a year."""
        self.env["consent.conversation"]._wrote("email", "anne.essai@example.org", self.company)
        self.write_to(self.anne)
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.env.cr.execute("UPDATE consent_conversation SET last_at = last_at - interval '366 d'")
        with self.assertRaises(UserError):
            self.write_to(self.anne)

    def test_incoming_mail_is_heard(self):
        """The mail gateway hears who writes; a user who feeds in a message is not believed."""
        alias = self.env["mail.alias"].create(
            {
                "alias_name": "contact-test",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_domain_id": self.env["mail.alias.domain"].search([], limit=1).id
                or self.env["mail.alias.domain"].create({"name": "example.org"}).id,
            }
        )
        for user, more, heard in (
            (self.internal, "", False),
            (self.env.ref("base.user_root"), "Auto-Submitted: auto-replied\n", False),
            (self.env.ref("base.user_root"), "", True),
        ):
            text = (
                "From: Anne <anne.essai@example.org>\n"
                f"To: {alias.alias_full_name}\n"
                f"Message-Id: <{user.id}-{len(more)}@example.org>\n"
                f"Subject: Bonjour\n{more}\nUne question.\n"
            )
            Thread = self.env["mail.thread"].with_user(user)
            try:
                with self.outgoing():
                    Thread.message_process("res.partner", text)
            except AccessError:
                self.assertFalse(heard)
            gate = self.env["consent.gate"]
            pair = (self.anne.id, "anne.essai@example.org")
            reason = gate._letter_reasons([pair], "email", self.company)[pair]
            self.assertEqual(not reason, heard)

    def test_message_type_says_nothing(self):
        """No message type, author or date that a caller sends makes a stranger reachable."""
        with self.outgoing():
            self.basile.with_user(self.mailer).message_post(
                body="x",
                message_type="email",
                author_id=self.anne.id,
                email_from="anne.essai@example.org",
            )
        with self.assertRaises(UserError):
            self.write_to(self.anne)

    def test_followers_get_nothing_by_following(self):
        """R-01: following a record is no consent; a follower who agreed gets its news."""
        self.give(self.anne)
        claire = self.env["res.partner"].create({"name": "Claire", "email": "claire@example.org"})
        self.basile.message_subscribe((self.anne | claire).ids)
        self.write_to(self.env["res.partner"])
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])

    def test_portal_share(self):
        """An invitation to a page is a letter like any other."""
        share = self.env["portal.share"].create(
            {"res_model": "res.partner", "res_id": self.basile.id, "partner_ids": self.anne.ids}
        )
        with self.assertRaisesRegex(UserError, "may not be written to"):
            share.action_send_mail()

    def test_template_sent_over_rpc(self):
        """R-01: a template with recipients from the caller passes the last gate."""
        self.give(self.anne)
        template = self.env["mail.template"].create(
            {
                "name": "x",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "x",
                "body_html": "<p>x</p>",
                "use_default_to": True,
            }
        )
        with self.outgoing():
            for partner in self.people:
                template.with_user(self.mailer).send_mail(
                    partner.id,
                    force_send=True,
                    email_values={"consent_route": "transaction", "is_notification": False},
                )
            template.with_user(self.mailer).send_mail(
                self.anne.id, force_send=True, email_values={"email_to": "denis@example.org"}
            )
        self.assertEqual(self.sent_to, ["anne.essai@example.org"] * 2)

    def test_mass_composer_wants_a_purpose(self):
        """R-01: many at once are reached for a purpose, whatever the way."""
        self.give(self.anne)
        self.give_targeting(self.anne)
        Composer = self.env["mail.compose.message"].with_user(self.mailer)
        values = {
            "composition_mode": "mass_mail",
            "model": "res.partner",
            "res_ids": repr(self.people.ids),
            "subject": "x",
            "body": "<p>x</p>",
        }
        with self.assertRaisesRegex(UserError, "Choose a purpose"):
            Composer.create(values).action_send_mail()
        with self.outgoing():
            composer = Composer.create({**values, "consent_purpose_id": self.newsletter.id})
            action = composer.action_send_mail()
            self.run_queue()
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        self.assertIn("1", action["params"]["message"])

    def test_mass_composer_names_a_mailing(self):
        """A mailing made by the composer has its purpose, and its refusals."""
        self.give(self.anne)
        self.give_targeting(self.anne)
        with self.outgoing():
            self.env["mail.compose.message"].with_user(self.mailer).create(
                {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "res_ids": repr(self.people.ids),
                    "subject": "x",
                    "body": "<p>x</p>",
                    "mass_mailing_name": "Envoi",
                    "consent_purpose_id": self.newsletter.id,
                }
            ).action_send_mail()
            self.run_queue()
        self.assertEqual(self.sent_to, ["anne.essai@example.org"])
        mailing = self.env["mailing.mailing"].search([("consent_purpose_id", "!=", False)], limit=1)
        self.assertEqual(
            mailing.mailing_trace_ids.filtered("consent_reason").res_id, self.basile.id
        )

    def test_account_messages_pass(self):
        """A password asked for arrives, consent or not."""
        user = self._user("portal_essai", "base.group_portal")
        with self.outgoing():
            user.action_reset_password()
        self.assertEqual(self.sent_to, ["portal_essai@example.org"])

    def test_one_recipient_each(self):
        """R-27: three recipients, three mails, no copy, nobody named to another."""
        for partner in self.people:
            self.give(partner)
        self.write_to(self.people, outgoing_email_to="internal@example.org")
        self.assertEqual(len(self._mails), 3)
        for mail in self._mails:
            self.assertEqual((len(mail["email_to"]), mail["email_cc"]), (1, []))
            self.assertNotIn("X-Msg-To-Add", mail["headers"])
        with self.outgoing():
            self.env["mail.mail"].create(
                {
                    "email_to": "anne.essai@example.org, internal@example.org",
                    "email_cc": "basile.essai@example.org, denis@example.org",
                    "body_html": "x",
                }
            ).send()
        self.assertEqual(
            self.sent_to,
            ["anne.essai@example.org", "basile.essai@example.org", "internal@example.org"],
        )
        self.assertTrue(all(email_normalize(m["email_to"][0]) for m in self._mails))
