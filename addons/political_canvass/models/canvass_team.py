from odoo import fields, models


class CanvassTeam(models.Model):
    """Volunteers who go out together: turfs are given to a team, and counted by it."""

    _name = "canvass.team"
    _inherit = ["canvass.ground"]
    _description = "Field team"
    _order = "branch_id, name"

    name = fields.Char(required=True)
    user_id = fields.Many2one(string="Lead")
    active = fields.Boolean(default=True)
