"""Scores of places from weighted criteria: open arithmetic that a method page can print.

Each criterion gives a value per place. Values are brought to 0..1, turned round where less is
better, and added up by weight. Nothing here knows of people: the rows are places (R-75).
"""

from dataclasses import dataclass

import numpy as np

# Eight ballots in ten: the width of the bars on screen.
Z80 = 1.2816
HIDDEN = -1


@dataclass
class Criterion:
    """Values of one criterion, one per place (NaN: not known), with their standard errors."""

    values: np.ndarray
    errors: np.ndarray
    weight: float
    less_is_better: bool = False
    by_rank: bool = False


@dataclass
class Scores:
    """Scores 0..100 per place with the bounds of their bar, and what they are made of.

    :ivar parts: array (places, criteria) of normalised values 0..1, NaN where not known
    :ivar known: share of the weights whose value is known, 0..1
    :ivar scales: per criterion the values that count as 0 and as 1
    """

    score: np.ndarray
    low: np.ndarray
    high: np.ndarray
    known: np.ndarray
    parts: np.ndarray
    scales: list


def share_error(votes, valid):
    """Standard error of a share of votes, were the ballot held again among the same people.

    Agresti and Coull's: two votes and two more against are added, so that a place with none is not
    taken for certain.

    :param votes: array of counts
    :param valid: array of counts
    :return: array of float, in the share's own unit (0..1)
    """
    size = np.asarray(valid, float) + 4
    share = (np.asarray(votes, float) + 2) / size
    return np.sqrt(np.clip(share * (1 - share), 0, None) / size)


def scale_of(values):
    """The values that count as 0 and as 1: the 5th and the 95th percentile, so that one odd place
    does not flatten all others.

    :param values: array, NaN where not known
    :return: tuple of two floats; (0, 0) when nothing is known
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return 0.0, 0.0
    low, high = np.percentile(known, (5, 95))
    if low == high:
        low, high = known.min(), known.max()
    return float(low), float(high)


def ranks(values):
    """Ranks from 0 (least) to 1 (most); equal values share their middle rank; NaN stays.

    :param values: array of float
    :return: array of float
    """
    found = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    number = int(known.sum())
    if number:
        _values, place, count = np.unique(values[known], return_inverse=True, return_counts=True)
        last = np.cumsum(count)
        middle = last - (count + 1) / 2
        found[known] = middle[place] / (number - 1) if number > 1 else 0.5
    return found


def normalise(criterion):
    """A criterion's values and errors brought to 0..1, where 1 is what the campaign looks for.

    :param Criterion criterion:
    :return: tuple (values, errors, (value that counts 0, value that counts 1))
    """
    low, high = scale_of(criterion.values)
    width = high - low
    if not width:
        part = np.where(np.isnan(criterion.values), np.nan, 0.5)
        error = np.zeros(len(part))
    else:
        error = np.nan_to_num(criterion.errors / width)
        if criterion.by_rank:
            part = ranks(criterion.values)
        else:
            part = np.clip((criterion.values - low) / width, 0, 1)
    if criterion.less_is_better:
        return 1 - part, error, (high, low)
    return part, error, (low, high)


def score(criteria):
    """Weighted means of the criteria, 0..100, with the 80 % bar that their errors make.

    Where a criterion is not known, the others keep their proportion; ``known`` tells how much of
    the weight counted. The errors of the criteria are taken as independent of each other.

    :param list criteria: of Criterion, all of one length
    :return: Scores
    """
    found = [normalise(criterion) for criterion in criteria]
    parts = np.column_stack([part for part, _error, _scale in found])
    errors = np.column_stack([error for _part, error, _scale in found])
    weights = np.array([criterion.weight for criterion in criteria], float)
    counted = ~np.isnan(parts) * weights
    total = counted.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = 100 * (np.nan_to_num(parts) * counted).sum(axis=1) / total
        spread = 100 * np.sqrt(((errors * counted) ** 2).sum(axis=1)) / total
    return Scores(
        score=mean,
        low=np.clip(mean - Z80 * spread, 0, 100),
        high=np.clip(mean + Z80 * spread, 0, 100),
        known=total / weights.sum() if weights.sum() else total,
        parts=parts,
        scales=[scale for _part, _error, scale in found],
    )


def order(scores, tie):
    """Row numbers from the best score to the worst; unknown scores last, ties by size.

    :param scores: array of float, NaN where unknown
    :param tie: array of float, the larger first
    :return: array of int
    """
    return np.lexsort((-np.asarray(tie, float), -np.nan_to_num(scores, nan=-1.0)))


def within_budget(hours, ordered, budget):
    """Which places fit into a number of hours, taken from the best on.

    A place that is too large for what is left is passed over, and a smaller one further down may
    still fit.

    :param hours: array of float per place
    :param ordered: row numbers from the best on
    :param float budget: hours
    :return: array of bool per place
    """
    chosen = np.zeros(len(hours), bool)
    left = budget
    for row in ordered:
        if 0 < hours[row] <= left:
            chosen[row] = True
            left -= hours[row]
    return chosen


def hidden(counts, groups, smallest):
    """Places too small to show (R-50), with those that would give them away by subtraction.

    A place below ``smallest`` is hidden. Where the hidden ones of a group (a commune) count
    together less than ``smallest``, its total minus what is shown would tell them: the next
    smallest place of the group is hidden too, until they do not.

    :param counts: array of counts per place
    :param groups: array of int, the group whose total is known elsewhere
    :param int smallest: the least count that may be shown
    :return: array of bool
    """
    counts = np.nan_to_num(np.asarray(counts, float))
    small = counts < smallest
    for group in np.unique(groups[small]):
        members = np.flatnonzero(groups == group)
        members = members[np.argsort(counts[members], kind="stable")]
        small[members[: _enough(counts[members], smallest)]] = True
    return small


def _enough(counts, smallest):
    """How many of the smallest places to hide, so that their sum tells nothing of one of them."""
    below = int((counts < smallest).sum())
    number = max(below, 1)
    while number < len(counts) and (number < 2 or counts[:number].sum() < smallest):
        number += 1
    return number


def second_round(votes, abstentions, transfers):
    """What the voters of a first round do in the second one, by assumption.

    :param votes: array (places, blocs) of votes of the first round
    :param abstentions: array (places,) of those who stayed at home
    :param transfers: array (blocs + 1, 2): share that goes to us and to the opponent, the last row
        being those who stayed at home; the rest abstains
    :return: tuple of arrays (our votes, the opponent's, voters of the first round who would stay
        at home and can still be won)
    """
    moving = np.column_stack([votes, abstentions])
    ours, theirs = (moving @ transfers).T
    staying = np.clip(1 - transfers[:-1].sum(axis=1), 0, 1)
    return ours, theirs, votes @ staying
