from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.copying import copy_rows

COLUMNS = ("line", "iris_code", "commune_code", "number", "suffix", "street_key")
# A table without suffixes tells of 12, 12 bis and 12 ter at once.
SAME_ADDRESS = SQL(
    """
    a.commune_code = i.commune_code AND a.street_key = i.street_key AND a.number = i.number
    AND coalesce(i.suffix, a.suffix, '') = coalesce(a.suffix, '')
    """
)


class PoliticalAddress(models.Model):
    """In which IRIS an address lies, and so a station: most of its addresses tell."""

    _inherit = "political.address"

    iris_id = fields.Many2one(
        "political.zone",
        "IRIS",
        domain=[("kind", "=", "iris")],
        ondelete="set null",
        index="btree_not_null",
    )

    @api.model
    def _store_iris(self, rows):
        """Write the IRIS of addresses that are loaded; the same rows twice change nothing.

        :param rows: tuples of ``COLUMNS``
        :returns: number of addresses that got another IRIS
        """
        self._iris_table(rows)
        communes = {row[2] for row in rows}
        before = self._iris_of_stations(communes)
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_address a SET iris_id = z.id
                  FROM iris_in i
                  JOIN political_zone z ON z.kind = 'iris' AND z.code = i.iris_code AND z.active
                 WHERE %s AND a.iris_id IS DISTINCT FROM z.id
                """,
                SAME_ADDRESS,
            )
        )
        changed = self.env.cr.rowcount
        self.env.cr.execute("DROP TABLE iris_in")
        self._tell_stations(before, self._iris_of_stations(communes))
        self.env.invalidate_all(flush=False)
        return changed

    @api.model
    def _iris_unknown(self, rows):
        """
        :param rows: tuples of ``COLUMNS``
        :returns: remarks on those that no loaded address is of
        """
        self._iris_table(rows)
        self.env.cr.execute(
            SQL(
                """
                SELECT line, iris_code, concat_ws(' ', number, suffix, street_key) FROM iris_in i
                 WHERE NOT EXISTS (SELECT FROM political_address a WHERE %s) ORDER BY line
                """,
                SAME_ADDRESS,
            )
        )
        found = self.env.cr.fetchall()
        self.env.cr.execute("DROP TABLE iris_in")
        return [(line, iris, "unknown_address", address, True) for line, iris, address in found]

    def _iris_table(self, rows):
        self.env.flush_all()
        self.env.cr.execute(
            """
            CREATE TEMPORARY TABLE iris_in (line integer, iris_code varchar, commune_code varchar,
                number integer, suffix varchar, street_key varchar) ON COMMIT DROP
            """
        )
        copy_rows(self.env.cr, "iris_in", COLUMNS, rows)
        self.env.cr.execute("ANALYZE iris_in")

    def _iris_of_stations(self, communes):
        """:returns: ``{station id: id of the IRIS that most of its addresses lie in}``"""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (station_id) station_id, iris_id FROM political_address
                 WHERE commune_code = ANY(%s) AND station_id IS NOT NULL AND iris_id IS NOT NULL
                 GROUP BY station_id, iris_id ORDER BY station_id, count(*) DESC, iris_id
                """,
                list(communes),
            )
        )
        return dict(self.env.cr.fetchall())

    def _tell_stations(self, before, after):
        """Stations follow their addresses, unless somebody chose another IRIS for them."""
        rows = [(station, before.get(station), iris) for station, iris in after.items()]
        self.env.cr.execute(
            "CREATE TEMPORARY TABLE told (station_id integer, before_id integer, iris_id integer)"
            " ON COMMIT DROP"
        )
        copy_rows(self.env.cr, "told", ("station_id", "before_id", "iris_id"), rows)
        self.env.cr.execute(
            """
            UPDATE political_zone z SET iris_id = told.iris_id FROM told
             WHERE z.id = told.station_id AND z.iris_id IS DISTINCT FROM told.iris_id
               AND (z.iris_id IS NULL OR z.iris_id = told.before_id)
            """
        )
        self.env.cr.execute("DROP TABLE told")
