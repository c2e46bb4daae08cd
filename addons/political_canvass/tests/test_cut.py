import csv
import json
from datetime import timedelta
from pathlib import Path

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import file_path

from ..lib import area, cut
from .common import CanvassCase, grid


def outline(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


@tagged("post_install", "-at_install")
class TestCut(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = cls._load(grid(14, lat=48.8), cls.north)
        cls.operation = cls._operation(
            area_kind="polygon",
            area_polygon=outline(2.479, 48.799, 2.485, 48.804),
            turf_minutes=60.0,
        )

    def _turfs(self):
        return self.operation.turf_ids

    def _doors(self, turfs=None):
        return (turfs or self._turfs()).line_ids.mapped("door_id")

    def test_cut_by_the_lead(self):
        """Every door of the area in exactly one turf, in time alike, walked and named."""
        action = self.operation.with_user(self.lead).action_cut()
        self.assertEqual(action["res_model"], "canvass.turf")
        turfs = self._turfs()
        self.assertGreater(len(turfs), 5)
        self.assertEqual(len(turfs.line_ids), len(self.town))
        self.assertEqual(self._doors(), self.town.door_ids)
        times = turfs.mapped("walk_minutes")
        self.assertLessEqual(max(times), 1.15 * sum(times) / len(times))
        for turf in turfs:
            self.assertGreaterEqual(turf.walk_length, turf.walk_bound)
            self.assertGreater(turf.walk_bound, 0)
            self.assertEqual(
                turf.line_ids.sorted("sequence").mapped("sequence"),
                list(range(1, len(turf.line_ids) + 1)),
            )
            self.assertEqual(json.loads(turf.outline)["type"], "Polygon")
        self.assertIn("196", self.operation.cut_report)

    def test_who_may_not(self):
        for user in (self.south_lead, self.homeless, self.plain, self.neighbour):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._as(user, "canvass.operation").browse(self.operation.id).action_cut()
        self.assertFalse(self._turfs())

    def test_again_replaces_drafts_and_leaves_published_ones(self):
        self.operation.action_cut()
        kept = self._turfs()[0]
        kept.action_publish()
        doors = kept.line_ids.door_id
        self.operation.action_cut()
        self.assertEqual(len(self._turfs().line_ids), len(self.town))
        self.assertFalse(self._doors(self._turfs() - kept) & doors)
        self.operation.action_close()
        with self.assertRaises(UserError):
            self.operation.action_cut()

    def test_what_is_left_out(self):
        """R-48 and buildings that are closed, unsafe or for leaflets."""
        closed, unsafe, leaflet, silent = self.town[:4]
        closed.access, unsafe.access, leaflet.access = "closed", "unsafe", "leaflet"
        silent.door_ids.do_not_knock = True
        self.operation.action_cut()
        self.assertEqual(self._doors(), (self.town - self.town[:4]).door_ids)

    def test_zones(self):
        stations = self.env["political.zone"].create(
            [{"name": f"Bureau {n}", "kind": "station", "code": f"99999_{n:04}"} for n in range(2)]
        )
        one, two = self.town[:50], self.town[50:90]
        one.polling_station_id, two.polling_station_id = stations
        self.operation.write({"area_kind": "zones", "zone_ids": [(6, 0, stations.ids)]})
        self.operation.keep_stations = True
        self.operation.action_cut()
        self.assertEqual(self._doors(), (one + two).door_ids)
        for turf in self._turfs():
            self.assertEqual(len(turf.line_ids.door_id.building_id.polling_station_id), 1)
        self.operation.zone_ids = False
        with self.assertRaisesRegex(UserError, "places"):
            self.operation.action_cut()

    def test_barriers(self):
        """No turf lies on both sides of the line."""
        river = {"type": "LineString", "coordinates": [[2.4, 48.80155], [2.5, 48.80155]]}
        self.operation.barrier_file = self._base64(json.dumps(river))
        self.operation.action_cut()
        for turf in self._turfs():
            sides = {b.latitude > 48.80155 for b in turf.line_ids.door_id.building_id}
            self.assertEqual(len(sides), 1, turf.name)
        with self.assertRaisesRegex(UserError, "GeoJSON"):
            self.operation.barrier_file = self._base64("<html>")

    def _base64(self, text):
        import base64

        return base64.b64encode(text.encode())

    def test_tower_counts_floors_and_homes(self):
        building = self.town[0]
        building.home_count = 40
        operation = self._operation(
            area_kind="polygon",
            area_polygon=outline(
                building.longitude - 1e-5,
                building.latitude - 1e-5,
                building.longitude + 1e-5,
                building.latitude + 1e-5,
            ),
        )
        operation.action_cut()
        self.assertAlmostEqual(sum(operation.turf_ids.mapped("walk_minutes")), 80.0, delta=0.1)

    def test_by_hand_and_back(self):
        """Draw, split, join, move a street; each is undone to what it was."""
        operation = self.operation.with_user(self.lead)
        operation.action_cut()
        cut_doors = self._held()
        drawn = operation.action_draw(outline(2.479, 48.799, 2.4812, 48.8009), "Angle")
        turf = self._turfs().browse(drawn)
        self.assertEqual(len(turf.line_ids), 4 * 4)
        self.assertEqual(len(self._turfs().line_ids), len(self.town))
        self.assertTrue(self.operation.undo_label)
        parts = operation.action_split(drawn, 2)
        self.assertEqual(len(parts), 2)
        joined = operation.action_join(parts)
        target = (self._turfs() - self._turfs().browse(joined))[0]
        street = self._turfs().browse(joined).line_ids[0].door_id.building_id.street
        count = len(target.line_ids)
        moved = operation.action_move_street(street, joined, target.id)
        self.assertEqual(len(target.line_ids), count + moved)
        self.assertEqual(len(self._turfs().line_ids), len(self.town))
        for _step in range(4):
            operation.action_undo()
        self.assertEqual(self._held(), cut_doors)
        operation.action_undo()
        self.assertFalse(self._turfs())
        with self.assertRaisesRegex(UserError, "nothing to undo"):
            operation.action_undo()

    def _held(self):
        return {frozenset(turf.line_ids.door_id.ids) for turf in self._turfs()}

    def test_published_turfs_are_not_changed(self):
        self.operation.action_cut()
        turf, other = self._turfs()[:2]
        turf.action_publish()
        for act in (
            lambda: self.operation.action_split(turf.id),
            lambda: self.operation.action_join([turf.id, other.id]),
            lambda: self.operation.action_move_street("Rue 1", turf.id, other.id),
            lambda: self.operation.action_undo(),
            lambda: self.operation.action_draw("{}"),
        ):
            with self.assertRaises(UserError):
                act()
        elsewhere = self._operation()
        with self.assertRaises(UserError):
            elsewhere.action_split(other.id)

    def test_board(self):
        """Counts for the lead, in a number of queries that does not grow with the turfs."""
        self.operation.action_cut()
        turf = self._turfs()[0]
        turf.action_publish()
        lease, token = self._open(turf)
        doors = turf.line_ids.sorted("sequence").door_id
        self._sync(
            lease,
            token,
            self._event(doors[0], "spoke"),
            self._event(doors[1], "not_home"),
        )
        operation = self._as(self.lead, "canvass.operation").browse(self.operation.id)
        data = operation.board_data()
        self.assertEqual(data["totals"]["doors"], len(self.town))
        self.assertEqual((data["totals"]["done"], data["totals"]["talks"]), (2, 1))
        [shown] = [one for one in data["turfs"] if one["id"] == turf.id]
        self.assertEqual((shown["show"], shown["done"]), ("out", 2))
        self.assertEqual(data["out"][0]["alias"], "Ali")
        self.assertFalse(data["stations"][0]["talks"])  # two doors done
        self.assertNotIn("code", shown)
        self.assertEqual(len(operation.board_walk(turf.id)), len(doors))
        streets = operation.board_streets(turf.ids)
        self.assertEqual(sum(one["doors"] for one in streets), len(doors))
        with self.assertRaises(AccessError):
            self._as(self.south_lead, "canvass.operation").browse(operation.id).board_data()

    def test_reissue(self):
        """The doors not home and those left are a new draft; the old turf is over."""
        turf = self._published(self._operation(), number=6, user=self.lead)
        lease, token = self._open(turf)
        doors = turf.line_ids.sorted("sequence").door_id
        said = ("spoke", "not_home", "refused", "do_not_knock")
        self._sync(lease, token, *[self._event(d, o) for d, o in zip(doors, said, strict=False)])
        action = turf.with_user(self.lead).action_reissue()
        again = self.env["canvass.turf"].search(action["domain"])
        self.assertEqual(again.line_ids.door_id, doors[1] | doors[4:6])
        self.assertEqual((turf.state, again.state), ("closed", "draft"))
        self.assertIn("1", again.collision_note)
        again.action_publish()
        left = self.env["canvass.turf"].search(again.action_take_back()["domain"])
        self.assertEqual(len(left.line_ids), 3)
        with self.assertRaises(UserError):
            left.action_reissue()

    def test_collision_across_operations(self):
        """Two operations hold the same doors: both leads are told."""
        one = self._published(self._operation(), number=5)
        lease, token = self._open(one)
        self._sync(lease, token, self._event(one.line_ids[0].door_id))
        other = self._cut(self._operation(), number=5, user=self.lead)
        note = other.with_user(self.lead).collision_note
        self.assertIn("5 doors are in another open turf too.", note)
        self.assertIn("1 doors were knocked at", note)

    def test_silence(self):
        """R-28: from the eve to the close nobody opens a turf of these doors; others do."""
        turf = self._published(self._operation(), number=5)
        department = self.env["political.zone"].create(
            {"name": "Essai", "kind": "department", "code": "98999"}
        )
        commune = self.env["political.zone"].create(
            {
                "name": "Essai-sur-Test",
                "kind": "commune",
                "code": "99999",
                "parent_id": department.id,
            }
        )
        self.env["political.election"].create(
            {
                "name": "Essai",
                "code": "essai-silence",
                "kind": "municipal",
                "date": fields.Date.today(),
                "zone_ids": [(6, 0, commune.ids)],
            }
        )
        silent = turf._silence(fields.Datetime.to_datetime(fields.Date.today()))
        self.assertTrue(silent)
        self.assertFalse(turf._silence(silent + timedelta(minutes=1)))
        with freeze_time(silent - timedelta(hours=5)):
            self.assertIsNone(self.env["canvass.lease"]._open(turf.code, "x", "Ali"))
        with freeze_time(silent + timedelta(hours=5)):
            self.assertTrue(self.env["canvass.lease"]._open(turf.code, "x", "Ali"))
        self._check_end_at_silence(turf)

    def _check_end_at_silence(self, turf):
        """R-28: what is left before the silence, be it minutes, and not a moment of it."""
        day = self.env["political.ballot.day"].search([("election_id.code", "=", "essai-silence")])
        begins = day[:1].silent_from
        Lease = self.env["canvass.lease"]
        for minutes in (1, 20, 90):
            with self.subTest(minutes=minutes), freeze_time(begins - timedelta(minutes=minutes)):
                answer = Lease._open(turf.code, "x", "Ali")
                lease = Lease.browse(answer["lease"]["id"])
                self.assertEqual(lease.expires_at, begins)
                lease.with_user(self.lead).action_extend()
                self.assertEqual(lease.expires_at, begins)
        # A ballot that was entered too late for a phone that is out.
        lease.sudo().expires_at = begins + timedelta(hours=2)
        with freeze_time(begins):
            self.env.invalidate_all()
            self.assertIsNone(Lease._open(turf.code, "x", "Ali"))
            with self.assertRaisesRegex(UserError, "a place that votes"):
                lease.with_user(self.lead).action_extend()
        hours = turf.operation_id.lease_hours
        with freeze_time(begins - timedelta(hours=hours + 1)):
            answer = Lease._open(turf.code, "x", "Ali")
            expected = fields.Datetime.now() + timedelta(hours=hours)
            self.assertEqual(Lease.browse(answer["lease"]["id"]).expires_at, expected)

    def _queries(self, operation):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation.board_data()
        return self.env.cr.sql_log_count - before

    def test_board_queries_do_not_grow(self):
        few = self._operation(
            area_kind="polygon", area_polygon=outline(2.479, 48.799, 2.4812, 48.8009)
        )
        few.action_cut()
        self.operation.action_cut()
        self.assertGreater(len(self._turfs()), 3 * len(few.turf_ids))
        self.assertLessEqual(abs(self._queries(self.operation) - self._queries(few)), 1)


@tagged("post_install", "-at_install")
class TestCutLib(CanvassCase):
    @classmethod
    def _set_up_field(cls):
        """Pure computation needs no party."""

    def _town(self, side=40, lat=48.9, lon=2.48):
        return [
            cut.Door(lat + i * 0.0002, lon + j * 0.0003, 3.0, f"Rue {i}", j + 1)
            for i in range(side)
            for j in range(side)
        ]

    def _check(self, doors, turfs):
        self.assertEqual(
            sorted(index for turf in turfs for index in turf.doors), list(range(len(doors)))
        )

    def test_even(self):
        doors = self._town()
        turfs = cut.cut(doors, 120, cut.Pace(crossing=10))
        self._check(doors, turfs)
        times = [turf.minutes for turf in turfs]
        self.assertLessEqual(max(times), 1.15 * sum(times) / len(times))

    def test_real_town(self):
        """Bondy, whose parks and rails part streets: as even, and every door once."""
        with Path(file_path("political_crm/demo/bondy_addresses.csv")).open() as stream:
            doors = [
                cut.Door(
                    float(row["lat"]),
                    float(row["lon"]),
                    3.0,
                    row["street"],
                    int(row["number"] or 0),
                )
                for row in csv.DictReader(stream)
            ]
        turfs = cut.cut(doors, 150, cut.Pace(crossing=10))
        self._check(doors, turfs)
        times = [turf.minutes for turf in turfs]
        self.assertLessEqual(max(times), 1.15 * sum(times) / len(times))

    def test_hamlets_apart(self):
        """Two villages some kilometres apart share no turf."""
        doors = self._town(12) + self._town(12, lat=48.95)
        turfs = cut.cut(doors, 100)
        self._check(doors, turfs)
        for turf in turfs:
            self.assertEqual(len({doors[index].lat > 48.93 for index in turf.doors}), 1)

    def test_contiguous(self):
        """Doors of a turf hang together: steps of a neighbour's distance reach them all."""
        doors = self._town(20)
        for turf in cut.cut(doors, 90):
            left, front = set(turf.doors), [turf.doors[0]]
            while front:
                here = doors[front.pop()]
                near = {
                    index
                    for index in left
                    if abs(doors[index].lat - here.lat) < 0.00031
                    and abs(doors[index].lon - here.lon) < 0.00046
                }
                left -= near
                front += near
            self.assertFalse(left)

    def test_tower_is_several_turfs(self):
        doors = [cut.Door(48.9, 2.48, 2.0, "Tour", 1) for _ in range(300)]
        turfs = cut.cut(doors, 100)
        self._check(doors, turfs)
        self.assertEqual(len(turfs), 6)

    def test_degenerate(self):
        self.assertEqual(cut.cut([], 60), [])
        [alone] = cut.cut([cut.Door(48.9, 2.48, 3.0)], 60)
        self.assertEqual((alone.doors, alone.minutes), ([0], 3.0))
        line = [cut.Door(48.9, 2.48 + n * 0.0002, 3.0, "Rue", n) for n in range(100)]
        self._check(line, cut.cut(line, 60))
        with self.assertRaises(ValueError):
            cut.cut(line, 0)

    def test_areas(self):
        for text in ("", "[]", "{}", '{"type": "Polygon"}', outline(6e5, 6e6, 7e5, 7e6)):
            with self.subTest(text), self.assertRaises(ValueError):
                area.polygon(text)
