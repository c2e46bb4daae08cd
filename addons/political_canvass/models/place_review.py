from odoo import api, fields, models


class CanvassBuilding(models.Model):
    _inherit = "canvass.building"

    correction_ids = fields.One2many("canvass.correction", "building_id", "Corrections")
    correction_count = fields.Integer("To review", compute="_compute_correction_count")

    @api.depends("correction_ids.state")
    def _compute_correction_count(self):
        counts = dict(
            self.env["canvass.correction"]._read_group(
                [("building_id", "in", self.ids), ("state", "=", "proposed")],
                ["building_id"],
                ["__count"],
            )
        )
        for building in self:
            building.correction_count = counts.get(building._origin, 0)

    def action_corrections(self):
        """Open what the field says about the building; returns a window action."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "political_canvass.action_correction"
        )
        action["domain"] = [("building_id", "=", self.id)]
        return action


class CanvassDoor(models.Model):
    _inherit = "canvass.door"

    to_review = fields.Boolean(
        "Not reviewed",
        readonly=True,
        default=False,
        help="A phone added this door: it goes into no new turf before somebody accepts it.",
    )
