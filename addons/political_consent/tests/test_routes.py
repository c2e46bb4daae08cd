from contextlib import ExitStack, suppress
from unittest.mock import patch

from odoo import Command
from odoo.addons.sms.tools.sms_api import SmsApi
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .routes_letter import ByLetter
from .routes_mailing import ByMailing
from .sending_common import SendingCase

OTHER_GROUPS = ("sales_team.group_sale_salesman_all_leads", "event.group_event_user")


class AfreshError(Exception):
    """Takes back what a try has written."""


@tagged("post_install", "-at_install")
class TestRoutes(ByMailing, ByLetter, SendingCase):
    """R-01: every way by which Odoo reaches a person, one method each.

    A method tries to reach one contact as the user who has the least rights for it. Each is tried
    twice: with Basile, who agreed to nothing and must get nothing, and with Anne, who agreed and
    gets the message. What does not depend on a basis (a ticket, a password) stands apart.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("newsletter", "targeting"):
            cls.give(cls.anne, code)
        cls.give(cls.anne, "newsletter", "post")
        for code in ("sms_mobilisation", "targeting"):
            cls.give(cls.anne, code, "sms")
        cls.record = cls.env["res.partner"].create(
            {"name": "Dossier", "company_id": cls.company.id}
        )
        cls.mailer.group_ids += cls.env.ref("mail.group_mail_template_editor")
        for xml_id in OTHER_GROUPS:
            cls.mailer.group_ids += cls.env.ref(xml_id, False) or cls.env["res.groups"]
        france = cls.env.ref("base.fr")
        cls.people.write({"country_id": france.id, "zip": "93140", "city": "Bondy"})
        cls.basile.street = "2 rue de l'Essai"

    # ---------------------------------------------------------------- trying

    def reached(self, route, partner):
        """Whether the contact got something by a route, on any channel."""
        sent = []

        def send_sms(_api, messages, **_options):
            rows = [row for message in messages for row in message["numbers"]]
            sent.extend(row["number"] for row in rows)
            return [{"uuid": row["uuid"], "state": "success"} for row in rows]

        with ExitStack() as stack:
            stack.enter_context(patch.object(SmsApi, "_send_sms_batch", send_sms))
            stack.enter_context(self.outgoing(keep=False))
            if "snailmail.letter" in self.env:
                letters = type(self.env["snailmail.letter"])
                stack.enter_context(
                    patch.object(
                        letters,
                        "_snailmail_print_valid_address",
                        lambda letter: sent.append(letter.partner_id.street),
                    )
                )
            # Whatever came of it, the next route starts afresh.
            with suppress(AccessError, UserError, AfreshError), self.env.cr.savepoint():
                route(partner)
                self.flush_queues()
                raise AfreshError
            self.env.invalidate_all()
            addresses = self.sent_to
        others = set(addresses) & {p.email_normalized for p in self.people - partner}
        self.assertFalse(others, "somebody else got it")
        return (
            partner.email_normalized in addresses
            or partner.phone_sanitized in sent
            or partner.street in sent
        )

    def flush_queues(self):
        for job in ("mass_mailing.ir_cron_mass_mailing_queue", "sms.ir_cron_sms_scheduler_action"):
            self.env.flush_all()
            self.env.ref(job).sudo().method_direct_trigger()
        self.env["mail.mail"].sudo().process_email_queue(self.waiting.ids)

    def test_routes(self):
        """R-01: refused without a basis; the neighbour with one passes."""
        routes = [name for name in dir(self) if name.startswith("_by_")]
        self.assertGreaterEqual(len(routes), 30)
        tried = 0
        for name in sorted(routes):
            route = getattr(self, name)
            needs = getattr(route, "needs", None)
            if needs and needs not in self.env:
                continue
            tried += 1
            for partner, expected in ((self.basile, False), (self.anne, True)):
                with self.subTest(route=name, partner=partner.name):
                    self.assertEqual(self.reached(route, partner), expected)
        self.assertGreaterEqual(tried, 30)

    # ---------------------------------------------------------------- SMS

    def _sms(self, partner, **values):
        return (
            self.env["sms.composer"]
            .with_user(self.mailer)
            .create({"res_model": "res.partner", "body": "Bonjour", **values})
        )

    def _by_sms(self, partner):
        self._sms(partner, composition_mode="comment", res_id=partner.id).action_send_sms()

    def _by_sms_to_many(self, partner):
        self._sms(
            partner,
            composition_mode="mass",
            res_ids=repr(partner.ids),
            consent_purpose_id=self.sms_purpose.id,
        ).action_send_sms()

    def _by_sms_to_numbers(self, partner):
        self._sms(partner, composition_mode="numbers", numbers=partner.phone).action_send_sms()

    def _by_sms_mailing(self, partner):
        self._mail(
            "res.partner",
            partner,
            mailing_type="sms",
            body_plaintext="Bonjour",
            consent_purpose_id=self.sms_purpose.id,
        )

    def _by_sms_in_the_chatter(self, partner):
        partner.with_user(self.mailer)._message_sms("Bonjour")

    def _by_sms_post(self, partner):
        self.record.with_user(self.mailer).message_post(
            body="x", message_type="sms", sms_numbers=[partner.phone]
        )

    def _by_sms_made_over_rpc(self, partner):
        self.env["sms.sms"].with_user(self.env.ref("base.user_admin")).create(
            {"number": partner.phone_sanitized, "body": "x"}
        ).send()

    # ---------------------------------------------------------------- other addons

    def _by_survey(self, partner):
        survey = self.env["survey.survey"].create({"title": "Questions", "access_mode": "public"})
        self.env["survey.invite"].create(
            {
                "survey_id": survey.id,
                "subject": "Questions",
                "body": "<p>Bonjour</p>",
                "partner_ids": [Command.link(partner.id)],
                "template_id": self.env.ref("survey.mail_template_user_input_invite").id,
            }
        ).action_invite()

    _by_survey.needs = "survey.invite"

    def _by_letter(self, partner):
        report = self.env["ir.attachment"].create({"name": "lettre.pdf", "raw": b"%PDF-"})
        letter = self.env["snailmail.letter"].create(
            {
                "model": "res.partner",
                "res_id": partner.id,
                "partner_id": partner.id,
                "company_id": self.company.id,
                "user_id": self.env.uid,
                "attachment_id": report.id,
            }
        )
        with patch.object(self.env.cr, "commit", lambda: None):
            letter.snailmail_print()

    _by_letter.needs = "snailmail.letter"

    def _by_news_after_an_event(self, partner):
        self._event_mail(partner, interval_type="after_event", interval_unit="now")

    _by_news_after_an_event.needs = "event.mail"

    def _event_mail(self, partner, **values):
        template = self.env.ref("event.event_subscription")
        registration = self._registration(
            partner, template_ref=f"mail.template,{template.id}", **values
        )
        registration.event_id.event_mail_ids.execute()

    # ---------------------------------------------------------------- what needs no basis

    def test_ticket(self):
        """A ticket answers a registration: it goes to everybody who registered."""
        if "event.mail" not in self.env:
            self.skipTest("the addon event is not installed")

        def by_ticket(partner):
            self._event_mail(partner, interval_type="after_sub", interval_unit="now")

        for partner in self.people:
            self.assertTrue(self.reached(by_ticket, partner))
