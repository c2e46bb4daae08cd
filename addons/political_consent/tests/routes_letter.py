from datetime import timedelta

from odoo import Command, fields

from .routes_mailing import TEXT


class ByLetter:
    """Routes of the composer, of templates, threads, automations and the queue itself."""

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
