import csv
import itertools
import random
from pathlib import Path

from odoo.tests import BaseCase, tagged
from odoo.tools import file_path

from ..lib import walk


def town():
    """The points of Bondy's addresses, as the demo data has them."""
    with Path(file_path("political_crm/demo/bondy_addresses.csv")).open() as stream:
        return [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(stream)]


def length(points, order, start=None):
    path = ([start] if start else []) + [points[index] for index in order]
    return sum(walk.distance(a, b) for a, b in itertools.pairwise(path))


@tagged("post_install", "-at_install")
class TestWalk(BaseCase):
    def test_small_walks_are_the_best_ones(self):
        """Held against every order there is, with and without a fixed start."""
        draw = random.Random(7)
        for _ in range(25):
            points = [(48.9 + draw.random() * 0.01, 2.48 + draw.random() * 0.01) for _ in range(6)]
            for start in (None, (48.9, 2.48)):
                planned = walk.plan(points, start)
                best = min(
                    length(points, order, start) for order in itertools.permutations(range(6))
                )
                self.assertAlmostEqual(planned.length, best, delta=0.5)
                self.assertLessEqual(planned.bound, best + 0.5)

    def test_real_doors(self):
        """60 doors of Bondy: every one once, better than the nearest neighbour, above the bound."""
        points = town()[:60]
        planned = walk.plan(points)
        self.assertEqual(sorted(planned.order), list(range(60)))
        self.assertAlmostEqual(planned.length, length(points, planned.order), delta=1)
        self.assertLessEqual(planned.bound, planned.length)
        self.assertGreater(planned.bound, 0.97 * planned.length)
        self.assertLess(planned.length, length(points, self._nearest_neighbour(points)))

    def _nearest_neighbour(self, points):
        order, left = [0], set(range(1, len(points)))
        while left:
            here = points[order[-1]]
            nearest = min(left, key=lambda index: walk.distance(here, points[index]))
            order.append(nearest)
            left.remove(nearest)
        return order

    def test_start_is_where_the_walk_begins(self):
        points = [(48.9, 2.48 + 0.001 * step) for step in range(5)]
        self.assertEqual(walk.plan(points, (48.9, 2.479)).order, [0, 1, 2, 3, 4])
        self.assertEqual(walk.plan(points, (48.9, 2.49)).order, [4, 3, 2, 1, 0])

    def test_flats_of_a_tower_stay_together_in_the_order_given(self):
        points = [(48.9, 2.48), (48.901, 2.48), (48.9, 2.48), (48.901, 2.48), (48.9, 2.48)]
        self.assertEqual(walk.plan(points, (48.9, 2.48)).order, [0, 2, 4, 1, 3])

    def test_degenerate(self):
        self.assertEqual(walk.plan([]), walk.Walk([], 0.0, 0.0))
        self.assertEqual(walk.plan([(48.9, 2.48)]).order, [0])
        same = walk.plan([(48.9, 2.48)] * 30, (48.9, 2.48))
        self.assertEqual((same.order, same.length), (list(range(30)), 0.0))

    def test_size_is_bounded(self):
        points = [(48.0 + index / 1e5, 2.0) for index in range(walk.MAX_STOPS + 1)]
        with self.assertRaises(ValueError):
            walk.plan(points)
