import numpy as np

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, tagged

from ..lib import backtest, forecast
from .common_target import TargetCase


def invented(stations=600, seed=1):
    """Ballots of stations that keep their leaning, and the next one."""
    chance = np.random.default_rng(seed)
    communes = np.arange(stations) // 6
    lean = chance.normal(0, 0.5, (communes.max() + 1, 2))[communes]
    lean = lean + chance.normal(0, 0.2, (stations, 2))

    def ballot(level):
        odds = np.column_stack(
            [lean + level + chance.normal(0, 0.1, lean.shape), np.zeros(stations)]
        )
        shares = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        votes = np.array([chance.multinomial(500, share) for share in shares], float)
        voters = np.full(stations, 520.0)
        return forecast.Ballot(np.full(stations, 900.0), voters, np.full(stations, 500.0), votes)

    return [ballot(level) for level in (-0.2, 0.1, 0.0)], ballot(0.4), communes


@tagged("post_install", "-at_install")
class TestForecastModel(BaseCase):
    def test_beats_the_naive_guess(self):
        """Three noisy ballots tell more of the next one than the last of them alone."""
        past, later, communes = invented()
        level = np.delete(forecast.level_of(later), 3)
        found = forecast.Model(past, communes, names="abc").fit(level)
        last = past[-1].votes / past[-1].valid[:, None]
        truth = later.votes / later.valid[:, None]
        turnout = np.full((len(truth), 1), 520 / 900)
        lines = backtest.compare(
            found.shares,
            (found.low, found.high),
            np.hstack([last, turnout]),
            level - np.delete(forecast.level_of(past[-1]), 3),
            np.hstack([truth, turnout]),
        )
        for line in lines[:3]:
            self.assertLess(line["error"], 0.95 * line["uniform_swing"])
            self.assertLess(line["error"], line["same_place"])
            self.assertGreater(line["rank"], line["naive_rank"])
            self.assertTrue(0.7 < line["covered"] < 0.9, line)
        error, naive, gained = backtest.gain(lines[:3])
        self.assertAlmostEqual(gained, 1 - error / naive)
        for check in found.checks[:3]:
            self.assertTrue(0.72 < check["covered"] < 0.88, check)
            self.assertLess(check["error"], check["naive"])

    def test_level_is_met(self):
        """The whole place votes as assumed, blocs add up, and unsaid levels are the last's."""
        past, _later, communes = invented(120)
        level = np.array([0.5, np.nan, np.nan, 0.7])
        found = forecast.Model(past, communes, names="abc").fit(level)
        mean = found.shares.mean(axis=0)
        self.assertAlmostEqual(mean[0], 0.5, 3)
        self.assertAlmostEqual(mean[3], 0.7, 3)
        self.assertTrue((found.low <= found.shares).all() and (found.shares <= found.high).all())

    def test_missing_station_takes_its_commune(self):
        """A station cut since the last ballots is guessed from its commune, in a wider place."""
        past, _later, communes = invented(120)
        for ballot in past:
            for table in (ballot.registered, ballot.voters, ballot.valid, ballot.votes):
                table[0] = np.nan
        found = forecast.Model(past, communes, names="abc").fit()
        self.assertFalse(np.isnan(found.shares).any())
        near = np.abs(found.shares[0] - found.shares[1:6].mean(axis=0)).max()
        self.assertLess(near, 0.1)

    def test_one_ballot_is_not_enough(self):
        past, _later, communes = invented(60)
        with self.assertRaises(ValueError):
            forecast.Model(past[:1], communes)

    def test_indicator_counts(self):
        """An indicator that steers the vote lowers the held-out error and shows its effect."""
        chance = np.random.default_rng(3)
        past, _later, communes = invented(300, seed=2)
        wealth = chance.normal(size=300)
        for ballot in past:
            moved = np.rint(ballot.votes[:, 0] * np.clip(0.15 * wealth, -0.5, 0.5))
            ballot.votes[:, 0] += moved
            ballot.votes[:, 2] = np.clip(ballot.votes[:, 2] - moved, 0, None)
        with_it = forecast.Model(past, communes, wealth[:, None], "abc", ["wealth"]).fit()
        effect = dict(with_it.effects)[("indicator", "wealth")]
        self.assertGreater(effect[0], 0.01)


@tagged("post_install", "-at_install")
class TestForecast(TargetCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forecast = cls._as(cls, cls.user_staff, "political.target.forecast").create(
            {
                "name": "Prévision d'essai",
                "zone_id": cls.department.id,
                "election_ids": [(6, 0, (cls.before | cls.last).ids)],
                "bloc_ids": [(6, 0, cls.blocs.ids)],
                "truth_id": cls.later.id,
                "company_id": cls.company.id,
            }
        )

    def test_fit(self):
        """A forecast per station and bloc, with a bar, checks and a back-test."""
        self.forecast.action_fit()
        values = self.forecast.value_ids
        self.assertEqual(len(values), 40 * 4)
        self.assertTrue(all(0 <= one.low <= one.share <= one.high <= 1 for one in values))
        first = values.filtered(lambda one: one.station_id == self.stations[0])
        self.assertAlmostEqual(sum(first.filtered("bloc_id").mapped("share")), 1, 2)
        self.assertEqual(len(self.forecast.backtest), 4)
        self.assertEqual(self.forecast.backtest[0]["n"], 40)
        self.assertIn(self.ours.name, self.forecast.report)
        self.forecast.action_fit()
        self.assertEqual(len(self.forecast.value_ids), 160, "computed again, not added")

    def test_backtest_does_not_leak(self):
        """What a forecast is checked against may not have taught it."""
        with self.assertRaises(ValidationError):
            self.forecast.truth_id = self.before
        with self.assertRaises(ValidationError):
            self.forecast.election_ids |= self.later
        self.forecast.action_fit()
        shares = self.forecast.value_ids.mapped("share")
        votes = self.env["political.result"].search([("election_id", "=", self.later.id)])
        votes.write({"votes": 1})
        self.forecast.action_fit()
        self.assertEqual(self.forecast.value_ids.mapped("share"), shares)

    def test_small_stations_are_hidden(self):
        """R-50: no forecast is kept of a station with nine cast votes, nor of its neighbour."""
        self._shrink(self.stations[0], 9)
        self.forecast.action_fit()
        self.assertEqual(self.forecast.station_count, 38)
        self.assertNotIn(self.stations[0], self.forecast.value_ids.station_id)

    def test_level(self):
        """The assumed level moves the whole."""
        self.forecast.action_level_from_last()
        self.assertAlmostEqual(sum(self.forecast.level_ids.mapped("share")), 100, 0)
        self.forecast.level_ids.filtered(lambda line: line.bloc_id == self.ours).share = 60
        self.forecast.level_ids.filtered(lambda line: line.bloc_id != self.ours).share = 20
        self.forecast.action_fit()
        ours = self.forecast.value_ids.filtered(lambda one: one.bloc_id == self.ours)
        self.assertAlmostEqual(sum(ours.mapped("share")) / 40, 0.6, 2)

    def test_second_round_is_an_indicator(self):
        """A duel, in which a bloc did not stand, is refused as a ballot and taken as indicator."""
        duel = self._ballot("t_duel", "2017-06-18", seed=4)
        third = duel.candidacy_ids.filtered(lambda one: one.bloc_id == self.third)
        third.unlink()
        with self.assertRaisesRegex(UserError, "second rounds"):
            self.forecast.write({"election_ids": [(4, duel.id)]})
            self.forecast.action_fit()
        self.forecast.write({"election_ids": [(3, duel.id)], "duel_ids": [(4, duel.id)]})
        self.forecast.action_fit()
        self.assertIn("Scrutin t_duel (1)", [line["name"] for line in self.forecast.effects])

    def test_no_person_column(self):
        """R-75: the model's inputs hold no relation to a person, and one that somebody adds stops
        it."""
        self.assertEqual(self.forecast._person_columns(), [])
        added = self.env["ir.model.fields"].create(
            {
                "name": "x_person_id",
                "model_id": self.env.ref("political_crm.model_political_result").id,
                "field_description": "Person",
                "ttype": "many2one",
                "relation": "res.partner",
            }
        )
        with self.assertRaisesRegex(ValidationError, "political.result.x_person_id"):
            self.forecast.action_fit()
        # The registry outlives the test's transaction.
        added.unlink()

    def test_rights(self):
        """A local lead reads forecasts and makes none; another controller sees none."""
        mine = self.forecast.with_user(self.user_lead)
        self.assertEqual(mine.name, "Prévision d'essai")
        with self.assertRaises(AccessError):
            mine.action_fit()
        there = self._as(self.user_neighbour, "political.target.forecast")
        self.assertFalse(there.search([("id", "=", self.forecast.id)]))
        with self.assertRaises(AccessError):
            self._as(self.user_plain, "political.target.forecast").search([])
