from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.contours import nearest
from ..lib.copying import copy_rows
from ..lib.place_files import typed_address

COLUMNS = (
    "ban_id",
    "commune_code",
    "number",
    "suffix",
    "street_key",
    "zip",
    "longitude",
    "latitude",
    "station_code",
)
# A voter's address of the register that lies this near is the same building's.
SAME_BUILDING = 30.0
SOURCES = [
    ("register", "Electoral register's address table"),
    ("nearby", "Nearest address of the register"),
    ("contour", "Contour of the station"),
]


class PoliticalAddress(models.Model):
    """A public address and the station where its inhabitants vote; never who they are.

    Addresses come from the BAN, stations from the register's address table (REU) where it knows
    the address, else from the contour that holds it, else nobody knows.
    """

    _name = "political.address"
    _description = "Address and its polling station"
    _log_access = False
    _order = "commune_code, street_key, number, suffix, id"
    _rec_name = "street_key"
    # A street may bear somebody's name: erasing that person leaves the street alone.
    _consent_public_names = True

    ban_id = fields.Char("BAN", index="btree_not_null")
    commune_code = fields.Char(required=True)
    number = fields.Integer()
    suffix = fields.Char()
    street_key = fields.Char("Street", help="Without accents, abbreviations and small words.")
    zip = fields.Char("Postcode")
    longitude = fields.Float(digits=(10, 7))
    latitude = fields.Float(digits=(10, 7))
    station_id = fields.Many2one(
        "political.zone", "Polling station", ondelete="set null", index="btree_not_null"
    )
    source = fields.Selection(SOURCES, "Station known by")

    _lookup_index = models.Index("(zip, street_key, number)")
    _commune_index = models.Index("(commune_code)")
    _once = models.UniqueIndex(
        "(commune_code, (COALESCE(ban_id, '')), street_key, number, suffix, longitude, latitude)",
        "This address is here already.",
    )

    # ------------------------------------------------------------------ loading

    @api.model
    def _store_addresses(self, rows):
        """Add the addresses that are missing and move those that moved; the same rows twice
        change nothing.

        :param rows: tuples of ``COLUMNS``
        :returns: ``{"added": int, "changed": int}``
        """
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            """
            CREATE TEMPORARY TABLE address_in (
                ban_id varchar, commune_code varchar, number integer, suffix varchar,
                street_key varchar, zip varchar, longitude numeric, latitude numeric,
                station_code varchar, station_id integer
            ) ON COMMIT DROP
            """
        )
        copy_rows(cr, "address_in", COLUMNS, rows)
        cr.execute(
            """
            UPDATE address_in a SET station_id = z.id FROM political_zone z
             WHERE z.kind = 'station' AND z.code = a.station_code AND z.active;
            DELETE FROM address_in a USING address_in b
             WHERE a.ban_id = b.ban_id AND a.ctid > b.ctid;
            CREATE INDEX ON address_in (ban_id);
            ANALYZE address_in
            """
        )
        cr.execute(
            """
            UPDATE political_address a
               SET longitude = i.longitude, latitude = i.latitude, number = i.number,
                   suffix = i.suffix, street_key = i.street_key, zip = i.zip,
                   station_id = coalesce(i.station_id, a.station_id),
                   source = CASE WHEN i.station_id IS NOT NULL THEN 'register' ELSE a.source END
              FROM address_in i
             WHERE i.ban_id = a.ban_id
               AND (a.longitude, a.latitude, a.station_id) IS DISTINCT FROM
                   (i.longitude, i.latitude, coalesce(i.station_id, a.station_id))
            """
        )
        changed = cr.rowcount
        cr.execute(
            """
            INSERT INTO political_address (ban_id, commune_code, number, suffix, street_key, zip,
                                           longitude, latitude, station_id, source)
            SELECT i.ban_id, i.commune_code, i.number, i.suffix, i.street_key, i.zip, i.longitude,
                   i.latitude, i.station_id,
                   CASE WHEN i.station_id IS NOT NULL THEN 'register' END
              FROM address_in i
             WHERE NOT EXISTS (SELECT FROM political_address a WHERE a.ban_id = i.ban_id)
                ON CONFLICT DO NOTHING
            """
        )
        added = cr.rowcount
        cr.execute("DROP TABLE address_in")
        self.env.invalidate_all(flush=False)
        return {"added": added, "changed": changed}

    @api.model
    def _assign_stations(self, commune_codes):
        """Find the station of the addresses of some communes that the register does not tell.

        :returns: number of addresses that nothing tells the station of
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT id, longitude::float, latitude::float FROM political_address
                 WHERE commune_code = ANY(%s) AND source IS DISTINCT FROM 'register'
                """,
                list(commune_codes),
            )
        )
        asked = self.env.cr.fetchall()
        points = [(lon, lat) for _id, lon, lat in asked]
        found = [
            (station, "nearby") if station else (None, None)
            for station in nearest(self._register_points(commune_codes), points, SAME_BUILDING)
        ]
        left = [n for n, (station, _source) in enumerate(found) if not station]
        held = self.env["political.zone"]._stations_at([points[n] for n in left], commune_codes)
        for n, station in zip(left, held, strict=True):
            if station:
                found[n] = (station, "contour")
        self._write_stations(
            [(row[0], *answer) for row, answer in zip(asked, found, strict=True) if answer[0]]
        )
        return sum(1 for station, _source in found if not station)

    def _register_points(self, commune_codes):
        self.env.cr.execute(
            SQL(
                """
                SELECT station_id, longitude::float, latitude::float FROM political_address
                 WHERE commune_code = ANY(%s) AND source = 'register'
                """,
                list(commune_codes),
            )
        )
        return self.env.cr.fetchall()

    def _write_stations(self, rows):
        self.env.cr.execute(
            "CREATE TEMPORARY TABLE told (id integer, station_id integer, source varchar)"
            " ON COMMIT DROP"
        )
        copy_rows(self.env.cr, "told", ("id", "station_id", "source"), rows)
        self.env.cr.execute(
            """
            UPDATE political_address a SET station_id = told.station_id, source = told.source
              FROM told WHERE told.id = a.id
               AND (a.station_id, a.source) IS DISTINCT FROM (told.station_id, told.source)
            """
        )
        self.env.cr.execute("DROP TABLE told")
        self.env.invalidate_all(flush=False)

    # ------------------------------------------------------------------ finding

    @api.model
    def _locate(self, typed):
        """Where typed addresses lie and vote: offline, against the addresses that were loaded.

        The number itself; else any number of the street when the whole street votes in one
        station.

        :param list typed: (street with number, postcode)
        :returns: as many (longitude, latitude, station id), or ``None``
        :rtype: list
        """
        rows = [(n, *typed_address(*address)) for n, address in enumerate(typed)]
        rows = [row for row in rows if row[1] and row[2]]
        found = [None] * len(typed)
        if not rows:
            return found
        cr = self.env.cr
        cr.execute(
            "CREATE TEMPORARY TABLE typed (n integer, zip varchar, street_key varchar,"
            " number integer, suffix varchar) ON COMMIT DROP"
        )
        copy_rows(cr, "typed", ("n", "zip", "street_key", "number", "suffix"), rows)
        cr.execute(
            """
            SELECT t.n, a.longitude, a.latitude, a.station_id
              FROM typed t
             CROSS JOIN LATERAL (
                SELECT longitude::float, latitude::float, station_id FROM political_address a
                 WHERE a.zip = t.zip AND a.street_key = t.street_key AND a.number = t.number
                   AND t.number > 0
                 ORDER BY a.suffix IS DISTINCT FROM t.suffix, a.station_id IS NULL,
                          a.ban_id IS NULL, a.id
                 LIMIT 1) a
             UNION ALL
            SELECT t.n, a.longitude, a.latitude, a.station_id
              FROM typed t
             CROSS JOIN LATERAL (
                SELECT avg(longitude)::float AS longitude, avg(latitude)::float AS latitude,
                       min(station_id) AS station_id
                  FROM political_address a
                 WHERE a.zip = t.zip AND a.street_key = t.street_key
                HAVING min(station_id) = max(station_id)
                   AND count(station_id) = count(*)) a
             WHERE NOT EXISTS (SELECT FROM political_address b
                                WHERE b.zip = t.zip AND b.street_key = t.street_key
                                  AND b.number = t.number AND t.number > 0)
            """
        )
        for n, *place in cr.fetchall():
            found[n] = tuple(place)
        cr.execute("DROP TABLE typed")
        return found
