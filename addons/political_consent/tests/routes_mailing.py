from datetime import timedelta

from odoo import Command, fields

TEXT = {
    "subject": "Bonjour",
    "body_html": "<p>Bonjour</p>",
    "email_from": "lettre@example.org",
}


class ByMailing:
    """Routes of mailings: lists, records with an address, filters, tests, retries, samples."""

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
                    # The day after, when those at the door still see who registered
                    "date_begin": fields.Datetime.now() - timedelta(hours=20),
                    "date_end": fields.Datetime.now() - timedelta(hours=18),
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
