import base64
import hashlib
import io
import json

import psycopg2
from PIL import Image

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..lib import snapshot, walk
from .common import CanvassCase, grid


@tagged("post_install", "-at_install")
class TestTurf(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation(wording_ids=[(6, 0, cls._newsletter().ids)])

    def test_cut_takes_the_nearest_doors(self):
        """As the branch's lead: the doors are those that a plain sort by distance gives."""
        turf = self._cut(self.operation, 10, user=self.lead)
        here = (48.9, 2.48)

        def away(building):
            return walk.distance(here, (building.latitude, building.longitude))

        expected = sorted(self.buildings, key=away)
        cut = turf.line_ids.door_id.building_id
        self.assertEqual(len(turf.line_ids), 10)
        self.assertLessEqual(max(map(away, cut)), away(expected[9]) + 0.01)
        self.assertEqual(turf.line_ids.sorted("sequence").mapped("sequence"), list(range(1, 11)))
        self.assertGreater(turf.walk_length, 0)
        self.assertLessEqual(turf.walk_bound, turf.walk_length)
        self.assertAlmostEqual(
            turf.walk_minutes, turf.walk_length / (4000 / 60) + 10 * 3.0, delta=0.01
        )

    def test_doors_are_reserved_once(self):
        one = self._cut(self.operation, 20)
        two = self._cut(self.operation, 20)
        self.assertEqual(len(two.line_ids), 16)
        self.assertFalse(one.line_ids.door_id & two.line_ids.door_id)
        with self.assertRaisesRegex(UserError, "no free door"):
            self._cut(self.operation, 1)
        one.action_publish()
        one.action_close()
        self.assertEqual(len(self._cut(self.operation, 20).line_ids), 20)

    def test_do_not_knock_is_left_out(self):
        """R-48: at the door or at the building."""
        nearest = self._cut(self.operation, 2).line_ids.door_id
        nearest[0].do_not_knock = True
        nearest[1].building_id.do_not_knock = True
        other = self._operation()
        self.assertFalse(self._cut(other, 36).line_ids.door_id & nearest)

    def test_tower_is_walked_top_down(self):
        building = self.buildings[0]
        building.door_ids.unlink()
        self.env["canvass.door"].create(
            [
                {"building_id": building.id, "has_floor": True, "floor": floor, "name": name}
                for floor, name in ((0, "A"), (2, "A"), (1, "A"), (2, "B"))
            ]
        )
        turf = self._cut(
            self.operation, 4, latitude=building.latitude, longitude=building.longitude
        )
        doors = turf.line_ids.sorted("sequence").door_id
        self.assertEqual(
            [(door.floor, door.name) for door in doors],
            [(2, "A"), (2, "B"), (1, "A"), (0, "A")],
        )

    def test_snapshot(self):
        turf = self._cut(self.operation, 10)
        turf.line_ids.door_id.building_id[0].access_note = "Code 24A7"
        turf.with_user(self.lead).action_publish()
        text = turf.sudo().snapshot
        self.assertEqual(turf.snapshot_sha256, hashlib.sha256(text.encode()).hexdigest())
        held = json.loads(text)
        self.assertEqual(snapshot.canonical(held), text)
        doors = turf.line_ids.sorted("sequence").door_id
        self.assertEqual([door["id"] for door in held["doors"]], doors.ids)
        self.assertEqual(held["consents"][0]["wording_code"], self._newsletter().code)
        self.assertTrue(held["consents"][0]["notice"])
        labels = {o["code"]: o["labels"] for o in held["outcomes"]}
        self.assertEqual(labels["not_home"]["en_US"], "Not home")
        self.assertEqual(self.operation.state, "running")

    def test_published_is_frozen_for_the_orm(self):
        turf = self._published(self.operation)
        line = turf.line_ids[0]
        for act in (
            lambda: turf.write({"start_latitude": 1.0}),
            lambda: turf.write({"line_ids": [(5,)]}),
            lambda: line.write({"sequence": 99}),
            lambda: line.unlink(),
            lambda: turf.unlink(),
            lambda: turf.action_plan_walk(),
            lambda: self.env["canvass.turf.door"].create(
                {"turf_id": turf.id, "door_id": self.buildings[-1].door_ids.id, "sequence": 99}
            ),
        ):
            with self.assertRaises(UserError):
                act()

    def test_published_is_frozen_for_sql(self):
        turf = self._published(self.operation)
        self.env.flush_all()
        for statement in (
            "UPDATE canvass_turf SET snapshot = '{}' WHERE id = %s",
            "UPDATE canvass_turf SET snapshot_sha256 = NULL WHERE id = %s",
            "DELETE FROM canvass_turf WHERE id = %s",
            "UPDATE canvass_turf_door SET sequence = sequence + 1 WHERE turf_id = %s",
            "DELETE FROM canvass_turf_door WHERE turf_id = %s",
            "INSERT INTO canvass_turf_door (turf_id, door_id, sequence) "
            "SELECT turf_id, door_id, 99 FROM canvass_turf_door WHERE turf_id = %s LIMIT 1",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement, [turf.id])

    def test_state_and_code_are_not_for_clients(self):
        """What RPC may send and must not decide."""
        turf = self._cut(self.operation).with_user(self.lead)
        for vals in (
            {"state": "published"},
            {"code": "AAAAAAAAAA"},
            {"snapshot_sha256": "0" * 64},
            {"walk_length": 1.0},
            {"operation_id": self._operation().id},
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                turf.write(vals)
        with self.assertRaises(AccessError):
            turf.create({"name": "x", "operation_id": self.operation.id, "code": "AAAAAAAAAA"})
        with self.assertRaises(AccessError):
            turf.line_ids[0].write({"outcome": "spoke"})
        turf.name = "Another name"

    def test_snapshot_is_read_by_nobody(self):
        turf = self._published(self.operation)
        with self.assertRaises(AccessError):
            turf.with_user(self.organiser).read(["snapshot"])

    def test_code_and_picture(self):
        turf = self._published(self.operation).with_user(self.lead)
        self.assertRegex(turf.code, r"^[2-9A-HJKMNP-Z]{10}$")
        self.assertTrue(turf.link.endswith(f"/canvass/#{turf.code}"))
        picture = Image.open(io.BytesIO(base64.b64decode(turf.qr)))
        self.assertGreater(picture.width, 200)
        before = turf.code
        turf.action_new_code()
        self.assertNotEqual(before, turf.code)

    def test_close_ends_code_and_leases(self):
        turf = self._published(self.operation)
        lease, _token = self._open(turf)
        turf.with_user(self.lead).action_close()
        self.assertFalse(turf.code)
        self.assertFalse(turf.qr)
        self.assertEqual(lease.state, "revoked")

    def test_operation_stays_with_its_branch(self):
        self._published(self.operation)
        with self.assertRaises(UserError):
            self.operation.branch_id = self.south
        draft = self._operation()
        draft.branch_id = self.south
        with self.assertRaises(AccessError):
            self._operation().with_user(self.lead).branch_id = self.south

    def test_empty_turf_is_not_published(self):
        turf = self.env["canvass.turf"].create({"name": "Vide", "operation_id": self.operation.id})
        with self.assertRaises(UserError):
            turf.action_publish()

    def test_sheet(self):
        """The printed sheet shows code, doors and nobody."""
        turf = self._published(self.operation)
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.lead)
            ._render_qweb_html("political_canvass.report_turf", turf.ids)
        )
        page = html.decode()
        self.assertIn(turf.code[:5], page)
        self.assertIn("data:image/png;base64,", page)
        # eight boxes a door, and what they mean
        self.assertEqual(page.count('class="o_walk_door"'), 10)
        self.assertEqual(page.count('class="o_box"'), 8 * 10 + 8)
        # the walk's drawing, and a code a door
        self.assertEqual(page.count("<polyline"), 1)
        self.assertEqual(page.count('shape-rendering="crispEdges"'), 10)

    def test_notes_about_people(self):
        """R-47 at building and door."""
        with self.assertRaises(ValidationError):
            self.buildings[0].access_note = "Mme Essai, 3e"
        with self.assertRaises(ValidationError):
            self.buildings[0].door_ids[0].name = "M. Essai"
        self.buildings[0].access_note = "Code 24A7, 3e cour"

    def test_marks_are_forgotten(self):
        """R-48: the mark goes with the campaign."""
        door, building = self.buildings[0].door_ids, self.buildings[1]
        door.write({"do_not_knock": True, "do_not_knock_until": "2026-01-01"})
        building.write({"do_not_knock": True, "do_not_knock_until": "2026-01-01"})
        kept = self.buildings[2].door_ids
        kept.do_not_knock = True
        self.assertTrue(kept.do_not_knock_until)
        self.env["canvass.door"]._cron_lift_do_not_knock()
        self.assertFalse(door.do_not_knock or building.do_not_knock)
        self.assertTrue(kept.do_not_knock)

    def test_nearest_uses_the_index(self):
        """The plan for a town walks the index, so that its time does not grow with the town."""
        self._load(grid(50, lat=48.0), self.north)
        self.env.cr.execute("ANALYZE canvass_building, canvass_door")
        seen = []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            seen.append(query)
            return execute(cr, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        doors = self.env["canvass.door"].with_user(self.lead)._nearest(48.9, 2.48, 50)
        self.assertEqual(len(doors), 50)
        [query] = [q for q in seen if "<->" in getattr(q, "code", str(q))]
        self.env.cr.execute(SQL("EXPLAIN %s", query))
        plan = "\n".join(line for (line,) in self.env.cr.fetchall())
        self.assertIn("canvass_building_nearest", plan)
