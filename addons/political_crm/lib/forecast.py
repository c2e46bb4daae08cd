"""Support and turnout per station for a next ballot, from past ballots and indicators.

The model, in the order of the code:

1. Each past ballot gives each station a *lean* per bloc and for turnout: the log-odds of its share
   less those of the whole territory. Ten votes at the territory's share are added to each station,
   so that a station of thirty voters is not taken at its word.
2. What a next ballot keeps of the leans is learned from the past: each past ballot in turn is held
   out and explained, by a ridge regression weighted by registered voters, from the mean leans of
   the other ballots in the station and in its commune, the size of the commune and the indicators.
3. The forecast applies this to the mean leans of all past ballots, then moves the whole so that the
   territory's totals are those of the assumed level (a poll, or the last ballot).
4. Penalty, errors and bars come from cross-validation that keeps whole communes apart: a commune's
   stations resemble each other, and would answer for one another otherwise.

Rows are places; nothing here can hold a person (R-75).
"""

from dataclasses import dataclass, field

import numpy as np

from .scoring import ranks

PRIOR = 10.0
FOLDS = 5
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
SIZES = 5
BAR = (0.1, 0.9)


@dataclass
class Ballot:
    """A past ballot, rows aligned on the stations; NaN where a station was not found.

    :ivar votes: array (stations, blocs)
    """

    registered: np.ndarray
    voters: np.ndarray
    valid: np.ndarray
    votes: np.ndarray


@dataclass
class Forecast:
    """Shares 0..1 per station: one column a bloc, then turnout, with the bounds of an 80 % bar.

    :ivar level: shares of the whole territory that were assumed: blocs, all others, turnout
    :ivar effects: list of (name of the feature, array per target): change of the target's log-odds
        for one standard deviation of the feature
    :ivar checks: list of dict per target: ``error`` and ``naive`` in points, ``rank`` and
        ``naive_rank`` as correlations, ``covered`` the share of held-out stations inside their bar
    """

    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: np.ndarray
    penalty: float
    effects: list = field(default_factory=list)
    checks: list = field(default_factory=list)


def logit(share):
    share = np.clip(share, 1e-6, 1 - 1e-6)
    return np.log(share / (1 - share))


def expit(odds):
    return 1 / (1 + np.exp(-odds))


def shares_of(ballot):
    """Shares per station: one column a bloc, all others together, turnout.

    :param Ballot ballot:
    :return: tuple of arrays: (counts, sizes), each (stations, blocs + 2)
    """
    other = np.clip(ballot.valid - ballot.votes.sum(axis=1), 0, None)
    counts = np.column_stack([ballot.votes, other, ballot.voters])
    valid = np.repeat(ballot.valid[:, None], ballot.votes.shape[1] + 1, axis=1)
    return counts, np.column_stack([valid, ballot.registered])


def level_of(ballot):
    """A ballot's shares over the whole territory: blocs, all others, turnout.

    :param Ballot ballot:
    :return: array (blocs + 2,)
    """
    counts, sizes = shares_of(ballot)
    return np.nansum(counts, axis=0) / np.maximum(np.nansum(sizes, axis=0), 1)


def leans_of(ballot):
    """Log-odds of each station's shares less the territory's (step 1).

    :param Ballot ballot:
    :return: array (stations, blocs + 2), NaN where the ballot has no row
    """
    counts, sizes = shares_of(ballot)
    level = np.clip(level_of(ballot), 1e-4, 1 - 1e-4)
    return logit((counts + PRIOR * level) / (sizes + PRIOR)) - logit(level)


def duel_of(ballot, unmarked=None):
    """What a second round says of a station, as indicators: leans of the blocs that were in it,
    of turnout and of blank and spoiled votes.

    A duel cannot be a ballot of the model, since the blocs that were out of it did not lose their
    voters.

    :param Ballot ballot: columns of blocs that did not stand are zero
    :param unmarked: array of blank and spoiled votes per station
    :return: array (stations, indicators)
    """
    leans = leans_of(ballot)
    stood = np.flatnonzero(np.nansum(ballot.votes, axis=0) > 0)
    # With two blocs, one column says it all.
    columns = [leans[:, n] for n in (stood[:-1] if len(stood) > 1 else stood)] + [leans[:, -1]]
    if unmarked is not None:
        share = np.nansum(unmarked) / max(np.nansum(ballot.voters), 1)
        own = (unmarked + PRIOR * share) / (ballot.voters + PRIOR)
        columns.append(logit(own) - logit(share))
    return np.column_stack(columns)


class Model:
    """Stations, past ballots and indicators, ready to be fitted.

    :param list ballots: of Ballot, the oldest first; two at least
    :param communes: array of int per station
    :param indicators: array (stations, indicators), NaN where not known
    :param list names: names of the blocs
    :param list indicator_names: names of the indicators
    """

    def __init__(self, ballots, communes, indicators=None, names=(), indicator_names=()):
        if len(ballots) < 2:
            raise ValueError("a forecast learns from two past ballots at least")
        self.ballots = ballots
        _codes, self.communes = np.unique(communes, return_inverse=True)
        self.targets = ballots[0].votes.shape[1] + 2
        self.leans = [leans_of(ballot) for ballot in ballots]
        self.weights = self._sizes()
        self.places = self._places(indicators)
        self.features = (
            [("station", name) for name in names]
            + [("commune", name) for name in names]
            + [("size", "")]
            + [("indicator", name) for name in indicator_names]
        )

    def _sizes(self):
        registered = np.stack([ballot.registered for ballot in self.ballots])
        known = ~np.isnan(registered)
        last = np.zeros(registered.shape[1])
        for row, there in zip(registered, known, strict=True):
            last[there] = row[there]
        return np.maximum(last, 1.0)

    def _places(self, indicators):
        """What does not change from ballot to ballot: size of the commune, indicators; each
        brought to mean 0 and deviation 1, the unknown to the mean."""
        columns = [np.log(np.bincount(self.communes, self.weights))[self.communes]]
        columns += list(indicators.T) if indicators is not None else []
        return np.column_stack([self._standard(column) for column in columns])

    def _standard(self, column):
        known = ~np.isnan(column)
        if not known.any():
            return np.zeros(len(column))
        mean = np.average(column[known], weights=self.weights[known])
        spread = np.sqrt(np.average((column[known] - mean) ** 2, weights=self.weights[known]))
        return np.where(known, column - mean, 0) / (spread or 1.0)

    def _by_commune(self, values):
        """Means by commune, weighted by size, NaN left out; 0 where nothing is known."""
        number = self.communes.max() + 1
        columns = []
        for column in values.T:
            known = ~np.isnan(column)
            weights = np.where(known, self.weights, 0)
            sums = np.bincount(self.communes, np.where(known, column, 0) * weights, number)
            columns.append(sums / np.maximum(np.bincount(self.communes, weights, number), 1e-9))
        return np.column_stack(columns)[self.communes]

    def design(self, leans):
        """The features: mean leans of some ballots, in the station and in its commune; places.

        :param list leans: arrays of ``leans_of``
        :return: array (stations, features)
        """
        stacked = np.stack(leans)
        known = ~np.isnan(stacked)
        number = known.sum(axis=0)
        mean = np.where(known, stacked, 0).sum(axis=0) / np.maximum(number, 1)
        mean[number == 0] = np.nan
        commune = self._by_commune(mean)
        return np.column_stack([np.where(np.isnan(mean), commune, mean), commune, self.places])

    def held_out(self):
        """Step 2's rows: each ballot explained from the others.

        :return: tuple of arrays (features, leans, weights, row of the station, number of ballot)
        """
        parts = []
        for held, target in enumerate(self.leans):
            features = self.design([lean for n, lean in enumerate(self.leans) if n != held])
            rows = np.flatnonzero(~np.isnan(target).any(axis=1))
            parts.append(
                (features[rows], target[rows], self.weights[rows], rows, np.full(len(rows), held))
            )
        return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))

    def fit(self, level=None):
        """Forecast of a next ballot.

        :param level: array (blocs + 1,): assumed shares of the territory, then turnout, 0..1, NaN
            where the last ballot's holds
        :return: Forecast
        """
        features, leans, weights, rows, held = self.held_out()
        folds = self._folds()[rows]
        penalty, guessed = self._choose(features, leans, weights, folds)
        coefficients = ridge(features, leans, weights, penalty)
        wanted = level_of(self.ballots[-1])
        if level is not None:
            wanted = self._complete(level, wanted)
        lean = self.design(self.leans) @ coefficients
        residuals = leans - guessed
        low, high = self._bars(residuals, rows)
        found = Forecast(
            shares=self._calibrate(lean, wanted),
            low=self._calibrate(lean, wanted, low),
            high=self._calibrate(lean, wanted, high),
            level=wanted,
            penalty=penalty,
        )
        found.checks = self._checks(guessed, leans, rows, held)
        for target, covered in zip(
            found.checks, self._covered(residuals, rows, folds), strict=True
        ):
            target["covered"] = float(covered)
        spread = features.std(axis=0)[:, None]
        found.effects = self._effects(coefficients * spread)
        keep = [n for n in range(self.targets) if n != self.targets - 2]
        for name in ("shares", "low", "high"):
            setattr(found, name, getattr(found, name)[:, keep])
        return found

    def _effects(self, scaled):
        keep = [n for n in range(self.targets) if n != self.targets - 2]
        names = [name for name in self.features if name[0] != "size"]
        blocs = len([name for name in names if name[0] == "station"])
        rows = [*range(blocs), self.targets - 1]
        rows += [self.targets + n for n in rows]
        rows += range(2 * self.targets, scaled.shape[0])
        labels = [
            *self.features[:blocs],
            ("station", None),
            *self.features[blocs : 2 * blocs],
            ("commune", None),
            *self.features[2 * blocs :],
        ]
        return [(label, scaled[row][keep]) for label, row in zip(labels, rows, strict=True)]

    def _folds(self):
        """A fold per station: whole communes, in an order that size does not steer."""
        number = self.communes.max() + 1
        return np.random.default_rng(2014).permutation(number)[self.communes] % FOLDS

    def _choose(self, features, leans, weights, folds):
        """The penalty whose held-out communes are guessed best, and these guesses."""
        best = None
        for penalty in PENALTIES:
            guessed = np.empty_like(leans)
            for fold in range(FOLDS):
                out = folds == fold
                if not out.any() or out.all():
                    guessed[out] = 0
                    continue
                guessed[out] = features[out] @ ridge(
                    features[~out], leans[~out], weights[~out], penalty
                )
            loss = np.average(((leans - guessed) ** 2).mean(axis=1), weights=weights)
            if best is None or loss < best[0]:
                best = (loss, penalty, guessed)
        return best[1:]

    def _bars(self, residuals, rows):
        """Quantiles of the held-out residuals, by size of the station: the small are less sure.

        :return: tuple of arrays (stations, targets)
        """
        edges = np.quantile(self.weights, np.linspace(0, 1, SIZES + 1)[1:-1])
        size = np.searchsorted(edges, self.weights)
        bounds = np.empty((2, SIZES, self.targets))
        for step in range(SIZES):
            own = residuals[size[rows] == step]
            bounds[:, step] = np.quantile(own if len(own) > 30 else residuals, BAR, axis=0)
        return bounds[0][size], bounds[1][size]

    def _covered(self, residuals, rows, folds):
        """Share of residuals inside bars that were drawn from other communes than their own."""
        inside = np.zeros((len(residuals), self.targets), bool)
        for fold in range(FOLDS):
            out = folds == fold
            if out.any() and not out.all():
                low, high = self._bars(residuals[~out], rows[~out])
                gap = residuals[out]
                inside[out] = (gap >= low[rows[out]]) & (gap <= high[rows[out]])
        return np.delete(inside.mean(axis=0), -2)

    def _complete(self, level, last):
        """An assumed level; what is unsaid shares the rest as in the last ballot."""
        level = np.asarray(level, float)
        blocs, turnout = level[:-1], level[-1]
        unsaid = np.append(np.isnan(blocs), True)
        rest = max(1 - np.nansum(blocs), 1e-4)
        before = np.where(unsaid, np.maximum(last[:-1], 1e-4), 0)
        told = np.where(unsaid, rest * before / before.sum(), np.append(blocs, 0))
        return np.append(told / told.sum(), last[-1] if np.isnan(turnout) else turnout)

    def _calibrate(self, lean, level, shift=None):
        """Shares whose mean over the territory is the level (step 3).

        :param shift: array added to the leans afterwards: the bounds of the bar
        """
        level = np.clip(level, 1e-4, 1 - 1e-4)
        offset = logit(level)
        for _step in range(60):
            shares = self._together(expit(lean + offset))
            gap = level - np.average(shares, axis=0, weights=self.weights)
            offset = offset + gap / (level * (1 - level))
            if np.abs(gap).max() < 1e-6:
                break
        shares = self._together(expit(lean + offset))
        return shares if shift is None else expit(logit(shares) + shift)

    def _together(self, shares):
        """Blocs and others add up to one."""
        shares[:, :-1] /= shares[:, :-1].sum(axis=1, keepdims=True)
        return shares

    def _checks(self, guessed, leans, rows, held):
        """Held-out communes of held-out ballots against the truth, beside the naive guess: the
        nearest other ballot in the same place, moved by the swing of the whole."""
        found = []
        levels = np.stack([level_of(ballot) for ballot in self.ballots])
        near = [held_n - 1 if held_n else 1 for held_n in range(len(self.ballots))]
        keep = [n for n in range(self.targets) if n != self.targets - 2]
        for target in keep:
            level = levels[held, target]
            truth = expit(leans[:, target] + logit(level))
            model = expit(guessed[:, target] + logit(level))
            other = np.stack(self.leans)[np.array(near)[held], rows, target]
            before = levels[np.array(near)[held], target]
            naive = expit(np.nan_to_num(other) + logit(before)) - before + level
            found.append(
                {
                    "error": 100 * float(np.abs(model - truth).mean()),
                    "naive": 100 * float(np.abs(naive - truth).mean()),
                    "rank": rank_correlation(model, truth),
                    "naive_rank": rank_correlation(naive, truth),
                }
            )
        return found


def ridge(features, targets, weights, penalty):
    """Coefficients of a weighted ridge regression without intercept: leans have none.

    :param features: array (rows, features)
    :param targets: array (rows, targets)
    :param weights: array (rows,)
    :param float penalty: in units of the mean weight
    :return: array (features, targets)
    """
    weighted = features * weights[:, None]
    gram = features.T @ weighted + penalty * weights.mean() * np.eye(features.shape[1])
    return np.linalg.solve(gram, weighted.T @ targets)


def rank_correlation(left, right):
    """Spearman's correlation of ranks, equal values sharing their middle rank.

    :return: float, 0 when one side does not vary
    """
    left, right = ranks(np.asarray(left, float)), ranks(np.asarray(right, float))
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])
