import random

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ..lib import effect
from .common import CanvassCase, grid


@tagged("post_install", "-at_install")
class TestEffectLib(BaseCase):
    def test_known_interval(self):
        """Welch's interval of two times ten values, reckoned by hand: t(16.3) = 2.117."""
        knocked = [52.1, 48.3, 55.0, 51.2, 49.9, 53.4, 50.8, 54.2, 47.5, 52.6]
        left = [49.0, 47.2, 50.1, 46.8, 51.3, 48.8, 45.9, 50.4, 47.7, 49.8]
        found = effect.difference(knocked, left)
        self.assertAlmostEqual(found.difference, 2.8, places=6)
        self.assertAlmostEqual(found.low, 0.783, delta=0.003)
        self.assertAlmostEqual(found.high, 4.817, delta=0.003)
        self.assertLess(found.chance, 0.05)

    def test_covers_the_truth(self):
        """The interval holds the true difference in about 95 of 100 draws."""
        draw = random.Random(3)
        inside = 0
        for _ in range(200):
            knocked = [draw.gauss(51, 3) for _ in range(12)]
            left = [draw.gauss(50, 2) for _ in range(8)]
            found = effect.difference(knocked, left)
            inside += found.low <= 1.0 <= found.high
        self.assertGreaterEqual(inside, 180)

    def test_few(self):
        with self.assertRaises(ValueError):
            effect.difference([1.0], [1.0, 2.0])


@tagged("post_install", "-at_install")
class TestEffect(CanvassCase):
    def test_stations_left_alone(self):
        """Drawn once, in no turf, compared after the ballot; by the branch's lead."""
        town = self._load(grid(12, lat=48.7), self.north)
        stations = self.env["political.zone"].create(
            [{"name": f"Bureau {n}", "kind": "station", "code": f"99998_{n:04}"} for n in range(8)]
        )
        for number, station in enumerate(stations):
            town[number * 18 : (number + 1) * 18].polling_station_id = station
        operation = self._operation(
            area_kind="zones", zone_ids=[(6, 0, stations.ids)], holdout_percent=40
        ).with_user(self.lead)
        operation.action_cut()
        held = operation.arm_ids.filtered("is_held").station_id
        self.assertEqual((len(operation.arm_ids), len(held)), (8, 3))
        reached = operation.turf_ids.line_ids.door_id.building_id.polling_station_id
        self.assertEqual(reached, stations - held)
        operation.action_cut()
        self.assertEqual(operation.arm_ids.filtered("is_held").station_id, held)
        ballot = self.env["political.election"].create(
            {"name": "Municipales", "code": "essai", "kind": "municipal", "date": "2026-03-15"}
        )
        operation.effect_election_id = ballot
        with self.assertRaisesRegex(UserError, "fewer than two"):
            operation.action_effect()
        self.env["political.turnout"].create(
            [
                {
                    "election_id": ballot.id,
                    "zone_id": station.id,
                    "registered": 1000,
                    "voters": (500 if station in held else 560) + number,
                    "valid": 490,
                }
                for number, station in enumerate(stations)
            ]
        )
        operation.action_effect()
        self.assertRegex(operation.effect_report, r"\+[56]\.\d\d points")
        # Told in the language of who reads it, not of who asked for it
        self.env["res.lang"]._activate_lang("fr_FR")
        french = operation.with_context(lang="fr_FR").effect_report
        self.assertRegex(french, r"^Écart .*\+[56]\.\d\d points")

    def test_too_few_stations(self):
        operation = self._operation(holdout_percent=20)
        with self.assertRaisesRegex(UserError, "Too few polling stations"):
            operation.action_cut()
