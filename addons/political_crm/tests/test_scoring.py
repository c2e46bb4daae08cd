import math

import numpy as np

from odoo.tests import BaseCase, tagged

from ..lib import scoring


def criterion(values, weight=10, errors=None, **options):
    values = np.array(values, float)
    errors = np.zeros(len(values)) if errors is None else np.array(errors, float)
    return scoring.Criterion(values, errors, weight, **options)


@tagged("post_install", "-at_install")
class TestScoring(BaseCase):
    def test_weights(self):
        """Twice the weight counts twice; less is better turns a figure round."""
        found = scoring.score(
            [criterion([0, 50, 100], 20), criterion([0, 50, 100], 10, less_is_better=True)]
        )
        np.testing.assert_allclose(found.score, [100 / 3, 50, 200 / 3], atol=0.1)
        self.assertEqual(found.known.tolist(), [1, 1, 1])

    def test_unknown_keeps_proportion(self):
        """What is not known leaves its weight to the others and is told."""
        found = scoring.score(
            [criterion([0, 100, math.nan, math.nan], 30), criterion([0, 100, 100, math.nan], 10)]
        )
        self.assertAlmostEqual(found.score[2], 100)
        self.assertAlmostEqual(found.known[2], 0.25)
        self.assertTrue(math.isnan(found.score[3]))

    def test_outlier_does_not_flatten(self):
        """One odd place leaves the others apart: the scale ends at the 95th percentile."""
        values = [*range(100), 100_000]
        low, high = scoring.scale_of(np.array(values, float))
        self.assertEqual((low, high), (5, 95))
        by_rank = scoring.normalise(criterion(values, by_rank=True))[0]
        self.assertAlmostEqual(by_rank[1] - by_rank[0], 0.01)

    def test_same_everywhere(self):
        """A figure that is the same everywhere says nothing."""
        self.assertEqual(scoring.score([criterion([7, 7])]).score.tolist(), [50, 50])

    def test_bar_narrows_with_votes(self):
        """R-73: a share of few votes is less sure than the same share of many."""
        few, many = scoring.share_error([5, 500], [10, 1000])
        self.assertGreater(few, 5 * many)
        self.assertGreater(scoring.share_error([0], [20])[0], 0)

    def test_ties_share_their_rank(self):
        self.assertEqual(
            scoring.ranks(np.array([3.0, 1, 1, math.nan])).tolist()[:3], [1, 0.25, 0.25]
        )

    def test_budget(self):
        """A place too large for what is left is passed over, a later small one still fits."""
        hours = np.array([4.0, 10, 3, 2])
        chosen = scoring.within_budget(hours, [0, 1, 2, 3], 9)
        self.assertEqual(chosen.tolist(), [True, False, True, True])

    def test_small_cells(self):
        """R-50: nine voters are hidden, ten are shown."""
        counts, groups = np.array([9, 300, 400, 10, 500]), np.array([1, 1, 1, 2, 2])
        self.assertEqual(
            scoring.hidden(counts, groups, 10).tolist(), [True, True, False, False, False]
        )

    def test_small_cells_by_difference(self):
        """R-50: the commune's total less what is shown never tells fewer than ten voters, nor one
        place alone."""
        chance = np.random.default_rng(5)
        for _time in range(200):
            counts = chance.integers(0, 40, 8)
            groups = np.array([1, 1, 1, 1, 2, 2, 2, 3])
            hidden = scoring.hidden(counts, groups, 10)
            self.assertTrue(hidden[counts < 10].all())
            for group in (1, 2, 3):
                own = groups == group
                left = counts[own & hidden]
                if left.size and left.size < own.sum():
                    self.assertGreaterEqual(left.size, 2)
                    self.assertGreaterEqual(left.sum(), 10)

    def test_second_round(self):
        """Votes go where the assumption says; who goes to neither can still be won."""
        votes, stayed = np.array([[100.0, 60, 40]]), np.array([200.0])
        shares = np.array([[0.9, 0], [0, 1], [0.5, 0.25], [0.1, 0]])
        ours, theirs, free = scoring.second_round(votes, stayed, shares)
        self.assertAlmostEqual(ours[0], 90 + 20 + 20)
        self.assertAlmostEqual(theirs[0], 60 + 10)
        self.assertAlmostEqual(free[0], 10 + 10)
