import gzip
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..lib import light_contours
from .common_target import TargetCase


def ring_of(steps):
    """Points of a ring written as steps, in degrees."""
    points, x, y = [], 0, 0
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / light_contours.UNIT, y / light_contours.UNIT))
    return points


@tagged("post_install", "-at_install")
class TestMap(HttpCase, TargetCase):
    def _figures(self, measure, user=None, kind="station", scope=None, **params):
        maps = self._as(user or self.user_lead, "political.map")
        found = maps.map_figures((scope or self.department).id, kind, measure, params)
        return found, dict(zip(found["ids"], found["values"], strict=True))

    def test_result(self):
        """The map's figures are the ballot's, at each level."""
        found, values = self._figures("result", election_id=self.last.id, bloc_id=self.ours.id)
        self.assertEqual((found["unit"], found["undrawn"], len(values)), ("%", 0, 40))
        counts = self.env["political.result"].search(
            [
                ("election_id", "=", self.last.id),
                ("zone_id", "=", self.stations[7].id),
                ("candidacy_id.bloc_id", "=", self.ours.id),
            ]
        )
        self.assertAlmostEqual(values[self.stations[7].id], 100 * counts.votes / 425, 1)
        found, values = self._figures(
            "result", kind="commune", election_id=self.last.id, bloc_id=self.ours.id
        )
        self.assertEqual(set(values), set(self.communes.ids))
        votes = self.env["political.result"].search(
            [
                ("election_id", "=", self.last.id),
                ("zone_id", "in", self.stations[:10].ids),
                ("candidacy_id.bloc_id", "=", self.ours.id),
            ]
        )
        total = sum(390 + 5 * n for n in range(10))
        self.assertAlmostEqual(
            values[self.communes[0].id], 100 * sum(votes.mapped("votes")) / total, 1
        )
        candidacy = self.last.candidacy_ids.filtered(lambda one: one.bloc_id == self.ours)
        _found, same = self._figures(
            "result", kind="commune", election_id=self.last.id, candidacy_id=candidacy.id
        )
        self.assertEqual(same, values)

    def test_counted_ballots_come_first(self):
        """The map opens on a ballot with figures, not on the next one."""
        self.env["political.election"].create(
            {"name": "À venir", "code": "t_next", "kind": "presidential", "date": "2099-04-12"}
        )
        options = self._as(self.user_lead, "political.map").map_options()
        names = [election["name"] for election in options["elections"]]
        self.assertGreater(len(names), 2)
        self.assertEqual(names[-1], "À venir")

    def test_other_measures(self):
        plan = self._plan()
        plan.action_score()
        ballot = {"election_id": self.last.id}
        both = {**ballot, "previous_id": self.before.id}
        for measure, params, unit in (
            ("turnout", ballot, "%"),
            ("leader", ballot, ""),
            ("swing", {**both, "bloc_id": self.ours.id}, "points"),
            ("turnout_swing", both, "points"),
            ("score", {"plan_id": plan.id}, "/ 100"),
        ):
            for kind in ("station", "commune"):
                found, values = self._figures(measure, kind=kind, **params)
                self.assertEqual(found["unit"], unit)
                self.assertNotIn(None, values.values(), (measure, kind))
        _found, values = self._figures("leader", **ballot)
        self.assertEqual(values[self.stations[0].id], self.rival.id)

    def test_small_cells(self):
        """R-50: what is too small is neither in the values nor told by a neighbour."""
        self._shrink(self.stations[0], 9)
        found, values = self._figures("result", election_id=self.last.id, bloc_id=self.ours.id)
        self.assertEqual(len(found["hidden"]), 2)
        self.assertIsNone(values[self.stations[0].id])
        self.env["ir.config_parameter"].set_param("political_crm.small_cell", "5")
        found, values = self._figures("result", election_id=self.last.id, bloc_id=self.ours.id)
        self.assertFalse(found["hidden"])

    def test_what_is_missing_is_said(self):
        for measure, params in (
            ("result", {"election_id": self.last.id}),
            ("swing", {"election_id": self.last.id, "bloc_id": self.ours.id}),
            ("score", {"plan_id": 0}),
            ("phone", {}),
        ):
            with self.assertRaises(UserError):
                self._figures(measure, **params)

    def test_rights(self):
        """Plans of another controller are not on the map; who works on no party has no map."""
        plan = self._plan()
        plan.action_score()
        with self.assertRaises(AccessError):
            self._figures("score", user=self.user_neighbour, plan_id=plan.id)
        options = self._as(self.user_neighbour, "political.map").map_options()
        self.assertNotIn(plan.id, [one["id"] for one in options["plans"]])
        for call in ("map_options", "hand_to_field"):
            with self.assertRaises(AccessError):
                getattr(self._as(self.user_plain, "political.map"), call)(
                    *([[]] if call == "hand_to_field" else [])
                )
        options = self._as(self.user_lead, "political.map").map_options()
        self.assertIn(self.department.id, [one["id"] for one in options["scopes"]])
        self.assertFalse(options["tiles"])

    def test_contours(self):
        """Contours come compact, are kept by version, and change with it."""
        url = self._figures("turnout", election_id=self.last.id)[0]["contours"]
        self.authenticate(self.user_lead.login, self.user_lead.login)
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("immutable", answer.headers["Cache-Control"])
        zones = dict(answer.json()["zones"])
        self.assertEqual(set(zones), set(self.stations.ids))
        corners = set(ring_of(zones[self.stations[0].id][0][0]))
        self.assertEqual(corners, {(4.0, 45.0), (4.01, 45.0), (4.01, 45.01), (4.0, 45.01)})
        self.url_open(url)
        name = f"political_map/{self.department.id}/station/%"
        kept = self.env["ir.attachment"].search(
            [("name", "=like", name), ("res_model", "=", False)]
        )
        self.assertEqual(len(kept), 1)
        self.stations[0].contour = self._square(5, 5)
        changed = self._figures("turnout", election_id=self.last.id)[0]["contours"]
        self.assertNotEqual(changed, url)
        self.authenticate(self.user_plain.login, self.user_plain.login)
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)

    def test_common_borders_stay_common(self):
        """Contours are simplified as one fabric: no gap opens between neighbours."""
        wave = [[4 + n / 10_000, 45 + (n % 2) / 50_000] for n in range(101)]
        north = [*wave, [4.01, 45.1], [4, 45.1], wave[0]]
        south = [*reversed(wave), [4, 44.9], [4.01, 44.9], wave[-1]]
        rows = [
            (n, json.dumps({"type": "Polygon", "coordinates": [ring]}))
            for n, ring in enumerate((north, south))
        ]
        text = light_contours.payload(rows, "station")
        first, second = (set(ring_of(zone[1][0][0])) for zone in json.loads(text)["zones"])
        self.assertLess(len(first), 20)
        self.assertEqual(len(first & second), len(first) - 2)
        self.assertLess(len(gzip.compress(text.encode())), 300)

    def test_opens_without_error(self):
        """The map opens in a browser, paints the places and has no error on its console."""
        plan = self._plan(self.user_lead)
        plan.action_score()
        self.browser_js(
            "/odoo/party-map",
            """
            const until = (test) => new Promise((done) => {
                const look = () => (test() ? done(test()) : setTimeout(look, 50));
                look();
            });
            (async () => {
                const measure = await until(() => document.querySelector("#o_map_measure"));
                measure.value = "score";
                measure.dispatchEvent(new Event("change"));
                const bars = () => document.querySelectorAll(".o_political_ranking li");
                await until(() => bars().length === 40);
                const first = bars()[0].querySelector("button").textContent;
                const slider = document.querySelector(".o_political_plan input[type=range]");
                slider.value = 0;
                slider.dispatchEvent(new Event("input"));
                await until(() => bars()[0].querySelector("button").textContent !== first);
                const canvas = document.querySelector(".o_political_map_canvas canvas");
                const {width, height} = canvas;
                const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
                if (!pixels.some((value) => value)) {
                    throw new Error("nothing is painted");
                }
                console.log("test successful");
            })();
            """,
            login=self.user_lead.login,
        )
