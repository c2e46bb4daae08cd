import base64
from collections import Counter

import shapely

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.contours import Places
from ..lib.copying import copy_rows
from ..lib.indicator_file import read_indicators, shared_out
from ..lib.plain import plain
from ..lib.results_file import FileError

METHODS = [
    ("none", "Leave the values where they were published"),
    ("area", "Share them out to polling stations by area"),
    ("addresses", "Share them out to polling stations by addresses"),
    ("same", "Give each station the value of its commune or constituency"),
]


class PoliticalIndicatorImport(models.Model):
    """A table of statistics by commune, IRIS, station or constituency on its way in."""

    _name = "political.indicator.import"
    _description = "Import of indicators"
    _order = "id desc"
    _rec_name = "filename"

    file = fields.Binary(required=True, attachment=True)
    filename = fields.Char("File name")
    column = fields.Char(
        help="The one column to take, by its header; empty: every column of numbers."
    )
    name = fields.Char("Name of the indicator", help="Empty: the column's header.")
    unit = fields.Char()
    year = fields.Integer()
    source = fields.Char(help="Who published it, and under which licence.")
    is_total = fields.Boolean(
        "Counts people or things",
        help="A count is divided between stations; a rate, a share or an income is averaged.",
    )
    method = fields.Selection(METHODS, required=True, default="none")
    state = fields.Selection(
        [("draft", "To load"), ("done", "Loaded")], default="draft", readonly=True, required=True
    )
    indicator_count = fields.Integer("Indicators", readonly=True)
    value_count = fields.Integer("Values", readonly=True)
    shared_count = fields.Integer("Values of stations", readonly=True)
    unmatched_count = fields.Integer("Without a place", readonly=True)
    rejected_count = fields.Integer("Lines left out", readonly=True)

    def action_apply(self):
        """Load the table, and share its values out to polling stations as chosen.

        The same file twice changes nothing; a corrected one updates.

        :raises UserError: with what is wrong with the file
        :raises AccessError: without the right to write indicators
        """
        self.check_access("write")
        for model in ("political.indicator", "political.indicator.value"):
            self.env[model].check_access("write")
        for job in self:
            content = base64.b64decode(job.with_context(bin_size=False).file or b"")
            try:
                found = read_indicators(content)
            except FileError as error:
                raise UserError(job._sentence(error)) from error
            columns = found.columns
            if job.column:
                columns = {n: v for n, v in columns.items() if plain(n) == plain(job.column)}
                if not columns:
                    raise UserError(
                        self.env._(
                            "The file has no column of numbers “%(column)s”. It has: %(columns)s.",
                            column=job.column,
                            columns=", ".join(list(found.columns)[:20]),
                        )
                    )
            job._store(found, columns)
        return True

    def _sentence(self, error):
        if error.code == "no_header":
            return self.env._(
                "No column of the file is a code of places: name it codgeo, code_insee, iris, "
                "code_bv or circo."
            )
        return self.env["political.election.import"]._file_sentence(error)

    def _store(self, found, columns):
        self.ensure_one()
        Zone = self.env["political.zone"].sudo()
        every = {code for values in columns.values() for code in values}
        known = Zone._places_by_code(found.level, every)
        if found.level == "commune":
            # Paris, Lyon and Marseille are counted by arrondissement.
            known |= Zone._places_by_code("arrondissement", every - known.keys())
        stored = shared = 0
        shares = self._shares(found.level, known)
        for header, values in columns.items():
            values = {known[code]: value for code, value in values.items() if code in known}
            indicator = self._indicator(header, found.level)
            stored += self._store_values(indicator, values)
            if shares:
                parts = shared_out(values, shares, total=self.is_total)
                shared += self._store_values(indicator, parts)
        self.write(
            {
                "state": "done",
                "indicator_count": len(columns),
                "value_count": stored,
                "shared_count": shared,
                "unmatched_count": len(every - known.keys()),
                "rejected_count": found.rejected,
            }
        )

    def _indicator(self, header, level):
        words = dict(self._fields["method"]._description_selection(self.env))
        method = words[self.method] if level != "station" else words["none"]
        single = bool(self.name)
        code = plain(f"{self.name or header} {self.year or ''}").replace(" ", "_")
        values = {
            "name": self.name if single else header,
            "unit": self.unit,
            "year": self.year,
            "source": self.source or self.filename,
            "method": method,
        }
        Indicator = self.env["political.indicator"]
        indicator = Indicator.search([("code", "=", code)], limit=1)
        if not indicator:
            return Indicator.create({"code": code, **values})
        changed = {name: value for name, value in values.items() if indicator[name] != value}
        if changed:
            indicator.write(changed)
        return indicator

    @api.model
    def _store_values(self, indicator, values):
        """:returns: number of values written"""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            "CREATE TEMPORARY TABLE value_in (zone_id integer, value double precision)"
            " ON COMMIT DROP"
        )
        copy_rows(cr, "value_in", ("zone_id", "value"), values.items())
        cr.execute(
            SQL(
                """
                INSERT INTO political_indicator_value AS v (indicator_id, zone_id, value)
                SELECT %s, zone_id, value FROM value_in
                    ON CONFLICT (indicator_id, zone_id) DO UPDATE SET value = excluded.value
                 WHERE v.value IS DISTINCT FROM excluded.value
                """,
                indicator.id,
            )
        )
        cr.execute("DROP TABLE value_in")
        self.env["political.indicator.value"].invalidate_model()
        return len(values)

    # ------------------------------------------------------------------ sharing out

    def _shares(self, level, known):
        """(place, station, weight) between the places of the table and polling stations."""
        if self.method == "none" or level == "station" or not known:
            return []
        self.env["political.zone"].flush_model()
        ids = list(known.values())
        by_addresses = self.method == "addresses"
        if self.method == "same" or (by_addresses and level in ("commune", "constituency")):
            return self._shares_by_membership(ids, by_addresses)
        if self.method == "addresses":
            return self._shares_by_addresses(ids)
        return self._shares_by_area(ids)

    def _shares_by_membership(self, ids, by_addresses):
        """Stations of each commune or constituency, weighted by their addresses, or all alike."""
        self.env.cr.execute(
            SQL(
                """
                SELECT c.id, s.id, CASE WHEN %s THEN
                       (SELECT count(*) FROM political_address a WHERE a.station_id = s.id)
                       ELSE 1 END
                  FROM political_zone c
                  JOIN political_zone s ON s.kind = 'station' AND s.active
                   AND (s.parent_path LIKE c.parent_path || '%%' OR s.constituency_id = c.id)
                 WHERE c.id = ANY(%s)
                """,
                by_addresses,
                ids,
            )
        )
        return self.env.cr.fetchall()

    def _shares_by_addresses(self, ids):
        """Addresses that lie in both: of an IRIS as loaded, else by its contour; of a station as
        known."""
        self.env.cr.execute(
            SQL(
                """
                SELECT a.longitude::float, a.latitude::float, a.station_id, a.iris_id
                  FROM political_address a
                 WHERE a.station_id IS NOT NULL AND a.commune_code = ANY(%s)
                """,
                self._communes_around(ids),
            )
        )
        rows = self.env.cr.fetchall()
        asked = set(ids)
        shares = Counter((iris, station) for *_point, station, iris in rows if iris in asked)
        others = [row for row in rows if not row[3]]
        places, _stations = self._contours(ids)
        if others and places:
            held = Places(places).at([row[0] for row in others], [row[1] for row in others])
            pairs = zip(held, [row[2] for row in others], strict=True)
            shares.update(pair for pair in pairs if pair[0])
        return [(place, station, weight) for (place, station), weight in shares.items()]

    def _communes_around(self, ids):
        Zone = self.env["political.zone"].sudo()
        towns = Zone.browse(ids).filtered(lambda zone: zone.kind != "constituency")
        stations = Zone.search([("constituency_id", "in", ids)])
        return sorted({zone.code[:5] for zone in towns | stations})

    def _shares_by_area(self, ids):
        """Area that both contours have; degrees serve, since both lie at one latitude."""
        places, stations = self._contours(ids)
        if not places or not stations:
            return []
        mine = shapely.make_valid(shapely.from_geojson([text for _id, text in places]))
        theirs = shapely.make_valid(shapely.from_geojson([text for _id, text in stations]))
        tree = shapely.STRtree(theirs)
        left, right = tree.query(mine, predicate="intersects")
        areas = shapely.area(shapely.intersection(mine[left], theirs[right]))
        return [
            (places[a][0], stations[b][0], float(area))
            for a, b, area in zip(left.tolist(), right.tolist(), areas, strict=True)
            if area > 0
        ]

    def _contours(self, ids):
        """Contours of the places, and of the stations of the same communes."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id, contour FROM political_zone
                 WHERE id = ANY(%s) AND contour IS NOT NULL ORDER BY id
                """,
                ids,
            )
        )
        places = self.env.cr.fetchall()
        towns = {self.env["political.zone"]._town_of(c) for c in self._communes_around(ids)}
        self.env.cr.execute(
            SQL(
                """
                SELECT id, contour FROM political_zone
                 WHERE kind = 'station' AND active AND contour IS NOT NULL
                   AND split_part(code, '_', 1) = ANY(%s) ORDER BY id
                """,
                sorted(towns),
            )
        )
        return places, self.env.cr.fetchall()
