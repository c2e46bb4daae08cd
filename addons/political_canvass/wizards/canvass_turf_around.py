from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.canvass_turf_publishing import MAX_DOORS


class CanvassTurfAround(models.TransientModel):
    """Cuts one turf: the doors nearest to a point that no open turf of the operation has."""

    _name = "canvass.turf.around"
    _description = "Cut a turf around a point"

    operation_id = fields.Many2one("canvass.operation", required=True)
    company_id = fields.Many2one(related="operation_id.company_id")
    branch_id = fields.Many2one(related="operation_id.branch_id")
    name = fields.Char("Turf's name", compute="_compute_name", store=True, readonly=False)
    building_id = fields.Many2one(
        "canvass.building",
        "Around this address",
        domain="[('company_id', '=', company_id)]",
        context={"show_city": True},
    )
    latitude = fields.Float(digits=(10, 6), compute="_compute_point", store=True, readonly=False)
    longitude = fields.Float(digits=(10, 6), compute="_compute_point", store=True, readonly=False)
    door_number = fields.Integer("Doors", default=50, required=True)

    _number = models.Constraint(
        f"CHECK (door_number BETWEEN 1 AND {MAX_DOORS})",
        f"A turf has 1 to {MAX_DOORS} doors.",
    )

    @api.depends("building_id")
    def _compute_point(self):
        for wizard in self:
            if wizard.building_id:
                wizard.latitude = wizard.building_id.latitude
                wizard.longitude = wizard.building_id.longitude

    @api.depends("operation_id", "building_id")
    def _compute_name(self):
        for wizard in self:
            street = wizard.building_id.street
            number = len(wizard.operation_id.turf_ids) + 1
            wizard.name = f"{number} · {street}" if street else str(number)

    def action_cut(self):
        """Make the turf and open it.

        :returns: a window action
        :raises UserError: without a point, or where there is no door left
        """
        self.ensure_one()
        self.operation_id.check_access("read")
        if not (self.latitude or self.longitude):
            raise UserError(self.env._("Choose an address, or give a latitude and a longitude."))
        doors = self.env["canvass.door"]._nearest(
            self.latitude, self.longitude, self.door_number, self._free_doors()
        )
        if not doors:
            raise UserError(
                self.env._(
                    "There is no free door in sight: load the addresses of the place first, or "
                    "close the turfs that hold them."
                )
            )
        turf = self.env["canvass.turf"].create(
            {
                "name": self.name or self.operation_id.name,
                "operation_id": self.operation_id.id,
                "start_latitude": self.latitude,
                "start_longitude": self.longitude,
            }
        )
        turf._set_doors(doors)
        return {
            "type": "ir.actions.act_window",
            "res_model": "canvass.turf",
            "res_id": turf.id,
            "view_mode": "form",
        }

    def _free_doors(self):
        """Doors of the operation's controller that none of its open turfs holds."""
        return [
            ("company_id", "=", self.operation_id.company_id.id),
            (
                "turf_line_ids",
                "not any",
                [
                    ("operation_id", "=", self.operation_id.id),
                    ("turf_id.state", "!=", "closed"),
                ],
            ),
        ]
