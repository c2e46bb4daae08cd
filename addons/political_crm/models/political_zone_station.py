from odoo import api, models
from odoo.tools import SQL

from ..lib.contours import Places


class PoliticalZone(models.Model):
    """Which station holds a point, and where an address votes."""

    _inherit = "political.zone"

    @api.model
    def _stations_at(self, points, commune_codes=None):
        """
        :param list points: (longitude, latitude)
        :param commune_codes: communes to look in, or ``None`` for all
        :returns: ids of the stations whose contour holds each point, or ``None``
        :rtype: list
        """
        if not points:
            return []
        among = SQL("TRUE")
        if commune_codes is not None:
            among = SQL(
                "split_part(code, '_', 1) = ANY(%s)",
                list({self._town_of(code) for code in commune_codes}),
            )
        self.env.cr.execute(
            SQL(
                """
                SELECT id, contour FROM political_zone
                 WHERE kind = 'station' AND active AND contour IS NOT NULL AND %s ORDER BY id
                """,
                among,
            )
        )
        contours = self.env.cr.fetchall()
        if not contours:
            return [None] * len(points)
        return Places(contours).at(*zip(*points, strict=True))

    @api.model
    def _town_of(self, code):
        """The commune of an arrondissement, in which stations are numbered."""
        for prefix, town in (("751", "75056"), ("6938", "69123"), ("132", "13055")):
            if code.startswith(prefix):
                return town
        return code

    @api.model
    def _stations_of_addresses(self, addresses):
        known = super()._stations_of_addresses(addresses)
        located = self.env["political.address"]._locate([(a[0], a[1]) for a in addresses])
        return [
            (place[2], "address") if place and place[2] and not before[0] else before
            for before, place in zip(known, located, strict=True)
        ]
