from odoo import api, models
from odoo.tools import email_normalize, html2plaintext

from ..lib import stopword


class MailThread(models.AbstractModel):
    """R-03: who answers a message with "stop" has left, wherever the answer is filed."""

    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        stopped = self._take_stop_reply(message_dict)
        try:
            return super().message_route(message, message_dict, model, thread_id, custom_values)
        except ValueError:
            # Nobody is there to file it; what it asked for is done.
            if stopped:
                return []
            raise

    @api.model
    def _take_stop_reply(self, message_dict):
        """Withdraw the sender's address from everything sent by e-mail when they say stop."""
        address = email_normalize(message_dict.get("email_from") or "")
        if not address or message_dict.get("is_bounce"):
            return False
        text = html2plaintext(message_dict.get("body") or "", include_references=False)
        if not stopword.wants_to_stop(text):
            return False
        self.env["consent.event"].sudo()._close_addresses(
            "email", [address], "stop", "reply", channels=["email"]
        )
        return True
