from odoo import api, models
from odoo.tools import SQL

from ..lib.copying import copy_rows

COLUMNS = (
    "kind",
    "code",
    "name",
    "code_alt",
    "parent_kind",
    "parent_code",
    "active",
    "cog_year",
    "constituency_code",
    "street",
    "zip",
    "longitude",
    "latitude",
    # For a place that is new only.
    "new_name",
    "new_code_alt",
)
# What a file may tell of a place that is known: nothing takes away what was there.
TOLD = (
    "name",
    "code_alt",
    "parent_id",
    "active",
    "cog_year",
    "street",
    "zip",
    "longitude",
    "latitude",
)
# Parents before what lies in them.
ORDER = (
    "country",
    "region",
    "department",
    "epci",
    "constituency",
    "commune",
    "canton",
    "arrondissement",
    "iris",
    "station",
)


class PoliticalZone(models.Model):
    """Loading places by the ten thousand: what the ORM would have written, in a few statements."""

    _inherit = "political.zone"

    @api.model
    def _store_places(self, rows):
        """Create the places that are missing and update those that changed.

        A place is known by kind and code, whatever the year; a value of ``None`` leaves what is
        there. Called twice with the same rows, it changes nothing.

        :param rows: iterable of dicts with the keys of ``COLUMNS``, ``kind`` and ``code`` required
        :returns: ``{"added": int, "changed": int}``
        """
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            """
            CREATE TEMPORARY TABLE place_in (
                kind varchar, code varchar, name varchar, code_alt varchar, parent_kind varchar,
                parent_code varchar, active boolean, cog_year integer,
                constituency_code varchar, street varchar, zip varchar, longitude numeric,
                latitude numeric, new_name varchar, new_code_alt varchar
            ) ON COMMIT DROP
            """
        )
        copy_rows(cr, "place_in", COLUMNS, ([row.get(name) for name in COLUMNS] for row in rows))
        cr.execute("DELETE FROM place_in WHERE coalesce(kind, '') = '' OR coalesce(code, '') = ''")
        cr.execute(
            """
            DELETE FROM place_in a USING place_in b
             WHERE a.kind = b.kind AND a.code = b.code AND a.ctid > b.ctid
            """
        )
        cr.execute("CREATE INDEX ON place_in (kind, code)")
        cr.execute("ANALYZE place_in")
        cr.execute("SELECT DISTINCT kind FROM place_in")
        kinds = sorted((kind for (kind,) in cr.fetchall()), key=ORDER.index)
        done = {"added": 0, "changed": 0}
        # In this order: a place is made below a parent whose path is right.
        for kind in kinds:
            # The planner must know what this transaction has added: it would read all places once
            # for each row.
            cr.execute("ANALYZE political_zone")
            done["changed"] += self._update_places(kind)
            done["added"] += self._insert_places(kind)
        cr.execute("DROP TABLE place_in")
        if done["changed"]:
            self._rebuild_paths()
        self.env.invalidate_all(flush=False)
        return done

    def _sql_places_in(self, kind):
        """Rows to store with their parent and the place they are, if it is known."""
        return SQL(
            """
            SELECT i.*, p.id AS parent_id, p.parent_path, c.id AS constituency_id,
                   z.id AS zone_id
              FROM place_in i
              LEFT JOIN political_zone c
                     ON c.kind = 'constituency' AND c.code = i.constituency_code
                    AND coalesce(c.cog_year, 0) = 0
              LEFT JOIN LATERAL (
                SELECT id, parent_path FROM political_zone p
                 WHERE p.kind = i.parent_kind AND p.code = i.parent_code
                 ORDER BY p.active DESC, p.cog_year DESC NULLS LAST, p.id LIMIT 1) p ON TRUE
              LEFT JOIN LATERAL (
                SELECT id FROM political_zone z
                 WHERE z.kind = i.kind AND z.code = i.code
                 ORDER BY z.active DESC, z.cog_year DESC NULLS LAST, z.id LIMIT 1) z ON TRUE
             WHERE i.kind = %s
            """,
            kind,
        )

    def _update_places(self, kind):
        own = [SQL("z.%s", SQL.identifier(name)) for name in TOLD]
        told = [
            SQL("coalesce(i.%s, %s)", SQL.identifier(n), z) for n, z in zip(TOLD, own, strict=True)
        ]
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_zone z SET (%(columns)s) = ROW(%(told)s)
                  FROM (%(rows)s) i
                 WHERE z.id = i.zone_id AND (%(told)s) IS DISTINCT FROM (%(own)s)
                """,
                columns=SQL(", ").join(map(SQL.identifier, TOLD)),
                told=SQL(", ").join(told),
                own=SQL(", ").join(own),
                rows=self._sql_places_in(kind),
            )
        )
        return self.env.cr.rowcount

    def _insert_places(self, kind):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_zone
                       (id, kind, code, name, code_alt, parent_id, parent_path, constituency_id,
                        active, cog_year, street, zip, longitude, latitude)
                SELECT i.id, i.kind, i.code, coalesce(i.name, i.new_name, i.code),
                       coalesce(i.code_alt, i.new_code_alt), i.parent_id,
                       coalesce(i.parent_path, '') || i.id || '/', i.constituency_id,
                       coalesce(i.active, TRUE), i.cog_year, i.street, i.zip, i.longitude,
                       i.latitude
                  FROM (SELECT nextval('political_zone_id_seq') AS id, fresh.*
                          FROM (SELECT * FROM (%(rows)s) r WHERE r.zone_id IS NULL
                                 ORDER BY r.code) fresh) i
                """,
                rows=self._sql_places_in(kind),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _rebuild_paths(self):
        self.env.cr.execute(
            """
            WITH RECURSIVE tree(id, path) AS (
                SELECT id, id || '/' FROM political_zone WHERE parent_id IS NULL
                 UNION ALL
                SELECT z.id, t.path || z.id || '/'
                  FROM political_zone z JOIN tree t ON z.parent_id = t.id)
            UPDATE political_zone z SET parent_path = tree.path FROM tree
             WHERE tree.id = z.id AND z.parent_path IS DISTINCT FROM tree.path
            """
        )

    @api.model
    def _places_by_code(self, kind, codes):
        """
        :param str kind: kind of place
        :param codes: collection of official codes
        :returns: ``{code: id}`` of those that are known, archived ones too
        """
        self.flush_model(["kind", "code", "active", "cog_year"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (code) code, id FROM political_zone
                 WHERE kind = %s AND code = ANY(%s)
                 ORDER BY code, active DESC, cog_year DESC NULLS LAST, id
                """,
                kind,
                list(codes),
            )
        )
        return dict(self.env.cr.fetchall())
