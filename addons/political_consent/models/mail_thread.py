from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, email_split

from ..lib import route as routes


class MailThread(models.AbstractModel):
    """Letters from one person to another, and what a thread sends by itself.

    A letter goes to colleagues, organisations, people who wrote first, and people who agreed to
    hear from us by that channel. Followers and suggested recipients get nothing else either: to
    follow a record is no consent.
    """

    _inherit = "mail.thread"

    # core lists the other recipients of a small discussion in a header of each e-mail.
    _CUSTOMER_HEADERS_LIMIT_COUNT = 0

    # ---------------------------------------------------------------- outgoing

    def message_post(self, *args, message_type="notification", **kwargs):
        if message_type == "comment" and not self.env.su:
            self._consent_check_letter(kwargs.get("partner_ids"), kwargs.get("outgoing_email_to"))
        message = super().message_post(*args, message_type=message_type, **kwargs)
        self._consent_hear_portal_user()
        return message

    def _consent_check_letter(self, partner_ids=None, addresses=None):
        """Say at once that a letter may not go, rather than drop it later.

        :raises UserError: naming how many of the people chosen may not be written to
        """
        route = routes.current()
        if route.kind == routes.TRANSACTION:
            return
        partners = self.env["res.partner"].sudo().browse(partner_ids or ()).exists()
        pairs = [(partner.id, partner.email_normalized) for partner in partners]
        pairs += [(False, email_normalize(address)) for address in email_split(addresses or "")]
        pairs = [pair for pair in dict.fromkeys(pairs) if pair[1]]
        gate = self.env["consent.gate"].sudo()
        reasons = gate._letter_reasons(pairs, "email", self.env.company)
        refused = [pair for pair in pairs if reasons[pair]]
        if refused:
            raise UserError(
                self.env._(
                    "%(count)s of the people chosen may not be written to: they never wrote to us "
                    "and agreed to nothing by e-mail. Take them off, or send a mailing for a "
                    "purpose that they agreed to.",
                    count=len(refused),
                )
            )

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        route = routes.current()
        outside = [r for r in recipients if r["notif"] in ("email", "sms") and r["share"]]
        if route.kind == routes.TRANSACTION or not outside:
            return recipients
        company = message.sudo().record_company_id or self.env.company
        refused = []
        for channel in ("email", "sms"):
            some = [r for r in outside if r["notif"] == channel]
            refused += self._consent_refused(some, channel, company)
        return [r for r in recipients if not any(r is other for other in refused)]

    @api.model
    def _consent_refused(self, recipients, channel, company):
        if not recipients:
            return []
        partners = self.env["res.partner"].sudo().browse(r["id"] for r in recipients if r["id"])
        number = {partner.id: partner.phone_sanitized for partner in partners}
        pairs = [
            (r["id"] or False, r["email_normalized"] if channel == "email" else number.get(r["id"]))
            for r in recipients
        ]
        gate = self.env["consent.gate"].sudo()
        reasons = gate._letter_reasons(list(dict.fromkeys(pairs)), channel, company)
        return [r for r, pair in zip(recipients, pairs, strict=True) if reasons[pair]]

    # ---------------------------------------------------------------- incoming

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Who writes is answered: remember the address, as a hash."""
        result = super()._message_route_process(message, message_dict, routes)
        address = email_normalize(message_dict.get("email_from"))
        automatic = (message.get("Auto-Submitted") or "no").lower() != "no"
        # Any user may feed a message in over RPC: only the mail gateway's word counts.
        trusted = self.env.su or self.env.user.has_group("base.group_system")
        if routes and address and trusted and not automatic:
            companies = self._consent_companies_of(routes)
            for company in companies:
                self.env["consent.conversation"].sudo()._wrote("email", address, company)
        return result

    @api.model
    def _consent_companies_of(self, routes):
        companies = self.env.company
        for model, thread_id, *_rest in routes or ():
            if model and thread_id and model in self.env:
                record = self.env[model].sudo().browse(thread_id)
                companies |= record._mail_get_companies(default=self.env.company)[thread_id]
        return companies

    def _consent_hear_portal_user(self):
        """Somebody writing on their own portal page wrote to us."""
        user = self.env.user
        if user._is_portal() and user.partner_id.email_normalized:
            self.env["consent.conversation"].sudo()._wrote(
                "email", user.partner_id.email_normalized, self.env.company
            )
