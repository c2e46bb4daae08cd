import numpy as np

from odoo.exceptions import UserError

from ..lib import scoring


class PlanFigures:
    """The figures that a plan's criteria ask for; each ballot is read once, and no more of its
    votes than they ask for.

    :ivar places: ids of the plan's stations in ascending order
    :ivar above: id of the commune of each
    """

    def __init__(self, plan):
        self.plan = plan
        self.reader = plan.env["political.place.figures"]
        self.blocs = plan.env["political.bloc"].search([("active", "=", True)])
        self.places, self.above = self.reader._places("station", plan.zone_id)
        if not len(self.places):
            raise UserError(
                plan.env._(
                    "There is no polling station in %(place)s. Load the places first, or choose "
                    "another place.",
                    place=plan.zone_id.display_name,
                )
            )
        self._turnouts = {}
        self._votes = {}
        self._forecasts = {}

    def _turnout(self, election):
        if election not in self._turnouts:
            self._turnouts[election] = self.reader._turnouts(election, self.places)
        return self._turnouts[election]

    def _votes_of(self, election, blocs):
        self._turnout(election)  # which says whether they may be shown
        key = (election, blocs)
        if key not in self._votes:
            self._votes[key] = self.reader._votes(election, blocs, self.places)
        return self._votes[key]

    def registered(self, election):
        return self._positive(self._turnout(election)[:, 0])

    def voters(self, election):
        return self._turnout(election)[:, 1]

    def valid(self, election):
        return self._positive(self._turnout(election)[:, 2])

    def votes(self, election, bloc):
        return self._votes_of(election, bloc)[:, 0]

    def against_best(self, election, bloc):
        """Votes of a bloc, and those of the strongest other one in each station."""
        votes = self._votes_of(election, self.blocs)
        own = self.blocs.ids.index(bloc.id)
        others = np.delete(votes, own, axis=1)
        best = others.max(axis=1) if others.shape[1] else np.zeros(len(votes))
        return votes[:, own], best

    def second_round(self, election):
        """Votes for us, for the opponent, and still to be won, by the plan's transfers."""
        turnout, votes = self._turnout(election), self._votes_of(election, self.blocs)
        lines = {line.bloc_id: line for line in self.plan.transfer_ids}
        shares = [
            (lines[bloc].to_us / 100, lines[bloc].to_rival / 100) if bloc in lines else (0, 0)
            for bloc in (*self.blocs, self.plan.env["political.bloc"])
        ]
        abstentions = np.nan_to_num(turnout[:, 0] - turnout[:, 1])
        ours, theirs, free = scoring.second_round(votes, abstentions, np.array(shares, float))
        unknown = np.isnan(turnout[:, 0]) | (ours + theirs == 0)
        return tuple(np.where(unknown, np.nan, counts) for counts in (ours, theirs, free))

    def indicator(self, indicator):
        return self.reader._indicator(indicator, self.places)

    def forecast(self, forecast, bloc):
        """Forecast shares in percent, with the standard error that their bar stands for."""
        key = (forecast, bloc)
        if key not in self._forecasts:
            self._forecasts[key] = forecast._shares(bloc, self.places)
        share, low, high = self._forecasts[key].T
        return 100 * share, 100 * (high - low) / (2 * scoring.Z80)

    def hidden(self, smallest):
        """Stations whose figures are not shown, by the smallest count of the ballots read (R-50).

        A station that is in none of them is not hidden: nothing of it is known.
        """
        counts = np.full(len(self.places), np.inf)
        for turnout in self._turnouts.values():
            counts = np.fmin(counts, turnout[:, 2])
        return scoring.hidden(np.where(np.isinf(counts), smallest, counts), self.above, smallest)

    def electors(self):
        """Registered voters: of the plan's ballot, else of another one that was read."""
        found = self._turnout(self.plan.election_id)[:, 0].copy()
        for turnout in self._turnouts.values():
            found = np.where(np.isnan(found), turnout[:, 0], found)
        return np.nan_to_num(found)

    @staticmethod
    def _positive(counts):
        return np.where(counts > 0, counts, np.nan)
