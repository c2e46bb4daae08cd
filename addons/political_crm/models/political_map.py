import gzip
import hashlib

import numpy as np

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..lib import light_contours, scoring
from .political_place_figures import summed

PEOPLE = "political_crm.group_people"
TILE_URL = "political_crm.map_tile_url"
TILE_ATTRIBUTION = "political_crm.map_tile_attribution"
LEVELS = ("region", "department", "epci", "commune", "arrondissement", "constituency", "canton")
FINE_LEVELS = ("iris", "station")
# More shapes than this are neither readable nor quick.
MOST_SHAPES = 8000
MOST_CANDIDACIES = 40


class PoliticalMap(models.AbstractModel):
    """What the map shows: figures of places and their contours, and never a person (R-75)."""

    _name = "political.map"
    _description = "Map of places"

    @api.model
    def _check_reader(self):
        if not (self.env.su or self.env.user.has_group(PEOPLE)):
            raise AccessError(self.env._("The map is for people who work on the party's file."))

    @api.model
    @api.readonly
    def map_options(self):
        """What may be chosen on the map.

        :returns: dict of lists (``scopes``, ``levels``, ``elections``, ``blocs``, ``indicators``,
            ``plans``, ``forecasts``) and ``tiles`` (url and attribution, or False)
        """
        self._check_reader()
        zones = self.env["political.zone"]
        self.env.cr.execute(
            "SELECT DISTINCT kind FROM political_zone WHERE contour IS NOT NULL AND active"
        )
        drawn = {kind for (kind,) in self.env.cr.fetchall()}
        kinds = zones._fields["kind"]._description_selection(self.env)
        plans = self.env["political.target.plan"].search([("active", "=", True)])
        forecasts = self.env["political.target.forecast"].search([("fitted_at", "!=", False)])
        return {
            "scopes": self._scopes(),
            "levels": [{"id": kind, "name": name} for kind, name in kinds if kind in drawn],
            "elections": self._elections(),
            "blocs": self._blocs().read(["name", "color"], load=None),
            "indicators": [
                {"id": one.id, "name": one.display_name}
                for one in self.env["political.indicator"].search([("value_ids", "!=", False)])
            ],
            "plans": [
                {"id": plan.id, "name": plan.name, "scope": plan.zone_id.id} for plan in plans
            ],
            "forecasts": [
                {"id": one.id, "name": one.name, "blocs": one.bloc_ids.ids} for one in forecasts
            ],
            "tiles": self._tiles(),
            "field": self._hands_to_field(),
        }

    @api.model
    def _tiles(self):
        """Address of a tile server, when an administrator has named one: without it nothing is
        asked of any other machine."""
        parameters = self.env["ir.config_parameter"].sudo()
        url = parameters.get_param(TILE_URL)
        return bool(url) and {
            "url": url,
            "attribution": parameters.get_param(TILE_ATTRIBUTION) or "",
        }

    @api.model
    def _hands_to_field(self):
        """Whether an addon takes a selection of stations to the field.

        :return: bool
        """
        return False

    @api.model
    def hand_to_field(self, station_ids, plan_id=False):
        """Prepare field work on stations; addons that know of field work extend this.

        :param station_ids: list of ids of polling stations
        :param plan_id: id of the plan that they were chosen in, if any
        :returns: a window action (dict)
        :raises UserError: where no addon does it
        """
        self._check_reader()
        raise UserError(self.env._("Install the door-to-door addon to hand stations to the field."))

    @api.model
    def _blocs(self):
        return self.env["political.bloc"].search([("active", "=", True)])

    @api.model
    def _scopes(self):
        self.env.cr.execute(
            """
            SELECT z.id, z.name, z.kind FROM political_zone z
             WHERE z.active AND z.kind IN ('country', 'region', 'department', 'commune')
               AND EXISTS (SELECT 1 FROM political_zone part
                            WHERE part.parent_id = z.id AND part.active)
               AND (z.kind <> 'commune' OR EXISTS (
                    SELECT 1 FROM political_zone part
                     WHERE part.parent_id = z.id AND part.contour IS NOT NULL))
             ORDER BY array_position(ARRAY['department', 'region', 'country', 'commune'],
                                     z.kind::text), z.code
            """
        )
        kinds = dict(self.env["political.zone"]._fields["kind"]._description_selection(self.env))
        return [
            {"id": zone, "name": name, "kind": kind, "group": kinds[kind]}
            for zone, name, kind in self.env.cr.fetchall()
        ]

    @api.model
    def _elections(self):
        """Those with figures first: the map does not open on a ballot that is still to come."""
        self.env["political.turnout"].flush_model()
        self.env.cr.execute(
            "SELECT id FROM political_election e WHERE EXISTS"
            " (SELECT FROM political_turnout t WHERE t.election_id = e.id)"
        )
        counted = {election for (election,) in self.env.cr.fetchall()}
        elections = self.env["political.election"].search([("active", "=", True)])
        found = []
        for election in elections.sorted(lambda one: one.id not in counted):
            stood = self.env["political.candidacy"].search(
                [("election_id", "=", election.id), ("zone_id", "=", False)],
                limit=MOST_CANDIDACIES + 1,
            )
            found.append(
                {
                    "id": election.id,
                    "name": election.name,
                    "previous_id": election.previous_id.id,
                    "candidacies": [
                        {"id": one.id, "name": one.name}
                        for one in stood
                        if len(stood) <= MOST_CANDIDACIES
                    ],
                }
            )
        return found

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def map_figures(self, scope_id, kind, measure, params=None):
        """Figures of the places of one kind within another place.

        :param scope_id: id of ``political.zone``
        :param kind: kind of the places: station, commune ...
        :param measure: result, swing, turnout, turnout_swing, leader, indicator, score, support or
            forecast_turnout
        :param params: dict with the ids that the measure needs: ``election_id``, ``previous_id``,
            ``bloc_id`` or ``candidacy_id``, ``indicator_id``, ``plan_id``, ``forecast_id``
        :returns: dict: ``ids``, ``names``, ``values`` (None where hidden or not known), ``bounds``
            (pairs or None) or False, ``hidden`` (ids), ``unit``, ``diverging``, ``contours``
            (address of the shapes) and ``undrawn`` (count of places without contour)
        :raises UserError: when something is missing, or there are too many places for one map
        """
        self._check_reader()
        scope = self.env["political.zone"].browse(scope_id).exists()
        if not scope or measure not in self._measures():
            raise UserError(self.env._("Choose a place and something to colour it by."))
        places, above = self.env["political.place.figures"]._places(kind, scope)
        if len(places) > MOST_SHAPES:
            raise UserError(
                self.env._(
                    "%(place)s has %(number)s places of this kind, too many for one map. Choose a "
                    "smaller place or a coarser level.",
                    place=scope.name,
                    number=len(places),
                )
            )
        found = self._measures()[measure](places, above, kind, dict(params or {}))
        return {
            "ids": places.tolist(),
            "names": self._names(places),
            "values": _numbers(found["values"]),
            "bounds": found.get("bounds", False),
            "hidden": places[found.get("hidden", np.zeros(len(places), bool))].tolist(),
            "unit": found.get("unit", "%"),
            "diverging": found.get("diverging", False),
            **self._shapes(scope, kind),
        }

    @api.model
    def _names(self, places):
        zones = self.env["political.zone"].browse(places.tolist())
        return zones.mapped("display_name")

    @api.model
    def _measures(self):
        return {
            "result": self._measure_result,
            "swing": self._measure_swing,
            "turnout": self._measure_turnout,
            "turnout_swing": self._measure_turnout_swing,
            "leader": self._measure_leader,
            "indicator": self._measure_indicator,
            "score": self._measure_score,
            "support": self._measure_support,
            "forecast_turnout": self._measure_support,
        }

    @api.model
    def _named(self, params, name):
        """The record that a parameter names, which the user may read."""
        comodels = {
            "election_id": "political.election",
            "previous_id": "political.election",
            "bloc_id": "political.bloc",
            "candidacy_id": "political.candidacy",
            "indicator_id": "political.indicator",
            "plan_id": "political.target.plan",
            "forecast_id": "political.target.forecast",
        }
        record = self.env[comodels[name]].browse(params.get(name) or []).exists()
        if not record:
            raise UserError(
                self.env._("Choose: %(what)s.", what=self.env[comodels[name]]._description.lower())
            )
        record.check_access("read")
        return record

    @api.model
    def _counted(self, places, kind, election, params=None):
        """Turnout and votes of a ballot at a level: its own rows, or those of its parts added up.

        :return: tuple of arrays (places, 4) and (places, columns)
        """
        reader = self.env["political.place.figures"]
        grain = reader._grain(election)
        blocs, candidacies = self._wanted(params)
        rows, groups = places, None
        if grain != kind and kind not in FINE_LEVELS[:1]:
            rows, _above = reader._places(grain, self.env["political.zone"])
            groups = reader._ancestors(rows, kind)
        turnout = reader._turnouts(election, rows)
        votes = reader._votes(election, blocs, rows, candidacies)
        if groups is not None:
            votes[np.isnan(turnout[:, 2])] = np.nan
            turnout, votes = summed(turnout, groups, places), summed(votes, groups, places)
        return turnout, votes

    @api.model
    def _wanted(self, params):
        if params is None:
            return self.env["political.bloc"], None
        if params.get("candidacy_id"):
            return None, self._named(params, "candidacy_id")
        if params.get("bloc_id"):
            return self._named(params, "bloc_id"), None
        return self._blocs(), None

    @api.model
    def _cells(self, counts, above):
        """Places whose figures are too few to show, and those that would give them away (R-50)."""
        smallest = self.env["political.place.figures"]._smallest()
        told = np.where(np.isnan(counts), smallest, counts)
        return scoring.hidden(told, above, smallest)

    @api.model
    def _share(self, places, above, kind, election, params):
        turnout, votes = self._counted(places, kind, election, params)
        hidden = self._cells(turnout[:, 2], above)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = 100 * votes[:, 0] / np.where(turnout[:, 2] > 0, turnout[:, 2], np.nan)
        return np.where(hidden, np.nan, share), hidden

    def _measure_result(self, places, above, kind, params):
        self._one_column(params)
        election = self._named(params, "election_id")
        share, hidden = self._share(places, above, kind, election, params)
        return {"values": share, "hidden": hidden}

    def _measure_swing(self, places, above, kind, params):
        # Candidacies differ from ballot to ballot: only a bloc can be followed.
        params.pop("candidacy_id", None)
        self._one_column(params)
        now, hidden = self._share(places, above, kind, self._named(params, "election_id"), params)
        before, hidden_too = self._share(
            places, above, kind, self._named(params, "previous_id"), params
        )
        return {
            "values": now - before,
            "hidden": hidden | hidden_too,
            "unit": self.env._("points"),
            "diverging": True,
        }

    def _one_column(self, params):
        if not params.get("candidacy_id"):
            self._named(params, "bloc_id")

    def _turnout(self, places, above, kind, election):
        turnout, _votes = self._counted(places, kind, election)
        hidden = self._cells(turnout[:, 0], above)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = 100 * turnout[:, 1] / np.where(turnout[:, 0] > 0, turnout[:, 0], np.nan)
        return np.where(hidden, np.nan, share), hidden

    def _measure_turnout(self, places, above, kind, params):
        share, hidden = self._turnout(places, above, kind, self._named(params, "election_id"))
        return {"values": share, "hidden": hidden}

    def _measure_turnout_swing(self, places, above, kind, params):
        now, hidden = self._turnout(places, above, kind, self._named(params, "election_id"))
        before, too = self._turnout(places, above, kind, self._named(params, "previous_id"))
        return {
            "values": now - before,
            "hidden": hidden | too,
            "unit": self.env._("points"),
            "diverging": True,
        }

    def _measure_leader(self, places, above, kind, params):
        """The bloc that came first: its id as the value."""
        election = self._named(params, "election_id")
        turnout, votes = self._counted(places, kind, election, {})
        blocs = self._blocs()
        hidden = self._cells(turnout[:, 2], above)
        if not blocs:
            return {"values": np.full(len(places), np.nan), "unit": ""}
        votes = np.nan_to_num(votes)
        leader = np.array(blocs.ids, float)[votes.argmax(axis=1)]
        return {
            "values": np.where(hidden | (votes.sum(axis=1) == 0), np.nan, leader),
            "hidden": hidden,
            "unit": "",
        }

    def _measure_indicator(self, places, above, kind, params):
        indicator = self._named(params, "indicator_id")
        reader = self.env["political.place.figures"]
        return {"values": reader._indicator(indicator, places), "unit": indicator.unit or ""}

    def _measure_score(self, places, above, kind, params):
        plan = self._named(params, "plan_id")
        scores = self.env["political.target.score"]
        scores.flush_model()
        self.env.cr.execute(
            "SELECT station_id, score, score_low, score_high, registered, hidden::int"
            "  FROM political_target_score WHERE plan_id = %s ORDER BY station_id",
            [plan.id],
        )
        rows = np.array(self.env.cr.fetchall(), dtype=float).reshape(-1, 6)
        return self._of_stations(places, kind, rows)

    def _measure_support(self, places, above, kind, params):
        one = self._named(params, "forecast_id")
        bloc = self.env["political.bloc"]
        if params.get("bloc_id"):
            bloc = self._named(params, "bloc_id")
        reader = self.env["political.place.figures"]
        stations, _above = reader._places("station", one.zone_id)
        last = one.election_ids.sorted("date")[-1:]
        registered = reader._turnouts(last, stations)[:, :1]
        shares = 100 * one._shares(bloc, stations)
        unknown = np.isnan(shares[:, :1])
        rows = np.column_stack([stations, shares, registered, unknown])
        return {**self._of_stations(places, kind, rows), "unit": "%"}

    def _of_stations(self, places, kind, rows):
        """Figures of stations at a level: their own, or their mean weighted by registered voters.

        :param rows: array of station, value, low, high, registered, hidden
        """
        table = np.full((len(places), 4), np.nan)
        stations = rows[:, 0].astype(np.int64)
        if kind == "station" and len(places):
            at = np.minimum(np.searchsorted(places, stations), len(places) - 1)
            there = places[at] == stations
            table[at[there]] = rows[there][:, [1, 2, 3, 5]]
            bounds = [
                None if low != low else [round(low, 1), round(high, 1)]
                for low, high in table[:, 1:3].tolist()
            ]
            return {
                "values": table[:, 0],
                "bounds": bounds,
                "hidden": (table[:, 3] == 1) & np.isnan(table[:, 0]),
                "unit": "/ 100",
            }
        reader = self.env["political.place.figures"]
        groups = reader._ancestors(stations, kind) if len(stations) else stations
        known = ~np.isnan(rows[:, 1])
        weight = np.where(known, np.nan_to_num(rows[:, 4]), np.nan)
        sums = summed(np.column_stack([rows[:, 1] * weight, weight]), groups, places)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"values": sums[:, 0] / sums[:, 1], "unit": "/ 100"}

    # ------------------------------------------------------------------
    # Contours
    # ------------------------------------------------------------------

    @api.model
    def _shapes(self, scope, kind):
        """Address of the contours, which holds their version, and how many places have none."""
        version, undrawn = self._version(scope, kind)
        return {
            "contours": f"/political/map/contours/{scope.id}/{kind}/{version}",
            "undrawn": undrawn,
        }

    @api.model
    def _version(self, scope, kind):
        """A text that changes whenever a contour does, and how many places have none."""
        reader = self.env["political.place.figures"]
        self.env["political.zone"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT COUNT(z.contour), COUNT(*), SUM(hashtext(z.contour || z.id)::bigint)"
                "  FROM political_zone z WHERE z.kind = %s AND z.active AND %s",
                kind,
                reader._sql_scope(scope),
            )
        )
        drawn, number, *rest = self.env.cr.fetchone()
        text = "-".join(map(str, (light_contours.UNIT, drawn, *rest)))
        return hashlib.sha256(text.encode()).hexdigest()[:16], number - drawn

    @api.model
    def _contours(self, scope, kind):
        """The contours of the places of a kind as gzipped JSON, made once per version.

        :return: bytes
        """
        self._check_reader()
        version, _undrawn = self._version(scope, kind)
        prefix = f"political_map/{scope.id}/{kind}/"
        attachments = self.env["ir.attachment"].sudo()
        kept = attachments.search(
            [("name", "=", prefix + version), ("res_model", "=", False)], limit=1
        )
        if kept:
            return kept.raw
        reader = self.env["political.place.figures"]
        self.env.cr.execute(
            SQL(
                "SELECT z.id, z.contour FROM political_zone z"
                " WHERE z.kind = %s AND z.active AND z.contour IS NOT NULL AND %s ORDER BY z.id"
                " LIMIT %s",
                kind,
                reader._sql_scope(scope),
                MOST_SHAPES,
            )
        )
        made = gzip.compress(light_contours.payload(self.env.cr.fetchall(), kind).encode(), mtime=0)
        attachments.search([("name", "=like", prefix + "%"), ("res_model", "=", False)]).unlink()
        attachments.create(
            {"name": prefix + version, "raw": made, "mimetype": "application/octet-stream"}
        )
        return made


def _numbers(values):
    """Numbers for JSON, None for what is not known."""
    return [None if value != value else round(value, 2) for value in values.tolist()]
