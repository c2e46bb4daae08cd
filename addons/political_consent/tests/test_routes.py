from contextlib import ExitStack, suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.addons.sms.tools.sms_api import SmsApi
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .sending_common import SendingCase

TEXT = {
    "subject": "Bonjour",
    "body_html": "<p>Bonjour</p>",
    "email_from": "lettre@example.org",
}
OTHER_GROUPS = ("sales_team.group_sale_salesman_all_leads", "event.group_event_user")


class AfreshError(Exception):
    """Takes back what a try has written."""


@tagged("post_install", "-at_install")
class TestRoutes(SendingCase):
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

    # ---------------------------------------------------------------- mailings

    def _mail(self, model, records, **values):
        mailing = self.mailing(
            domain=[("id", "in", records.ids)],
            mailing_model_id=self.env["ir.model"]._get_id(model),
            **values,
        )
        mailing.action_launch()
        return mailing

    def _by_mailing_on_contacts(self, partner):
        self._mail("res.partner", partner)

    def _by_mailing_on_a_list(self, partner):
        mailing_list = self.env["mailing.list"].sudo().create({"name": "Liste"})
        self._subscribe(partner, mailing_list)
        self.mailing(
            mailing_model_id=self.env["ir.model"]._get_id("mailing.list"),
            contact_list_ids=[Command.link(mailing_list.id)],
            domain=[("list_ids", "in", mailing_list.ids)],
        ).action_launch()

    def _subscribe(self, partner, mailing_list):
        contact = (
            self.env["mailing.contact"]
            .sudo()
            .create({"name": partner.name, "email": partner.email})
        )
        self.env.cr.execute(
            "INSERT INTO mailing_subscription (contact_id, list_id, opt_out) "
            "VALUES (%s, %s, FALSE)",
            (contact.id, mailing_list.id),
        )
        self.env.invalidate_all()
        return contact

    def _by_mailing_on_mailing_contacts(self, partner):
        contact = (
            self.env["mailing.contact"]
            .sudo()
            .create({"name": partner.name, "email": partner.email.upper()})
        )
        self._mail("mailing.contact", contact)

    def _by_mailing_on_leads(self, partner):
        self._mail("crm.lead", self._lead(partner))

    _by_mailing_on_leads.needs = "crm.lead"

    def _lead(self, partner):
        return (
            self.env["crm.lead"]
            .sudo()
            .create({"name": "Piste", "email_from": partner.email, "company_id": self.company.id})
        )

    def _by_mailing_on_leads_of_a_contact(self, partner):
        lead = self.env["crm.lead"].sudo().create({"name": "Piste", "partner_id": partner.id})
        self._mail("crm.lead", lead)

    _by_mailing_on_leads_of_a_contact.needs = "crm.lead"

    def _by_mailing_on_registrations(self, partner):
        self._mail("event.registration", self._registration(partner))

    _by_mailing_on_registrations.needs = "event.registration"

    def _registration(self, partner, **mail):
        event = (
            self.env["event.event"]
            .sudo()
            .create(
                {
                    "name": "Réunion",
                    "date_begin": fields.Datetime.now() - timedelta(days=3),
                    "date_end": fields.Datetime.now() - timedelta(days=2),
                    "event_mail_ids": [Command.clear(), *([Command.create(mail)] if mail else [])],
                }
            )
        )
        return (
            self.env["event.registration"]
            .sudo()
            .create(
                {
                    "event_id": event.id,
                    "name": partner.name,
                    "email": partner.email,
                    "state": "open",
                }
            )
        )

    def _by_favourite_filter(self, partner):
        mailing_filter = (
            self.env["mailing.filter"]
            .sudo()
            .create(
                {
                    "name": "Choix",
                    "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "mailing_domain": repr([("id", "=", partner.id)]),
                }
            )
        )
        mailing = self.mailing(domain=[])
        mailing.mailing_filter_id = mailing_filter
        mailing.action_launch()

    def _by_ab_test(self, partner):
        self._mail("res.partner", partner, ab_testing_enabled=True, ab_testing_pc=100)

    def _by_ab_winner(self, partner):
        mailing = self.mailing(
            domain=[("id", "=", partner.id)],
            ab_testing_enabled=True,
            ab_testing_winner_selection="manual",
        )
        mailing.action_select_as_winner()

    def _by_scheduled_mailing(self, partner):
        mailing = self.mailing(
            domain=[("id", "=", partner.id)],
            schedule_type="scheduled",
            schedule_date=fields.Datetime.now() + timedelta(hours=1),
        )
        mailing.action_schedule()
        mailing.sudo().schedule_date = fields.Datetime.now() - timedelta(hours=1)

    def _by_retry(self, partner):
        mailing = self.mailing(domain=[("id", "=", partner.id)])
        self.env["mail.mail"].sudo().create(
            {"mailing_id": mailing.id, "recipient_ids": [Command.link(partner.id)], **TEXT}
        ).write({"state": "exception"})
        mailing.action_retry_failed()

    def _by_chosen_ids(self, partner):
        self.mailing(domain=[]).action_send_mail(res_ids=partner.ids)

    def _by_sample(self, partner):
        self.env["mailing.mailing.test"].with_user(self.mailer).create(
            {"mass_mailing_id": self.mailing().id, "email_to": partner.email}
        ).send_mail_test()

    # ---------------------------------------------------------------- composer and templates

    def _compose(self, partner, **values):
        return (
            self.env["mail.compose.message"]
            .with_user(self.mailer)
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "res_ids": repr(partner.ids),
                    "subject": "Bonjour",
                    "body": "<p>Bonjour</p>",
                    **values,
                }
            )
        )

    def _by_mass_composer(self, partner):
        self._compose(partner, consent_purpose_id=self.newsletter.id).action_send_mail()

    def _by_mass_composer_on_one(self, partner):
        self._compose(partner).action_send_mail()

    def _by_mass_composer_of_a_mailing(self, partner):
        self._compose(partner, mass_mailing_id=self.mailing(domain=[]).id).action_send_mail()

    def _by_composer(self, partner):
        self._compose(
            self.record, composition_mode="comment", partner_ids=[Command.set(partner.ids)]
        ).action_send_mail()

    def _template(self, **values):
        return (
            self.env["mail.template"]
            .with_user(self.mailer)
            .create(
                {
                    "name": "Modèle",
                    "model_id": self.env["ir.model"]._get_id("res.partner"),
                    "use_default_to": True,
                    **TEXT,
                    **values,
                }
            )
        )

    def _by_template(self, partner):
        self._template().send_mail(partner.id, force_send=True)

    def _by_template_in_bulk(self, partner):
        self._template().send_mail_batch(partner.ids)

    def _by_template_with_the_callers_address(self, partner):
        self._template().send_mail(
            self.record.id, email_values={"email_to": partner.email, "consent_route": "transaction"}
        )

    def _by_template_in_copy(self, partner):
        self._template(
            use_default_to=False, email_to="internal@example.org", email_cc=partner.email
        ).send_mail(self.record.id)

    # ---------------------------------------------------------------- threads

    def _by_chatter(self, partner):
        self.record.with_user(self.mailer).message_post(
            body="x", message_type="comment", partner_ids=partner.ids
        )

    def _by_automatic_note(self, partner):
        self.record.with_user(self.mailer).message_post(body="x", partner_ids=partner.ids)

    def _by_address_in_the_chatter(self, partner):
        self.record.with_user(self.mailer).message_post(body="x", outgoing_email_to=partner.email)

    def _by_forged_context(self, partner):
        self.record.with_user(self.mailer).with_context(
            consent_route="transaction", mail_notify_force_send=True
        ).message_post(body="x", partner_ids=partner.ids)

    def _by_notification(self, partner):
        self.record.with_user(self.mailer).message_notify(body="x", partner_ids=partner.ids)

    def _by_mail_with_source(self, partner):
        partner.with_user(self.mailer).message_mail_with_source(self._template())

    def _by_post_with_source(self, partner):
        partner.with_user(self.mailer).message_post_with_source(
            self._template(partner_to="{{ object.id }}", use_default_to=False)
        )

    def _by_following(self, partner):
        self.record.with_user(self.mailer).message_subscribe(partner.ids)
        self.record.with_user(self.mailer).message_post(
            body="x", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def _by_suggested_recipient(self, partner):
        card = partner.with_user(self.mailer)
        suggested = card._message_get_suggested_recipients(no_create=False)
        card.message_post(
            body="x",
            message_type="comment",
            partner_ids=[row["partner_id"] for row in suggested],
        )

    def _by_activity(self, partner):
        users = self.env["res.users"].with_context(no_reset_password=True)
        user = users.create(
            {
                "login": partner.email,
                "partner_id": partner.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "notification_type": "email",
            }
        )
        partner.with_user(self.mailer).activity_schedule(
            "mail.mail_activity_data_todo", summary="x", user_id=user.id
        )

    def _by_scheduled_message(self, partner):
        message = (
            self.env["mail.scheduled.message"]
            .with_user(self.mailer)
            .create(
                {
                    "model": "res.partner",
                    "res_id": self.record.id,
                    "body": "x",
                    "author_id": self.mailer.partner_id.id,
                    "partner_ids": [Command.set(partner.ids)],
                    "scheduled_date": fields.Datetime.now() + timedelta(minutes=1),
                }
            )
        )
        message.post_message()

    def _by_server_action(self, partner):
        self._server_action("email").with_context(
            active_model="res.partner", active_id=partner.id, active_ids=partner.ids
        ).run()

    def _by_server_action_in_the_chatter(self, partner):
        self._server_action("comment").with_context(
            active_model="res.partner", active_id=partner.id, active_ids=partner.ids
        ).run()

    def _server_action(self, method):
        template = self._template(partner_to="{{ object.id }}", use_default_to=False)
        return self.env["ir.actions.server"].create(
            {
                "name": "Envoyer",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "mail_post",
                "mail_post_method": method,
                "template_id": template.id,
            }
        )

    def _by_sms_server_action(self, partner):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Envoyer",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "sms",
                "sms_method": "comment",
                "sms_template_id": self.env["sms.template"]
                .create({"model_id": self.env["ir.model"]._get_id("res.partner"), "body": "x"})
                .id,
            }
        )
        action.with_context(
            active_model="res.partner", active_id=partner.id, active_ids=partner.ids
        ).run()

    def _by_automation(self, partner):
        action = self._server_action("email")
        self.env["base.automation"].create(
            {
                "name": "À l'écriture",
                "model_id": action.model_id.id,
                "trigger": "on_create_or_write",
                "filter_domain": repr([("id", "=", partner.id)]),
                "action_server_ids": [Command.link(action.id)],
            }
        )
        partner.with_user(self.mailer).write({"comment": "x"})

    _by_automation.needs = "base.automation"

    def _by_portal_share(self, partner):
        self.env["portal.share"].create(
            {"res_model": "res.partner", "res_id": self.record.id, "partner_ids": partner.ids}
        ).action_send_mail()

    def _by_invitation_to_a_meeting(self, partner):
        self.env["calendar.event"].with_user(self.mailer).create(
            {
                "name": "Rendez-vous",
                "start": fields.Datetime.now() + timedelta(days=1),
                "stop": fields.Datetime.now() + timedelta(days=1, hours=1),
                "partner_ids": [Command.link(partner.id)],
            }
        )

    _by_invitation_to_a_meeting.needs = "calendar.event"

    # ---------------------------------------------------------------- queues

    def _by_mail_made_over_rpc(self, partner):
        self.env["mail.mail"].with_user(self.env.ref("base.user_admin")).create(
            {"recipient_ids": [Command.link(partner.id)], "consent_route": "transaction", **TEXT}
        ).send()

    def _by_address_made_over_rpc(self, partner):
        self.env["mail.mail"].with_user(self.env.ref("base.user_admin")).create(
            {"email_to": partner.email, **TEXT}
        ).send()

    def _by_cancelled_mail_taken_up(self, partner):
        mail = (
            self.env["mail.mail"]
            .with_user(self.env.ref("base.user_admin"))
            .create({"recipient_ids": [Command.link(partner.id)], **TEXT})
        )
        mail.cancel()
        mail.mark_outgoing()

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
