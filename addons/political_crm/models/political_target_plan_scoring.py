import numpy as np

from odoo import fields, models
from odoo.exceptions import UserError

from ..lib import scoring
from ..lib.copying import copy_lines
from .plan_figures import PlanFigures

# How each figure of a score is written for COPY.
SCORE_COLUMNS = {
    "plan_id": "%d",
    "station_id": "%d",
    "rank": "%d",
    "score": "%.4f",
    "score_low": "%.4f",
    "score_high": "%.4f",
    "known": "%.4f",
    "registered": "%d",
    "doors": "%d",
    "hours": "%.4f",
    "expected_contacts": "%d",
    "selected": "%s",
    "hidden": "%s",
}


class PoliticalTargetPlan(models.Model):
    """A plan's scores: reckoned, stored, kept for the field, and given to the sliders."""

    _inherit = "political.target.plan"

    def action_score(self):
        """Score the stations of each plan: one ``political.target.score`` per station.

        Scores lie between 0 and 100; ``hours`` are hours, ``doors`` and ``expected_contacts``
        counts. What was kept by hand stays kept, unless the plan has hours at hand.

        :returns: True
        :raises UserError: when the plan has no criterion that counts, or its place no station
        :raises AccessError: when the plan is not yours to write
        """
        self.check_access("write")
        for plan in self:
            plan._score()
        return True

    def _score(self):
        self.ensure_one()
        criteria = self._weighty_criteria()
        figures = PlanFigures(self)
        found = scoring.score([criterion._scoring(figures) for criterion in criteria])
        # What is hidden is hidden before anything else is done with it.
        hidden = figures.hidden(figures.reader._smallest())
        score = np.where(hidden, np.nan, found.score)
        electors = figures.electors()
        doors = self._doors(figures.places, electors)
        hours = doors * self.door_minutes / 60
        order = scoring.order(score, electors)
        if self.hours_budget:
            known = order[~np.isnan(score[order])]
            selected = scoring.within_budget(hours, known, self.hours_budget)
        else:
            selected = np.isin(figures.places, self._kept())
        rank = np.empty(len(order), int)
        rank[order] = np.arange(1, len(order) + 1)
        self._store(
            {
                "station_id": figures.places,
                "rank": rank,
                "score": score,
                "score_low": np.where(hidden, np.nan, found.low),
                "score_high": np.where(hidden, np.nan, found.high),
                "known": np.where(hidden, 0, found.known),
                "registered": electors,
                "doors": doors,
                "hours": hours,
                "expected_contacts": np.rint(doors * self.contact_rate / 100),
                "selected": selected,
                "hidden": hidden,
            }
        )
        self.write({"scored_at": fields.Datetime.now(), "scales": _scales(criteria, found)})

    def _weighty_criteria(self):
        criteria = self.criterion_ids.filtered("weight")
        if not criteria:
            raise UserError(
                self.env._(
                    "%(plan)s has no criterion that counts. Choose an aim and fill in its "
                    "criteria, or add one with a weight.",
                    plan=self.name,
                )
            )
        return criteria

    def _doors(self, places, electors):
        """Doors per station: counted in the field where they were, else from registered voters."""
        counted = self._counted_doors()
        guessed = np.rint(electors / self.door_electors)
        if not counted:
            return guessed
        known = np.array([counted.get(place, 0) for place in places.tolist()], float)
        return np.where(known > 0, known, guessed)

    def _counted_doors(self):
        """Doors that the field has counted; addons that know of doors extend this.

        :return: dict of int by id of the station
        """
        return {}

    def _kept(self):
        """Stations that were kept by hand before the score is made anew."""
        kept = self.env["political.target.score"].search(
            [("plan_id", "=", self.id), ("selected", "=", True)]
        )
        return kept.station_id.ids

    def _store(self, columns):
        """Replace the plan's scores, by COPY: a row of the ORM each would take minutes."""
        self.env["political.target.score"].flush_model()
        self.env.cr.execute("DELETE FROM political_target_score WHERE plan_id = %s", [self.id])
        columns = {"plan_id": np.full(len(columns["rank"]), self.id), **columns}
        rows = zip(*(columns[name].tolist() for name in SCORE_COLUMNS), strict=True)
        lines = "\n".join(map("\t".join(SCORE_COLUMNS.values()).__mod__, rows))
        # What is not known is NaN in the arrays.
        copy_lines(
            self.env.cr, "political_target_score", SCORE_COLUMNS, lines.replace("nan", "\\N")
        )
        self.env["political.target.score"].invalidate_model()
        self.invalidate_recordset()

    def live_figures(self):
        """What the sliders need to rank the stations on the spot, without a call per move.

        :returns: dict: ``criteria`` (id, name, weight, unit, scale), ``stations`` (id, name, doors,
            hours, selected), ``parts`` and ``errors``: a list per criterion of whole numbers, in
            thousandths, -1 where not known, for each station; hidden stations are left out
        :raises UserError: when the plan has no criterion or its place no station
        """
        self.ensure_one()
        self.check_access("read")
        figures = PlanFigures(self)
        criteria = self.criterion_ids
        if not criteria:
            self._weighty_criteria()
        found = [scoring.normalise(criterion._scoring(figures)) for criterion in criteria]
        shown = ~figures.hidden(figures.reader._smallest())
        electors = figures.electors()
        doors = self._doors(figures.places, electors)
        places = figures.places[shown]
        names = {
            zone.id: zone.display_name
            for zone in self.env["political.zone"].browse(places.tolist())
        }
        kept = set(self._kept())
        return {
            "criteria": [
                {
                    "id": criterion.id,
                    "name": criterion.display_name,
                    "weight": criterion.weight,
                    "unit": criterion._unit(),
                    "scale": [round(bound, 2) for bound in scale],
                }
                for criterion, (_part, _error, scale) in zip(criteria, found, strict=True)
            ],
            "stations": [
                {"id": place, "name": names[place], "doors": count, "selected": place in kept}
                for place, count in zip(
                    places.tolist(), doors[shown].astype(int).tolist(), strict=True
                )
            ],
            "parts": [_thousandths(part[shown]) for part, _error, _scale in found],
            "errors": [_thousandths(error[shown]) for _part, error, _scale in found],
            "electors": electors[shown].astype(int).tolist(),
            "hidden": int((~shown).sum()),
            "door_minutes": self.door_minutes,
            "contact_rate": self.contact_rate,
            "hours_budget": self.hours_budget,
        }

    def save_weights(self, weights):
        """Keep the sliders' weights, and score.

        :param weights: dict of weight (0..100) by the criterion's id, as text or number
        :returns: True
        """
        self.ensure_one()
        self.check_access("write")
        for criterion in self.criterion_ids:
            if str(criterion.id) in weights:
                criterion.weight = int(weights[str(criterion.id)])
        return self.action_score()

    def keep_stations(self, station_ids, selected=True):
        """Keep stations of the plan for the field, or let them go.

        :param station_ids: list of ids of ``political.zone``
        :returns: int, how many stations the plan keeps now
        :raises UserError: when the plan was not scored yet
        """
        self.ensure_one()
        self.check_access("write")
        scores = self.env["political.target.score"].search(
            [("plan_id", "=", self.id), ("station_id", "in", station_ids)]
        )
        if not scores:
            raise UserError(
                self.env._("Score the plan first: none of these stations is in it yet.")
            )
        scores.sudo().selected = selected
        return self.selected_count


def _scales(criteria, found):
    """What each criterion counts as 0 and as 1, for the page that tells the method."""
    return [
        {"id": criterion.id, "low": round(low, 2), "high": round(high, 2)}
        for criterion, (low, high) in zip(criteria, found.scales, strict=True)
    ]


def _thousandths(values):
    return np.rint(np.nan_to_num(1000 * values, nan=-1.0)).astype(int).tolist()
