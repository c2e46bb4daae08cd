"""Milliseconds to order 60 real doors of Bondy for walking, the lower bound included: median of
twenty places.

Against: the same doors by the nearest neighbour, whose walks are longer (`longer`, in percent).
Ratio: ours over that; the issue's limit is 30 ms.
"""

import itertools
from statistics import mean, median

from odoo.addons.political_canvass.lib import walk

from bench import bondy
from bench.timing import timed

DOORS = 60
PLACES = 20


def measure(env, scale):
    rows = bondy.rows()
    spent, plain, longer = [], [], []
    walk.plan([(48.9, 2.48), (48.91, 2.48), (48.9, 2.49), (48.91, 2.49)])  # libraries are loaded
    for place in range(max(3, int(PLACES * scale))):
        doors = bondy.around(rows, place * len(rows) // PLACES % len(rows), DOORS)
        points = [(row["lat"], row["lon"]) for row in doors]
        streets = [(row["street"], row["number"]) for row in doors]
        seconds, planned = timed(lambda p=points, s=streets: walk.plan(p, streets=s, crossing=10.0))
        assert sorted(planned.order) == list(range(DOORS))
        spent.append(1000 * seconds)
        seconds, order = timed(lambda p=points: bondy.nearest_neighbour(p))
        plain.append(1000 * seconds)
        ours = walk.plan(points)
        longer.append(100 * (_length(points, order) / ours.length - 1))
    value, against = median(spent), median(plain)
    return {
        "value": value,
        "unit": "ms",
        "against": against,
        "ratio": value / against,
        "n": DOORS,
        "longer": mean(longer),
    }


def _length(points, order):
    return sum(walk.distance(points[a], points[b]) for a, b in itertools.pairwise(order))
