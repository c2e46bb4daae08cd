import random

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import effect


class CanvassArm(models.Model):
    """A polling station that was drawn to be knocked at or to be left alone, before anybody went.

    About a place; who lives there is nowhere in it.
    """

    _name = "canvass.arm"
    _description = "Station of an experiment"
    _order = "operation_id, is_held, station_id"
    _rec_name = "station_id"

    operation_id = fields.Many2one(
        "canvass.operation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="operation_id.company_id", store=True, index=True)
    branch_id = fields.Many2one(related="operation_id.branch_id", store=True, index=True)
    station_id = fields.Many2one(
        "political.zone", "Polling station", required=True, readonly=True, ondelete="restrict"
    )
    is_held = fields.Boolean("Left alone", readonly=True)
    door_count = fields.Integer("Doors", readonly=True)

    _station_once = models.Constraint(
        "UNIQUE (operation_id, station_id)", "A station is drawn once in an operation."
    )


class CanvassOperation(models.Model):
    """Some stations are left alone at random; after the ballot the two arms are compared."""

    _inherit = "canvass.operation"

    holdout_percent = fields.Integer(
        "Stations left alone (%)",
        help="Drawn at random when the area is cut: their doors go into no turf, so that the "
        "effect of knocking can be told after the ballot. 0: none.",
    )
    arm_ids = fields.One2many("canvass.arm", "operation_id", "Drawn stations", readonly=True)
    effect_election_id = fields.Many2one("political.election", "Ballot", ondelete="set null")
    effect_before_id = fields.Many2one(
        "political.election",
        "Ballot before",
        ondelete="set null",
        help="Compared as the change since then; without it, as the figures themselves.",
    )
    effect_bloc_id = fields.Many2one(
        "political.bloc",
        "Votes for",
        ondelete="set null",
        help="Empty: turnout.",
    )
    effect_found = fields.Json(groups=fields.NO_ACCESS, copy=False)
    effect_report = fields.Text(compute="_compute_effect_report")

    _holdout = models.Constraint(
        "CHECK (holdout_percent BETWEEN 0 AND 50)", "At most half of the stations are left alone."
    )

    @api.depends("effect_found")
    @api.depends_context("lang")
    def _compute_effect_report(self):
        for operation in self:
            found = operation.sudo().effect_found
            operation.effect_report = found and operation._effect_sentence(**found)

    def _free_rows(self, outline=None, drafts_too=True):
        """Doors of stations that were drawn to be left alone go into no turf."""
        rows = super()._free_rows(outline, drafts_too)
        held = {arm.station_id.id for arm in self.sudo().arm_ids if arm.is_held}
        return [row for row in rows if row["station"] not in held] if held else rows

    def _cut_area(self):
        if self.holdout_percent and not self.sudo().arm_ids:
            self._draw_arms()
        return super()._cut_area()

    def _draw_arms(self):
        """Draw the stations to leave alone, once: a new cut does not draw again."""
        doors = {}
        for row in self._free_rows():
            if row["station"]:
                doors[row["station"]] = doors.get(row["station"], 0) + 1
        held = max(effect.FEWEST, round(len(doors) * self.holdout_percent / 100))
        if len(doors) < held + effect.FEWEST:
            raise UserError(
                self.env._(
                    "Too few polling stations to leave some alone: %(count)s with doors in the "
                    "area, four at least are needed. Addresses need their polling station.",
                    count=len(doors),
                )
            )
        drawn = set(random.SystemRandom().sample(sorted(doors), held))
        self.env["canvass.arm"].sudo().create(
            [
                {
                    "operation_id": self.id,
                    "station_id": station,
                    "is_held": station in drawn,
                    "door_count": count,
                }
                for station, count in sorted(doors.items())
            ]
        )

    def action_effect(self):
        """Compare the two arms after the ballot and write what was found.

        :raises UserError: without a draw, a ballot, or results of two stations in each arm
        """
        self.ensure_one()
        self.check_access("write")
        arms = self.arm_ids
        if not arms or not self.effect_election_id:
            raise UserError(
                self.env._(
                    "Choose the ballot. Stations must have been left alone when the area was cut."
                )
            )
        figures = self._effect_figures(arms.station_id)
        knocked, left = (
            [
                figures[arm.station_id.id]
                for arm in arms
                if arm.is_held == held and arm.station_id.id in figures
            ]
            for held in (False, True)
        )
        try:
            found = effect.difference(knocked, left, seed=self.id)
        except ValueError as error:
            raise UserError(
                self.env._(
                    "The results of this ballot are known for fewer than two stations of an arm: "
                    "load them by polling station first."
                )
            ) from error
        self.sudo().effect_found = {
            "bloc": self.effect_bloc_id.name or "",
            "difference": f"{found.difference:+.2f}",
            "low": f"{found.low:+.2f}",
            "high": f"{found.high:+.2f}",
            "knocked": found.knocked,
            "left": found.left,
            "chance": round(100 * found.chance, 1),
        }

    def _effect_figures(self, stations):
        """``{station id: points}``: the figure, or its change since the ballot before."""
        now = self._station_figures(self.effect_election_id, stations)
        if not self.effect_before_id:
            return now
        before = self._station_figures(self.effect_before_id, stations)
        return {station: now[station] - before[station] for station in now if station in before}

    def _station_figures(self, election, stations):
        """Percent of the registered who voted, or of valid votes for the bloc, by station."""
        for model in ("political.turnout", "political.result", "political.candidacy"):
            self.env[model].flush_model()
        if not self.effect_bloc_id:
            query = SQL(
                "SELECT zone_id, 100.0 * voters / registered FROM political_turnout "
                "WHERE election_id = %s AND zone_id = ANY(%s) AND registered > 0",
                election.id,
                stations.ids,
            )
        else:
            query = SQL(
                """
                SELECT t.zone_id, 100.0 * coalesce(sum(r.votes), 0) / t.valid
                  FROM political_turnout t
                  LEFT JOIN (political_result r JOIN political_candidacy c
                             ON c.id = r.candidacy_id AND c.bloc_id = %(bloc)s)
                    ON r.zone_id = t.zone_id AND c.election_id = t.election_id
                 WHERE t.election_id = %(election)s AND t.zone_id = ANY(%(stations)s)
                   AND t.valid > 0
                 GROUP BY t.zone_id, t.valid
                """,
                bloc=self.effect_bloc_id.id,
                election=election.id,
                stations=stations.ids,
            )
        self.env.cr.execute(query)
        return {station: float(figure) for station, figure in self.env.cr.fetchall()}

    @api.model
    def _effect_sentence(self, bloc, **figures):
        what = self.env._("votes for %(bloc)s", bloc=bloc) if bloc else self.env._("turnout")
        return self.env._(
            "Difference in %(what)s: %(difference)s points (95 %% interval %(low)s to %(high)s), "
            "%(knocked)s stations knocked at, %(left)s left alone. A draw by chance differs as "
            "much in %(chance)s %% of cases.",
            what=what,
            **figures,
        )
