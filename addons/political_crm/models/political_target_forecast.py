import io

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..lib import backtest, forecast, scoring
from .political_place_figures import aligned

# All that a forecast or a score reads. A relation from here to a person is refused.
INPUT_MODELS = (
    "political.zone",
    "political.zone.link",
    "political.election",
    "political.nuance",
    "political.bloc",
    "political.candidacy",
    "political.turnout",
    "political.result",
    "political.indicator",
    "political.indicator.value",
    "political.target.criterion",
    "political.target.transfer",
    "political.target.score",
    "political.target.forecast.level",
    "political.target.forecast.value",
)
PERSON_MODELS = {
    "res.partner",
    "res.users",
    "crm.lead",
    "mailing.contact",
    "mailing.mailing",
    "consent.subject",
    "consent.state",
    "event.registration",
}
# Who typed a row in says nothing of the place.
AUTHORS = {"create_uid", "write_uid"}


class PoliticalTargetForecast(models.Model):
    """Support and turnout per station at a next ballot, from past ballots and indicators.

    The model is documented in ``lib/forecast.py`` and on the forecast's own page.
    """

    _name = "political.target.forecast"
    _description = "Forecast of a ballot"
    _order = "write_date desc, id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    zone_id = fields.Many2one(
        "political.zone",
        "Where",
        required=True,
        ondelete="restrict",
        domain=[("kind", "not in", ("station", "iris"))],
        help="The model learns from all stations of this place: take the country when its results "
        "are loaded.",
    )
    election_ids = fields.Many2many(
        "political.election",
        "political_target_forecast_election_rel",
        string="Past ballots",
        help="Two at least, in which all blocs stood. The model learns what one ballot says of "
        "another.",
    )
    duel_ids = fields.Many2many(
        "political.election",
        "political_target_forecast_duel_rel",
        string="Past second rounds",
        help="Ballots in which some blocs did not stand: they serve as indicators.",
    )
    bloc_ids = fields.Many2many(
        "political.bloc",
        "political_target_forecast_bloc_rel",
        string="Blocs",
        default=lambda self: self.env["political.bloc"].search([("active", "=", True)]),
    )
    indicator_ids = fields.Many2many(
        "political.indicator", "political_target_forecast_indicator_rel", string="Indicators"
    )
    level_ids = fields.One2many(
        "political.target.forecast.level",
        "forecast_id",
        "Assumed level",
        copy=True,
        help="What the whole place is expected to vote, from polls. Left empty, it votes as in the "
        "last ballot.",
    )
    turnout_level = fields.Float("Assumed turnout (%)", help="0: the turnout of the last ballot.")
    truth_id = fields.Many2one(
        "political.election",
        "Checked against",
        help="A later ballot that the model has not seen.",
    )
    value_ids = fields.One2many("political.target.forecast.value", "forecast_id", "Values")
    fitted_at = fields.Datetime("Computed on", readonly=True, copy=False)
    station_count = fields.Integer("Stations", readonly=True, copy=False)
    penalty = fields.Float(readonly=True, copy=False)
    checks = fields.Json(readonly=True, copy=False)
    effects = fields.Json(readonly=True, copy=False)
    backtest = fields.Json(readonly=True, copy=False)
    report = fields.Html(compute="_compute_report", sanitize=False)

    _turnout_range = models.Constraint(
        "CHECK (turnout_level BETWEEN 0 AND 100)", "A turnout lies between 0 and 100 %."
    )

    @api.constrains("election_ids", "duel_ids", "truth_id")
    def _check_no_leak(self):
        """What a forecast is checked against may not have taught it."""
        for one in self.filtered("truth_id"):
            seen = one.election_ids | one.duel_ids
            if one.truth_id in seen or any(past.date >= one.truth_id.date for past in seen):
                raise ValidationError(
                    self.env._(
                        "“%(truth)s” is not later than all ballots that the model learns from: "
                        "checking against it would prove nothing.",
                        truth=one.truth_id.name,
                    )
                )

    @api.depends("checks", "effects", "backtest", "penalty")
    def _compute_report(self):
        for one in self:
            one.report = one.fitted_at and self.env["ir.qweb"]._render(
                "political_crm.target_forecast_report",
                {
                    "forecast": one,
                    "targets": one._target_names(),
                    "labels": one._effect_labels(),
                    "method": self.env._(
                        "Ridge regression on the log-odds of the shares, penalty %(penalty)s, "
                        "chosen by cross-validation that keeps whole communes apart. Inputs are "
                        "results, turnout, second rounds and indicators of places; no column about "
                        "people can enter.",
                        penalty=one.penalty,
                    ),
                },
            )

    def _effect_labels(self):
        """What each line of the table of effects stands for.

        :return: list of str
        """
        turnout = self.env._("Turnout")

        def label(line):
            name = line["name"] or turnout
            return {
                "station": self.env._("In the station: %(name)s", name=name),
                "commune": self.env._("In the commune: %(name)s", name=name),
                "size": self.env._("Size of the commune"),
                "indicator": self.env._("Indicator: %(name)s", name=name),
            }[line["kind"]]

        return [label(line) for line in self.effects or []]

    def _target_names(self):
        return [*self.bloc_ids.mapped("name"), self.env._("Turnout")]

    # ------------------------------------------------------------------
    # No person in the model
    # ------------------------------------------------------------------

    @api.model
    def _person_columns(self):
        """Fields of the model's inputs that lead to a person.

        :return: list of str, "model.field"
        """
        return [
            f"{model}.{name}"
            for model in INPUT_MODELS
            for name, field in self.env[model]._fields.items()
            if name not in AUTHORS
            and (
                field.comodel_name in PERSON_MODELS
                or field.type in ("reference", "many2one_reference")
            )
        ]

    @api.model
    def _refuse_persons(self):
        found = self._person_columns()
        if found:
            raise ValidationError(
                self.env._(
                    "These fields tie figures of places to people: %(fields)s. Remove them: "
                    "results and scores never touch a person (R-75).",
                    fields=", ".join(found),
                )
            )

    # ------------------------------------------------------------------
    # Computing
    # ------------------------------------------------------------------

    def action_fit(self):
        """Learn from the past ballots and forecast each station.

        Values are shares from 0 to 1; their bar holds eight ballots in ten, if the assumed level
        comes true.

        :returns: True
        :raises UserError: when there are too few ballots or stations to learn from
        :raises ValidationError: when a field ties the inputs to people (R-75)
        """
        self.check_access("write")
        self._refuse_persons()
        for one in self:
            one._fit()
        return True

    def _fit(self):
        reader = self.env["political.place.figures"]
        places, above = reader._places("station", self.zone_id)
        past = self.election_ids.sorted(lambda election: (election.date, election.id))
        if len(past) < 2 or len(self.bloc_ids) < 2:
            raise UserError(
                self.env._(
                    "%(name)s needs two past ballots and two blocs at least: it learns what one "
                    "ballot says of another.",
                    name=self.name,
                )
            )
        ballots = [self._ballot(reader, election, places) for election in past]
        self._check_known(past, ballots)
        indicators, names = self._indicators(reader, places)
        model = forecast.Model(
            ballots, above, indicators, names=self.bloc_ids.mapped("name"), indicator_names=names
        )
        found = model.fit(self._level())
        known = ~np.isnan(np.stack([ballot.valid for ballot in ballots])).all(axis=0)
        counts = np.where(known, np.nan_to_num(ballots[-1].valid, nan=np.inf), 0)
        shown = ~scoring.hidden(counts, above, reader._smallest()) & known
        self._store(found, places, shown)
        self.write(
            {
                "fitted_at": fields.Datetime.now(),
                "station_count": int(shown.sum()),
                "penalty": found.penalty,
                "checks": found.checks,
                "effects": [
                    {"kind": kind, "name": name, "values": values.round(3).tolist()}
                    for (kind, name), values in found.effects
                ],
                "backtest": self._backtest(reader, places, ballots[-1], found),
            }
        )

    def _ballot(self, reader, election, places):
        turnout = reader._turnouts(election, places)
        votes = reader._votes(election, self.bloc_ids, places)
        votes[np.isnan(turnout[:, 2])] = np.nan
        # A station without a single vote says nothing, and would divide by nothing.
        empty = ~(turnout[:, 2] > 0)
        turnout[empty], votes[empty] = np.nan, np.nan
        return forecast.Ballot(turnout[:, 0], turnout[:, 1], turnout[:, 2], votes)

    def _check_known(self, past, ballots):
        for election, ballot in zip(past, ballots, strict=True):
            number = int((~np.isnan(ballot.valid)).sum())
            if number < 30:
                raise UserError(
                    self.env._(
                        "“%(ballot)s” has results for %(number)s stations of %(place)s: thirty at "
                        "least are needed to learn from.",
                        ballot=election.name,
                        number=number,
                        place=self.zone_id.display_name,
                    )
                )
            missing = np.nansum(ballot.votes, axis=0) == 0
            if missing.any():
                raise UserError(
                    self.env._(
                        "Nobody of “%(bloc)s” stood in “%(ballot)s”. Give its candidacies their "
                        "bloc, or count this ballot among the second rounds.",
                        bloc=self.bloc_ids[int(missing.argmax())].name,
                        ballot=election.name,
                    )
                )

    def _indicators(self, reader, places):
        """Indicators and second rounds as columns, with their names."""
        columns = [reader._indicator(indicator, places) for indicator in self.indicator_ids]
        names = self.indicator_ids.mapped("display_name")
        for duel in self.duel_ids:
            ballot = self._ballot(reader, duel, places)
            found = forecast.duel_of(ballot, ballot.voters - ballot.valid)
            columns += list(found.T)
            names += [f"{duel.name} ({n})" for n in range(1, found.shape[1] + 1)]
        return (np.column_stack(columns) if columns else None), names

    def _level(self):
        """The assumed level as the model takes it: blocs, then turnout; NaN where unsaid."""
        told = {line.bloc_id: line.share / 100 for line in self.level_ids}
        turnout = self.turnout_level / 100 or np.nan
        return np.array([*(told.get(bloc, np.nan) for bloc in self.bloc_ids), turnout])

    def _backtest(self, reader, places, last, found):
        """Errors against the later ballot, beside those of the naive guesses."""
        if not self.truth_id:
            return False
        truth = self._ballot(reader, self.truth_id, places)
        past_level = np.delete(forecast.level_of(last), -2)
        assumed = np.delete(found.level, -2)
        return backtest.compare(
            found.shares,
            (found.low, found.high),
            _shares(last),
            assumed - past_level,
            _shares(truth),
        )

    def _store(self, found, places, shown):
        self.env["political.target.forecast.value"].flush_model()
        self.env.cr.execute(
            "DELETE FROM political_target_forecast_value WHERE forecast_id = %s", [self.id]
        )
        blocs = [*map(str, self.bloc_ids.ids), "\\N"]
        lines = [
            f"{self.id}\t{place}\t{blocs[target]}\t{share:.5f}\t{low:.5f}\t{high:.5f}"
            for target in range(len(blocs))
            for place, share, low, high in zip(
                places[shown].tolist(),
                *(table[shown, target].tolist() for table in (found.shares, found.low, found.high)),
                strict=True,
            )
        ]
        self.env.cr.copy_expert(
            "COPY political_target_forecast_value (forecast_id, station_id, bloc_id, share, low,"
            " high) FROM STDIN",
            io.StringIO("\n".join(lines)),
        )
        self.env["political.target.forecast.value"].invalidate_model()
        self.invalidate_recordset()

    def _shares(self, bloc, places):
        """Forecast share and its bar for a bloc, or for turnout without one.

        :param places: array of ids in ascending order
        :return: array (places, 3), NaN where nothing was forecast
        """
        self.ensure_one()
        self.check_access("read")
        self.env["political.target.forecast.value"].flush_model()
        self.env.cr.execute(
            "SELECT station_id, share, low, high FROM political_target_forecast_value"
            " WHERE forecast_id = %s AND bloc_id IS NOT DISTINCT FROM %s",
            [self.id, bloc.id or None],
        )
        return aligned(self.env.cr.fetchall(), places, 3)

    def action_level_from_last(self):
        """Write the last ballot's level into the assumptions, to start from."""
        self.check_access("write")
        reader = self.env["political.place.figures"]
        for one in self:
            last = one.election_ids.sorted("date")[-1:]
            places, _above = reader._places("station", one.zone_id)
            level = 100 * np.delete(forecast.level_of(one._ballot(reader, last, places)), -2)
            one.level_ids = [
                Command.clear(),
                *(
                    Command.create({"bloc_id": bloc.id, "share": round(share, 1)})
                    for bloc, share in zip(one.bloc_ids, level, strict=False)
                ),
            ]
            one.turnout_level = round(level[-1], 1)

    def action_values(self):
        """Open the forecast's stations; returns a window action (dict)."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "political_crm.action_target_forecast_value"
        )
        action["domain"] = [("forecast_id", "=", self.id)]
        action["name"] = self.name
        return action


def _shares(ballot):
    """Shares of the blocs and turnout, 0..1."""
    return np.column_stack(
        [ballot.votes / ballot.valid[:, None], (ballot.voters / ballot.registered)[:, None]]
    )
