from odoo import api, models
from odoo.tools import SQL

ORGANISER = "political_canvass.group_canvass_organiser"


class PoliticalTargetPlan(models.Model):
    _inherit = "political.target.plan"

    def _counted_doors(self):
        """Doors known to the plan's controller, by polling station."""
        self.env["canvass.door"].flush_model()
        self.env["canvass.building"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT building.polling_station_id, COUNT(*)
                  FROM canvass_door door
                  JOIN canvass_building building ON building.id = door.building_id
                 WHERE door.active AND building.company_id = %s
                   AND building.polling_station_id IS NOT NULL
                 GROUP BY building.polling_station_id
                """,
                self.company_id.id,
            )
        )
        return {**super()._counted_doors(), **dict(self.env.cr.fetchall())}

    def action_field(self):
        """Prepare a field operation on the stations that the plan keeps.

        :returns: a window action (dict)
        """
        self.ensure_one()
        self.check_access("read")
        return self.env["political.map"].hand_to_field(self._kept(), self.id)


class PoliticalMap(models.AbstractModel):
    _inherit = "political.map"

    @api.model
    def _hands_to_field(self):
        return self.env.user.has_group(ORGANISER)

    @api.model
    def hand_to_field(self, station_ids, plan_id=False):
        """A new field operation on these stations, to be completed and cut into turfs."""
        self._check_reader()
        self.env["canvass.operation"].check_access("create")
        stations = self.env["political.zone"].search(
            [("id", "in", station_ids), ("kind", "=", "station")]
        )
        plan = self.env["political.target.plan"].search([("id", "=", plan_id)])
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New field operation"),
            "res_model": "canvass.operation",
            "views": [(False, "form")],
            "context": {
                "default_name": plan.name or self.env._("Stations chosen on the map"),
                "default_area_kind": "zones",
                "default_zone_ids": [(6, 0, stations.ids)],
                "default_keep_stations": True,
            },
        }
