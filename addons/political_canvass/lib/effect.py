"""What knocking changed, read from stations that were drawn to be knocked at or left alone.

Stations are the units: doors of one station share its result. The difference of the means comes
with Welch's interval, and with a permutation test, since stations are few and their results skew
("Student's" problem: B. L. Welch, Biometrika 34, 1947).
"""

import math
from statistics import NormalDist, mean, variance
from typing import NamedTuple

import numpy as np

DRAWS = 4000
FEWEST = 2  # stations an arm, below which nothing can be said


class Effect(NamedTuple):
    difference: float  # mean of the knocked stations less mean of the others
    low: float  # of the 95 % interval
    high: float
    chance: float  # share of random draws that differ at least as much
    knocked: int  # stations
    left: int


def difference(knocked, left, seed=0):
    """Effect of knocking on a figure of stations.

    :param knocked: figures of the stations that were drawn to be knocked at
    :param left: figures of those that were left alone
    :param seed: of the permutation test, so that the same data says the same
    :rtype: Effect
    :raises ValueError: with fewer than two stations in an arm
    """
    if min(len(knocked), len(left)) < FEWEST:
        raise ValueError("few")
    found = mean(knocked) - mean(left)
    parts = variance(knocked) / len(knocked), variance(left) / len(left)
    error = math.sqrt(sum(parts))
    reach = error * _quantile(_freedom(parts, len(knocked), len(left))) if error else 0.0
    return Effect(
        found,
        found - reach,
        found + reach,
        _chance(list(knocked), list(left), found, seed),
        len(knocked),
        len(left),
    )


def _freedom(parts, first, second):
    below = parts[0] ** 2 / (first - 1) + parts[1] ** 2 / (second - 1)
    return sum(parts) ** 2 / below if below else first + second - 2


def _quantile(freedom):
    """The 97.5 % point of Student's t, by Cornish and Fisher's expansion (0.2 % off at 3)."""
    z = NormalDist().inv_cdf(0.975)
    if freedom < 3:  # the expansion is too short there: exact at 1 and 2, the wider one between
        return 12.706 if freedom < 2 else 4.303
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms))


def _chance(knocked, left, found, seed):
    both, count = np.array([*knocked, *left]), len(knocked)
    drawn = np.random.default_rng(seed).permuted(np.tile(both, (DRAWS, 1)), axis=1)
    others = drawn[:, :count].mean(axis=1) - drawn[:, count:].mean(axis=1)
    as_far = int((np.abs(others) >= abs(found) - 1e-12).sum())
    return (as_far + 1) / (DRAWS + 1)
