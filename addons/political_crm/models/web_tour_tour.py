from odoo import fields, models


class WebTourTour(models.Model):
    """A tour for a role is offered to that role (by a record rule)."""

    _inherit = "web_tour.tour"

    group_id = fields.Many2one("res.groups", "Role", ondelete="cascade")
