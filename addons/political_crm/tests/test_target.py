from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_target import TargetCase


@tagged("post_install", "-at_install")
class TestTarget(TargetCase):
    def test_score(self):
        """A local lead's plan ends in one score per station, with doors, hours and talks."""
        plan = self._plan(self.user_lead)
        self.assertEqual(plan.criterion_ids.mapped("kind"), ["result", "turnout", "turnout_gap"])
        plan.action_score()
        scores = plan.score_ids
        self.assertEqual(scores.mapped("rank"), list(range(1, 41)))
        self.assertEqual(set(scores.station_id), set(self.stations))
        self.assertEqual(scores.mapped("score"), sorted(scores.mapped("score"), reverse=True))
        for one in scores:
            self.assertTrue(0 <= one.score_low <= one.score <= one.score_high <= 100)
        first = scores[0]
        self.assertEqual((first.registered, first.doors), (800, 500))
        self.assertAlmostEqual(first.hours, 25)
        self.assertEqual(first.expected_contacts, 150)
        self.assertEqual(first.commune_id, first.station_id.parent_id)

    def test_score_again(self):
        """Scoring again replaces the scores and keeps what was kept by hand."""
        plan = self._plan()
        plan.action_score()
        plan.keep_stations(self.stations[:3].ids)
        plan.action_score()
        self.assertEqual((plan.score_count, plan.selected_count), (40, 3))

    def test_hours(self):
        """With hours at hand the best places that fit in are kept."""
        plan = self._plan(hours_budget=60)
        plan.action_score()
        self.assertEqual(plan.score_ids.filtered("selected").mapped("rank"), [1, 2])
        self.assertAlmostEqual(plan.selected_hours, 50)
        self.assertEqual(plan.selected_doors, 1000)

    def test_presets(self):
        """Each aim fills in criteria that can be scored."""
        for preset in ("mobilise", "persuade", "defend", "second_round"):
            plan = self._plan(preset=preset)
            self.assertTrue(plan.criterion_ids, preset)
            plan.action_score()
            self.assertGreater(plan.score_ids[0].score, plan.score_ids[-1].score, preset)
        plan.preset = "defend"
        plan.action_preset()
        self.assertEqual(plan.criterion_ids.mapped("kind"), ["result", "swing", "turnout"])

    def test_second_round(self):
        """The second round is scored by transfers that the user assumes."""
        plan = self._plan()
        plan.action_score()
        second = self.env["political.target.plan"].browse(plan.action_second_round()["res_id"])
        self.assertEqual(len(second.transfer_ids.filtered("bloc_id")), len(second.transfer_ids) - 1)
        criterion = self._criterion(second, kind="second_round", election_id=self.last.id)
        (second.criterion_ids - criterion).unlink()
        second.action_score()
        first = second.score_ids[0].station_id
        # The third bloc's voters all turn to the opponent where we led: the order turns round.
        second.transfer_ids.filtered(lambda line: line.bloc_id == self.ours).to_us = 0
        second.transfer_ids.filtered(lambda line: line.bloc_id == self.rival).write(
            {"to_us": 95, "to_rival": 0}
        )
        second.action_score()
        self.assertNotEqual(second.score_ids[0].station_id, first)
        with self.assertRaises(ValidationError):
            second.transfer_ids[0].write({"to_us": 70, "to_rival": 40})

    def _criterion(self, plan, **values):
        return self.env["political.target.criterion"].create({"plan_id": plan.id, **values})

    def test_criteria_of_every_kind(self):
        """Indicators and forecasts weigh in like results."""
        indicator = self.env["political.indicator"].create(
            {"name": "Revenu", "code": "t_income", "unit": "€"}
        )
        self.env["political.indicator.value"].create(
            [
                {"indicator_id": indicator.id, "zone_id": commune.id, "value": 1000 * n}
                for n, commune in enumerate(self.communes)
            ]
        )
        guess = self.env["political.target.forecast"].create(
            {
                "name": "Prévision",
                "zone_id": self.department.id,
                "election_ids": [(6, 0, (self.before | self.last).ids)],
                "bloc_ids": [(6, 0, self.blocs.ids)],
            }
        )
        guess.action_fit()
        plan = self._plan(preset="custom")
        with self.assertRaisesRegex(UserError, "no criterion"):
            plan.action_score()
        for values in (
            {"kind": "indicator", "indicator_id": indicator.id},
            {"kind": "support", "forecast_id": guess.id, "bloc_id": self.ours.id},
            {"kind": "forecast_turnout", "forecast_id": guess.id},
            {"kind": "registered", "election_id": self.last.id},
        ):
            self._criterion(plan, **values)
        plan.action_score()
        best, worst = plan.score_ids[0], plan.score_ids[-1]
        self.assertEqual(best.commune_id, self.communes[3])
        self.assertEqual(worst.commune_id, self.communes[0])
        self.assertRegex(plan.method, r"3\D?000")
        with self.assertRaisesRegex(ValidationError, "needs the field"):
            self._criterion(plan, kind="swing", election_id=self.last.id)

    def test_small_cells(self):
        """R-50: a station with nine cast votes keeps its row and shows no score; one with ten does;
        a neighbour is hidden with it, so that no subtraction tells."""
        self._shrink(self.stations[0], 9)
        self._shrink(self.stations[10], 10)
        plan = self._plan()
        plan.action_score()
        hidden = plan.score_ids.filtered("hidden")
        self.assertEqual(len(plan.score_ids), 40)
        self.assertIn(self.stations[0], hidden.station_id)
        self.assertNotIn(self.stations[10], hidden.station_id)
        self.assertEqual((len(hidden), set(hidden.mapped("score"))), (2, {0.0}))
        self.assertEqual(hidden.mapped("rank"), [39, 40])
        shown = {station["id"] for station in plan.live_figures()["stations"]}
        self.assertFalse(shown & set(hidden.station_id.ids))

    def test_live_figures(self):
        """What the sliders rank is what the server scores."""
        plan = self._plan()
        plan.action_score()
        live = plan.live_figures()
        weights = [criterion["weight"] for criterion in live["criteria"]]
        for n, station in enumerate(live["stations"]):
            parts = [part[n] for part in live["parts"]]
            score = sum(w * p for w, p in zip(weights, parts, strict=True)) / sum(weights) / 10
            stored = plan.score_ids.filtered(lambda one, s=station: one.station_id.id == s["id"])
            self.assertAlmostEqual(stored.score, score, delta=0.15)
        plan.save_weights({str(live["criteria"][0]["id"]): 90})
        self.assertEqual(plan.criterion_ids[0].weight, 90)

    def test_nothing_to_score(self):
        empty = self.env["political.zone"].create(
            {"name": "Désert", "kind": "department", "code": "T8"}
        )
        with self.assertRaisesRegex(UserError, "no polling station"):
            self._plan(zone_id=empty.id).action_score()

    def test_rights(self):
        """R-41: leads write their own plans, staff all of the company, others none."""
        plan = self._plan(self.user_lead)
        plan.action_score()
        other = plan.with_user(self.user_federation)
        self.assertEqual(other.score_count, 40)
        for attempt in (
            other.action_score,
            other.action_preset,
            lambda: other.write({"name": "x"}),
            lambda: other.keep_stations(self.stations[:1].ids),
            lambda: other.score_ids[:1].action_keep(),
            lambda: other.criterion_ids[0].write({"weight": 1}),
            lambda: plan.score_ids[:1].write({"score": 100}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        plan.score_ids[:1].action_keep()
        self.assertEqual(plan.selected_count, 1)
        plan.with_user(self.user_staff).action_score()
        there = self._as(self.user_neighbour, "political.target.plan")
        self.assertFalse(there.search([("id", "=", plan.id)]))
        self.assertFalse(
            self._as(self.user_neighbour, "political.target.score").search(
                [("plan_id", "=", plan.id)]
            )
        )
        with self.assertRaises(AccessError):
            there.browse(plan.id).live_figures()
        with self.assertRaises(AccessError):
            self._as(self.user_plain, "political.target.score").search([])

    def test_no_relation_to_people(self):
        """R-75: no field leads from scores and plans to a contact, nor from a contact to them."""
        for model in ("plan", "criterion", "transfer", "score", "forecast.value"):
            fields = self.env[f"political.target.{model}"]._fields.values()
            self.assertNotIn("res.partner", {field.comodel_name for field in fields})
        for name, field in self.env["res.partner"]._fields.items():
            self.assertNotIn("political.target", field.comodel_name or "", name)
            self.assertNotIn("score", name.split("_") if name.startswith("political") else [])
