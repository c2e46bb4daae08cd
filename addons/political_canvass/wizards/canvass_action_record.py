from odoo import fields, models

from ..models.canvass_action import RESULTS


class CanvassActionRecord(models.TransientModel):
    """Notes what an action brought."""

    _name = "canvass.action.record"
    _description = "Note a result"

    action_id = fields.Many2one("canvass.action", required=True)
    kind = fields.Selection(RESULTS, required=True, default="leaflets")
    quantity = fields.Integer(required=True)

    def action_note(self):
        """Append the numbers to the action's results.

        :raises UserError: without a number
        """
        for one in self:
            one.action_id.action_record(one.kind, one.quantity)
