from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..lib.scoring import Criterion, share_error

KINDS = [
    ("result", "Result of a bloc"),
    ("turnout", "Turnout"),
    ("swing", "Change of a bloc's result"),
    ("turnout_gap", "Fall of turnout"),
    ("closeness", "Closeness to the strongest other bloc"),
    ("registered", "Number of registered voters"),
    ("second_round", "Second round by transfers"),
    ("free_voters", "Voters who can still be won in the second round"),
    ("support", "Forecast support"),
    ("forecast_turnout", "Forecast turnout"),
    ("indicator", "Indicator"),
]
NEEDS = {
    "result": ("election_id", "bloc_id"),
    "turnout": ("election_id",),
    "swing": ("election_id", "previous_id", "bloc_id"),
    "turnout_gap": ("election_id", "previous_id"),
    "closeness": ("election_id", "bloc_id"),
    "registered": ("election_id",),
    "second_round": ("election_id",),
    "free_voters": ("election_id",),
    "support": ("forecast_id", "bloc_id"),
    "forecast_turnout": ("forecast_id",),
    "indicator": ("indicator_id",),
}


class PoliticalTargetCriterion(models.Model):
    """What a plan looks for in a place, and how much it counts."""

    _name = "political.target.criterion"
    _description = "Criterion of a target plan"
    _order = "plan_id, sequence, id"
    _rec_name = "kind"

    plan_id = fields.Many2one(
        "political.target.plan", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(KINDS, "What", required=True, default="result")
    election_id = fields.Many2one("political.election", "Ballot", ondelete="cascade")
    previous_id = fields.Many2one("political.election", "Compared with", ondelete="cascade")
    bloc_id = fields.Many2one("political.bloc", ondelete="cascade")
    indicator_id = fields.Many2one("political.indicator", ondelete="cascade")
    forecast_id = fields.Many2one("political.target.forecast", ondelete="cascade")
    weight = fields.Integer(
        default=10,
        required=True,
        help="How much this counts beside the others: 20 counts twice as much as 10, 0 not at all.",
    )
    direction = fields.Selection(
        [("more", "More is better"), ("less", "Less is better")], required=True, default="more"
    )
    by_rank = fields.Boolean(
        help="Compare places by their rank rather than by the figure itself: one place far above "
        "all others then counts as the first, and no more."
    )

    _weight_range = models.Constraint(
        "CHECK (weight BETWEEN 0 AND 100)", "A weight lies between 0 and 100."
    )

    @api.depends("kind", "election_id", "previous_id", "bloc_id", "indicator_id", "forecast_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for criterion in self:
            parts = [criterion[name].display_name for name in reversed(NEEDS[criterion.kind])]
            criterion.display_name = ", ".join([kinds[criterion.kind], *filter(None, parts)])

    @api.constrains("kind", "election_id", "previous_id", "bloc_id", "indicator_id", "forecast_id")
    def _check_complete(self):
        for criterion in self:
            for name in NEEDS[criterion.kind]:
                if not criterion[name]:
                    raise ValidationError(
                        self.env._(
                            "The criterion “%(kind)s” needs the field “%(field)s”.",
                            kind=criterion.display_name,
                            field=criterion._fields[name]._description_string(self.env),
                        )
                    )

    @api.model
    def _needs(self, kind):
        """Fields without which a criterion of this kind says nothing.

        :return: tuple of str
        """
        return NEEDS[kind]

    def _scoring(self, figures):
        """The criterion as the arithmetic takes it.

        :param figures: PlanFigures
        :return: scoring.Criterion
        """
        values, errors = self._values(figures)
        return Criterion(values, errors, self.weight, self.direction == "less", self.by_rank)

    def _unit(self):
        """Unit of the values before they are brought to 0..100, for legends.

        :return: str
        """
        self.ensure_one()
        if self.kind == "indicator":
            return self.indicator_id.unit or ""
        if self.kind in ("swing", "turnout_gap", "closeness"):
            return self.env._("points")
        return "" if self.kind == "registered" else "%"

    def _values(self, figures):
        """Values and standard errors of the criterion, in the unit of ``_unit``.

        :param figures: PlanFigures, which reads each ballot once
        :return: tuple of two arrays over the stations
        """
        self.ensure_one()
        return getattr(self, f"_values_{self.kind}")(figures)

    def _values_result(self, figures):
        votes, valid = (
            figures.votes(self.election_id, self.bloc_id),
            figures.valid(self.election_id),
        )
        return 100 * votes / valid, 100 * share_error(votes, valid)

    def _values_turnout(self, figures):
        voters, registered = figures.voters(self.election_id), figures.registered(self.election_id)
        return 100 * voters / registered, 100 * share_error(voters, registered)

    def _values_swing(self, figures):
        now, error = self._values_result(figures)
        votes, valid = (
            figures.votes(self.previous_id, self.bloc_id),
            figures.valid(self.previous_id),
        )
        return now - 100 * votes / valid, _joined(error, 100 * share_error(votes, valid))

    def _values_turnout_gap(self, figures):
        now, error = self._values_turnout(figures)
        voters, registered = figures.voters(self.previous_id), figures.registered(self.previous_id)
        return 100 * voters / registered - now, _joined(
            error, 100 * share_error(voters, registered)
        )

    def _values_closeness(self, figures):
        valid = figures.valid(self.election_id)
        own, best = figures.against_best(self.election_id, self.bloc_id)
        gap = 100 * abs(own - best) / valid
        return 100 - gap, 100 * _joined(share_error(own, valid), share_error(best, valid))

    def _values_registered(self, figures):
        registered = figures.registered(self.election_id)
        return registered, 0 * registered

    def _values_second_round(self, figures):
        ours, theirs, _free = figures.second_round(self.election_id)
        return 100 * ours / (ours + theirs), 100 * share_error(ours, ours + theirs)

    def _values_free_voters(self, figures):
        _ours, _theirs, free = figures.second_round(self.election_id)
        registered = figures.registered(self.election_id)
        return 100 * free / registered, 100 * share_error(free, registered)

    def _values_support(self, figures):
        return figures.forecast(self.forecast_id, self.bloc_id)

    def _values_forecast_turnout(self, figures):
        return figures.forecast(self.forecast_id, self.env["political.bloc"])

    def _values_indicator(self, figures):
        values = figures.indicator(self.indicator_id)
        return values, 0 * values


def _joined(left, right):
    """Standard error of the difference of two independent figures."""
    return (left**2 + right**2) ** 0.5
