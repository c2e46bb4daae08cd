from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..models.consent_access_log import EXPORT_GROUP


class ConsentExportReason(models.TransientModel):
    """Why people's data is to leave the house; opens the door for half an hour (R-42)."""

    _name = "consent.export.reason"
    _description = "Take data out"
    _transient_max_hours = 1

    reason = fields.Char(
        "Why",
        help="Who gets it, what for, until when. It is written in the file and in the log.",
    )

    def action_confirm(self):
        """Note the reason.

        :raises AccessError: without the right to export
        :raises UserError: when the reason says nothing
        """
        self.ensure_one()
        if not self.env.user.has_group(EXPORT_GROUP):
            raise AccessError(self.env._("You may not take people's data out."))
        reason = (self.reason or "").strip()
        if len(reason) < 10:
            raise UserError(self.env._("Write who gets it and what for: ten letters at least."))
        self.env["consent.access.log"]._note("permit", "res.partner", 0, reason=reason)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("You may export for half an hour. Each file is logged."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
