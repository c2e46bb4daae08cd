from odoo import models
from odoo.tools import SQL

from ..lib import codes, place_files
from ..lib.contours import ContourFile
from ..lib.copying import copy_rows

ONLY_ONE = SQL(
    """
    z.kind = 'station' AND NOT EXISTS (
        SELECT FROM political_zone other
         WHERE other.code_alt = z.code_alt AND other.kind = 'station' AND other.active
           AND other.id <> z.id)
    """
)


class PoliticalZoneImport(models.Model):
    """Contours of places that are loaded, in whichever family of codes the file names them."""

    _inherit = "political.zone.import"

    def _load(self, found):
        if not isinstance(found, ContourFile):
            return super()._load(found)
        added = self._add_missing(found) if self.create_missing else 0
        Zone = self.env["political.zone"].sudo()
        self._match_contours(found)
        self.env.cr.execute(
            """
            UPDATE political_zone z SET contour = i.contour FROM contour_in i
             WHERE z.id = i.zone_id AND z.contour IS DISTINCT FROM i.contour
            """
        )
        changed = self.env.cr.rowcount
        self.env.cr.execute("DROP TABLE contour_in")
        Zone.invalidate_model(["contour"])
        towns = {c.code.partition("_")[0] for c in found.contours if c.kind == "station"}
        return {
            "added_count": added,
            "changed_count": changed,
            "mended_count": found.mended,
            "unknown_count": self._assign_addresses(towns),
        }

    def _unmatched(self, found):
        if not isinstance(found, ContourFile):
            return super()._unmatched(found)
        words = dict(self._fields["kind"]._description_selection(self.env))
        return [
            (0, code, "unmatched", words[kind], True)
            for kind, code in self._without_place(found)
            if not (self.create_missing and place_files.place_row(kind, code))
        ]

    def _without_place(self, found):
        """:returns: list of (kind, code) of the contours whose place nobody loaded"""
        self._match_contours(found)
        self.env.cr.execute("SELECT kind, code FROM contour_in WHERE zone_id IS NULL ORDER BY 1, 2")
        rows = self.env.cr.fetchall()
        self.env.cr.execute("DROP TABLE contour_in")
        return rows

    def _match_contours(self, found):
        """Table ``contour_in``: each contour and the place that it is of.

        A station is known by the code that the file writes, in the family where that is somebody's
        other code; else by its official code; else by what the other family makes of that one. No
        place takes two contours: the surer one is kept.
        """
        self.env["political.zone"].flush_model()
        cr = self.env.cr
        cr.execute(
            """
            CREATE TEMPORARY TABLE contour_in (kind varchar, code varchar, told varchar,
                register varchar, contour text, zone_id integer, doubt integer) ON COMMIT DROP
            """
        )
        rows = (
            (
                c.kind,
                c.code,
                c.told or None,
                codes.register_station(c.code) if c.kind == "station" else None,
                c.geometry,
            )
            for c in found.contours
        )
        copy_rows(cr, "contour_in", ("kind", "code", "told", "register", "contour"), rows)
        for doubt, condition in enumerate(
            (
                SQL("z.code_alt = i.told AND %s", ONLY_ONE),
                SQL("z.code = i.code"),
                SQL("z.code_alt = i.register AND %s", ONLY_ONE),
            )
        ):
            cr.execute(
                SQL(
                    """
                    UPDATE contour_in i SET zone_id = z.id, doubt = %s
                      FROM political_zone z
                     WHERE i.zone_id IS NULL AND z.kind = i.kind AND z.active AND %s
                    """,
                    doubt,
                    condition,
                )
            )
        cr.execute(
            """
            UPDATE contour_in i SET zone_id = NULL
              FROM (SELECT code,
                           row_number() OVER (PARTITION BY zone_id ORDER BY doubt, code) AS turn
                      FROM contour_in WHERE zone_id IS NOT NULL AND kind = 'station') r
             WHERE i.kind = 'station' AND r.code = i.code AND r.turn > 1
            """
        )

    def _add_missing(self, found):
        """Only the missing ones: the names of the others are better than what a contour tells.

        :returns: number of places added
        """
        rows = [place_files.place_row(kind, code) for kind, code in self._without_place(found)]
        return self.env["political.zone"].sudo()._store_places(filter(None, rows))["added"]

    def _assign_addresses(self, towns):
        """Addresses loaded before the contours find their station now."""
        Address = self.env["political.address"].sudo()
        self.env.cr.execute("SELECT DISTINCT commune_code FROM political_address")
        loaded = {code for (code,) in self.env.cr.fetchall()}
        communes = {code for code in loaded if self.env["political.zone"]._town_of(code) in towns}
        return Address._assign_stations(communes) if communes else 0
