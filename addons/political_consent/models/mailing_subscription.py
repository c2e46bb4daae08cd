from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class MailingSubscription(models.Model):
    """R-01, R-04: nothing becomes a subscription without a live consent, by whatever way.

    Rows come in closed, also those that core inserts by SQL: the column's default says so. They
    are opened where the ledger allows it.
    """

    _inherit = "mailing.subscription"

    def init(self):  # pylint: disable=missing-return
        super().init()
        self.env.cr.execute(
            "ALTER TABLE mailing_subscription ALTER COLUMN opt_out SET DEFAULT TRUE"
        )

    @api.model_create_multi
    def create(self, vals_list):
        asked_open = [not vals.get("opt_out") for vals in vals_list]
        subscriptions = super().create([{**vals, "opt_out": True} for vals in vals_list])
        wanted = subscriptions.browse(
            record.id
            for record, is_open in zip(subscriptions, asked_open, strict=True)
            if is_open and not record.opt_out_reason_id
        )
        wanted._open_consented()
        return subscriptions

    def write(self, vals):
        if "opt_out" in vals and not vals["opt_out"]:
            closed = self.filtered("opt_out")
            if closed - closed._consented():
                raise UserError(
                    self.env._(
                        "Nobody is subscribed on their behalf: they sign up on the public page "
                        "and confirm, or their signed form is recorded on their contact."
                    )
                )
        leaving = self.filtered(lambda s: not s.opt_out) if vals.get("opt_out") else self.browse()
        result = super().write(vals)
        leaving._record_leaving()
        if {"contact_id", "list_id"} & set(vals):
            self._close_unconsented()
        return result

    def _consented(self):
        """The subscriptions whose address agreed to what the list stands for."""
        agreed = self.browse()
        for mailing_list, subscriptions in self.sudo().grouped("list_id").items():
            purpose = mailing_list.consent_purpose_id
            if not purpose:
                continue
            addresses = self.env["consent.state"]._agreed_addresses(
                "email",
                subscriptions.contact_id.mapped("email_normalized"),
                purpose,
                ["email"],
                mailing_list.consent_list_id,
            )
            agreed += subscriptions.filtered(
                lambda s, known=addresses: s.contact_id.email_normalized in known
            ).with_env(self.env)
        return agreed

    def _open_consented(self):  # pylint: disable=missing-return
        agreed = self._consented()
        if agreed:
            super(MailingSubscription, agreed).write({"opt_out": False})  # pylint: disable=super-method-mismatch

    def _close_unconsented(self):  # pylint: disable=missing-return
        stale = self.filtered(lambda s: not s.opt_out)
        stale -= stale._consented()
        if stale:
            super(MailingSubscription, stale).write({"opt_out": True})  # pylint: disable=super-method-mismatch

    def _record_leaving(self):
        """Closing a subscription is a withdrawal, whoever's hand does it (R-04)."""
        for mailing_list, subscriptions in self.sudo().grouped("list_id").items():
            purpose = mailing_list.consent_purpose_id
            if purpose and not purpose.statutory:
                self.env["consent.event"].sudo()._close_addresses(
                    "email",
                    subscriptions.contact_id.mapped("email_normalized"),
                    "unsubscribe",
                    purposes=purpose,
                    channels=["email"],
                    list=mailing_list.consent_list_id,
                )

    @api.model
    def _close_for(self, addresses, purposes, audience=None):
        """Close what addresses subscribe to that stands for purposes (and a list)."""
        for model in ("mailing.subscription", "mailing.contact", "mailing.list"):
            self.env[model].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailing_subscription m
                   SET opt_out = TRUE, opt_out_datetime = now() AT TIME ZONE 'UTC'
                  FROM mailing_contact c, mailing_list l
                 WHERE c.id = m.contact_id AND l.id = m.list_id
                   AND c.email_normalized = ANY(%s) AND l.consent_purpose_id = ANY(%s)
                   AND (%s IS NULL OR l.consent_list_id = %s)
                   AND m.opt_out IS DISTINCT FROM TRUE
                """,
                list(addresses),
                purposes.ids,
                audience.id if audience else None,
                audience.id if audience else None,
            )
        )
        self.invalidate_model(["opt_out", "opt_out_datetime"])

    @api.model
    def _open_for(self, address, mailing_list):
        """Subscribe an address that has just agreed to what the list stands for."""
        Contact = self.env["mailing.contact"].sudo()
        contact = Contact.search([("email_normalized", "=", address)], limit=1)
        contact = contact or Contact.create({"email": address})
        known = self.sudo().search(
            [("contact_id", "=", contact.id), ("list_id", "=", mailing_list.id)]
        )
        if not known:
            known = self.sudo().create({"contact_id": contact.id, "list_id": mailing_list.id})
        known._open_consented()
