from odoo import fields, models
from odoo.addons.political_consent.lib import route as routes


class MailMail(models.Model):
    """R-25: the first message to somebody whose data came from elsewhere says where from."""

    _inherit = "mail.mail"

    def _consent_footer_lines(self, company, email):
        lines = super()._consent_footer_lines(company, email)
        partner = email["partner_id"] or self._consent_partner_of(email)
        # In the reader's language, which is ours here
        partner = partner.with_env(self.env).sudo()
        origin = partner.political_notice == "due" and partner._origin_sentence()
        return [origin, *lines] if origin else lines

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        if success_pids or success_emails:
            self._note_informed(success_pids, success_emails)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def _note_informed(self, success_pids, success_emails):
        """Who got a message with its foot has been told; a ticket or a password carries none."""
        for mail in self:
            if mail._route().kind == routes.TRANSACTION:
                continue
            partners = self.env["res.partner"].union(*success_pids)
            for address in success_emails:
                partners |= mail._consent_partner_of({"email_to": [address]})
            told = partners.sudo().filtered(lambda p: p.political_notice == "due")
            told.write(
                {
                    "political_notice": "later",
                    "political_notice_date": fields.Date.context_today(self),
                }
            )
