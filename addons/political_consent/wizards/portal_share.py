from odoo import models


class PortalShare(models.TransientModel):
    _inherit = "portal.share"

    def action_send_mail(self):
        """An invitation to see a record is a letter like any other."""
        self.env["mail.thread"]._consent_check_letter(self.partner_ids.ids)
        return super().action_send_mail()
