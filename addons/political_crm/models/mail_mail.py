from odoo import models
from odoo.addons.political_consent.lib import route as routes


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """R-11: the message that leaves is the one that an occasional contact gets."""
        if any(mail.consent_route == routes.PURPOSE for mail in self):
            people = self.env["res.partner"].union(*success_pids)
            people._note_single_message()
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
