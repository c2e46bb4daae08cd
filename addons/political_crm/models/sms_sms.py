from odoo import models
from odoo.addons.political_consent.lib import route as routes

SENT = ("process", "pending", "sent")


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """R-11: as for mails, a sent SMS is the one that an occasional contact gets."""
        result = super()._send(
            unlink_failed=unlink_failed, unlink_sent=unlink_sent, raise_exception=raise_exception
        )
        sent = self.exists().filtered(
            lambda sms: sms.consent_route == routes.PURPOSE and sms.state in SENT
        )
        sent.partner_id._note_single_message()
        return result
