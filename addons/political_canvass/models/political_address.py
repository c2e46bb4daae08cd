from odoo import api, models
from odoo.tools import SQL


class PoliticalAddress(models.Model):
    """The stations of addresses reach the buildings that were loaded before them."""

    _inherit = "political.address"

    @api.model
    def _assign_stations(self, commune_codes):
        left = super()._assign_stations(commune_codes)
        self._tell_buildings(commune_codes)
        return left

    @api.model
    def _tell_buildings(self, commune_codes):
        """Give buildings without a station that of their address; one that has a station, from
        its own file or by hand, keeps it."""
        buildings = self.env["canvass.building"]
        buildings.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE canvass_building building SET polling_station_id = a.station_id
                  FROM political_address a
                 WHERE a.commune_code = ANY(%s) AND a.station_id IS NOT NULL
                   AND building.code = a.ban_id AND building.polling_station_id IS NULL
                """,
                list(commune_codes),
            )
        )
        buildings.invalidate_model(["polling_station_id"])
