import random
import uuid
from datetime import timedelta

import psycopg2
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..lib.payload import stamp
from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestEvents(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation()
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id
        cls.lease, cls.token = cls._open(cls.turf)

    def _line(self, door):
        self.env.invalidate_all()
        return self.turf.line_ids.filtered(lambda line: line.door_id == door)

    def test_stored_once(self):
        """Promise 5: any number of times, stored once."""
        event = self._event(self.doors[0], "spoke")
        first = self._sync(self.lease, self.token, event, event)
        again = self._sync(self.lease, self.token, event)
        self.assertEqual(self._statuses(first), [("stored", None)])
        self.assertEqual(self._statuses(again), [("known", None)])
        [row] = self._stored(self.turf)
        self.assertEqual((row["uid"], row["outcome"]), (event["uid"], "spoke"))
        self.assertEqual(self._line(self.doors[0]).visits, 1)

    def test_one_bad_event_holds_nothing_back(self):
        good, bad = self._event(self.doors[0]), self._event(self.doors[1], "won over")
        answer = self._sync(self.lease, self.token, bad, {"uid": "?"}, good)
        self.assertEqual(answer["results"][good["uid"]]["status"], "stored")
        self.assertEqual(answer["results"][bad["uid"]]["reason"], "outcome")
        self.assertEqual(answer["unreadable"], 1)

    def test_two_phones_one_door_both_kept(self):
        other, other_token = self._open(self.turf, "Bea")
        door = self.doors[0]
        self._sync(self.lease, self.token, self._event(door, "spoke", ago=60))
        answer = self._sync(other, other_token, self._event(door, "not_home", ago=30))
        self.assertEqual(len(self._stored(self.turf)), 2)
        line = self._line(door)
        self.assertEqual((line.outcome, line.visits, line.conflict), ("not_home", 2, True))
        self.assertTrue(answer["state"][str(door.id)]["conflict"])
        self._sync(self.lease, self.token, self._event(door, "not_home", ago=10))
        self.assertFalse(self._line(door).conflict)

    def test_two_phones_within_one_second(self):
        """Who knocked last is shown, though the second is the same and the network was slower."""
        other, other_token = self._open(self.turf, "Bea")
        door, second = self.doors[0], "2026-11-28T10:00:0"
        for lease in self.lease, other:
            lease.write({"opened_at": "2026-11-28 09:00:00", "expires_at": "2026-11-28 13:00:00"})
        with freeze_time(f"{second}0.990"):
            event = self._event(door, "spoke", at=f"{second}0.900Z")
            self._sync(self.lease, self.token, event, client_now=f"{second}0.910Z")
        with freeze_time(f"{second}1.800"):
            event = self._event(door, "not_home", at=f"{second}1.700Z")
            self._sync(other, other_token, event, client_now=f"{second}1.790Z")
        self.assertEqual(self._line(door).outcome, "not_home")
        self.assertLess(*[row["at"] for row in self._stored(self.turf)])

    def test_own_reports_follow_the_phone(self):
        """What a phone said later counts, though its first request took longer."""
        door, now = self.doors[0], fields.Datetime.now()
        first = self._event(door, "not_home", ago=8, counter=1)
        second = self._event(door, "spoke", ago=7, counter=2)
        self._sync(self.lease, self.token, first, client_now=stamp(now - timedelta(seconds=8)))
        self._sync(self.lease, self.token, second, client_now=stamp(now))
        line = self._line(door)
        self.assertEqual((line.outcome, line.visits, line.conflict), ("spoke", 2, False))

    def test_state_does_not_depend_on_the_order(self):
        """Fold of the same events in any order, undone ones included."""
        frozen = freeze_time(fields.Datetime.now())  # how long a request takes is no order
        frozen.start()
        self.addCleanup(frozen.stop)
        door = self.doors[2]
        events = [
            self._event(door, outcome, ago=200 - 10 * n, counter=n)
            for n, outcome in enumerate(("not_home", "spoke", "come_back", "refused"))
        ]
        undo = self._event(
            door, None, kind="undo", ago=5, counter=9, data={"target": events[3]["uid"]}
        )
        seen = set()
        draw = random.Random(3)
        for _ in range(4):
            shuffled = draw.sample(events, len(events))
            with self.env.cr.savepoint() as savepoint:
                for event in [*shuffled, undo]:
                    self._sync(self.lease, self.token, event)
                line = self._line(door)
                seen.add((line.outcome, line.visits, line.reported_at, line.conflict))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual([(s[0], s[1], s[3]) for s in seen], [("come_back", 3, False)])

    def test_undo_of_everything_leaves_the_door_to_do(self):
        event = self._event(self.doors[0], "refused")
        undo = self._event(self.doors[0], None, kind="undo", data={"target": event["uid"]})
        self._sync(self.lease, self.token, event, undo)
        line = self._line(self.doors[0])
        self.assertEqual((line.outcome, line.visits), (False, 0))
        self.assertEqual(len(self._stored(self.turf)), 2)

    def test_undo_of_others_is_refused(self):
        other, other_token = self._open(self.turf)
        event = self._event(self.doors[0], "refused")
        self._sync(self.lease, self.token, event)
        for door, target in (
            (self.doors[0], event["uid"]),  # another lease's
            (self.doors[1], event["uid"]),
        ):
            undo = self._event(door, None, kind="undo", data={"target": target})
            answer = self._sync(other, other_token, undo)
            self.assertEqual(self._statuses(answer), [("refused", "target")])
        self.assertEqual(self._line(self.doors[0]).outcome, "refused")

    def test_other_turf(self):
        """A door, and a UUID, of another turf."""
        elsewhere = self._published(self.operation)
        foreign_door = elsewhere.line_ids.door_id[0]
        answer = self._sync(self.lease, self.token, self._event(foreign_door))
        self.assertEqual(self._statuses(answer), [("refused", "door")])
        event = self._event(self.doors[0])
        self._sync(self.lease, self.token, event)
        lease, token = self._open(elsewhere)
        answer = self._sync(lease, token, {**event, "door": foreign_door.id})
        self.assertEqual(self._statuses(answer), [("refused", "uid")])
        self.assertFalse(self._stored(elsewhere))

    def test_do_not_knock(self):
        """R-48: marks the address, with the operation's end and nothing else; undo lifts it."""
        self.operation.date_end = fields.Date.today() + timedelta(days=40)
        door = self.doors[3]
        event = self._event(door, "do_not_knock")
        self._sync(self.lease, self.token, event)
        self.assertTrue(door.do_not_knock)
        self.assertEqual(door.do_not_knock_until, self.operation.date_end)
        undo = self._event(door, None, kind="undo", data={"target": event["uid"]})
        self._sync(self.lease, self.token, undo)
        self.assertFalse(door.do_not_knock or door.do_not_knock_until)

    def test_mark_of_the_office_stays(self):
        door = self.doors[4]
        door.do_not_knock = True
        self._sync(self.lease, self.token, self._event(door, "spoke"))
        self.assertTrue(door.do_not_knock)

    def test_clock(self):
        now = fields.Datetime.now()
        event = self._event(self.doors[0], at=stamp(now + timedelta(days=1, seconds=-60)))
        self._sync(self.lease, self.token, event, client_now=stamp(now + timedelta(days=1)))
        [row] = self._stored(self.turf)
        self.assertAlmostEqual(row["skew"], 86400, delta=2)
        self.assertLessEqual(row["at"], fields.Datetime.now())

    def test_append_only(self):
        self._sync(self.lease, self.token, self._event(self.doors[0]))
        event = self.env["canvass.event"].search([("turf_id", "=", self.turf.id)])
        for act in (
            lambda: event.write({"outcome": "spoke"}),
            lambda: event.unlink(),
            lambda: event.create({"uid": "x"}),
            lambda: event.copy(),
        ):
            with self.assertRaises(AccessError):
                act()
        for statement in (
            "UPDATE canvass_event SET outcome = 'spoke'",
            "DELETE FROM canvass_event",
            "TRUNCATE canvass_event CASCADE",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_a_report_is_about_its_lease(self):
        """What the columns of a report refer to is one lease's, and stays."""
        self._sync(self.lease, self.token, self._event(self.doors[0]))
        elsewhere = self._published(self._operation())
        building = self.doors[0].building_id
        foreign = self.env["canvass.door"].create({"building_id": building.id, "name": "attic"})
        for column, value in (
            ("turf_id", elsewhere.id),
            ("door_id", foreign.id),
            ("lease_id", 0),
            ("company_id", self.env["res.company"].create({"name": "Other"}).id),
            ("operation_id", 0),
        ):
            with (
                self.subTest(column),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.ForeignKeyViolation),
                self.env.cr.savepoint(),
            ):
                self._repeat_report({column: value})
        self._repeat_report({})
        for statement in (
            SQL("DELETE FROM canvass_lease WHERE id = %s", self.lease.id),
            SQL("TRUNCATE canvass_lease CASCADE"),
            SQL("TRUNCATE canvass_door CASCADE"),
            SQL("DELETE FROM canvass_turf WHERE id = %s", self.turf.id),
            SQL("DELETE FROM canvass_door WHERE id = %s", self.doors[0].id),
            SQL("DELETE FROM canvass_operation WHERE id = %s", self.turf.operation_id.id),
        ):
            with (
                self.subTest(statement.code),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def _repeat_report(self, other):
        """The turf's report once more under another uid, with other values in some columns."""
        names = [
            name
            for name, field in self.env["canvass.event"]._fields.items()
            if field.store and field.column_type and name != "id"
        ]
        values = {"uid": str(uuid.uuid4()), **other}
        self.env.cr.execute(
            SQL(
                "INSERT INTO canvass_event (%s) SELECT %s FROM canvass_event "
                "WHERE turf_id = %s LIMIT 1",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(
                    SQL("%s", values[name]) if name in values else SQL.identifier(name)
                    for name in names
                ),
                self.turf.id,
            )
        )

    def test_replay_uses_nothing_up(self):
        """Ids are numbers of four bytes: sending again, for ever, must not bring their end."""
        events = [self._event(door) for door in self.doors]
        self._sync(self.lease, self.token, *events)
        last = self._last_id()
        answer = self._sync(self.lease, self.token, *events)
        self.assertEqual(set(self._statuses(answer)), {("known", None)})
        self.assertEqual(self._last_id(), last)

    def _last_id(self):
        self.env.cr.execute("SELECT last_value FROM canvass_event_id_seq")
        return self.env.cr.fetchone()[0]

    def test_stored_is_on_disk(self):
        """A server that is set not to wait for its disk waits for what phones will forget."""
        for setting, then in (("off", "on"), ("on", "on"), ("remote_write", "remote_write")):
            with self.subTest(setting):
                self.env.cr.execute(SQL("SET LOCAL synchronous_commit = %s", setting))
                self._sync(self.lease, self.token, self._event(self.doors[0]))
                self.env.cr.execute("SHOW synchronous_commit")
                self.assertEqual(self.env.cr.fetchone()[0], then)

    def test_known_is_judged_once(self):
        """What was stored is known, whatever would be said of it today."""
        target = str(uuid.uuid4())
        sign = self._event(self.doors[0], None, kind="safety", data={"signal": "well"})
        del sign["door"]
        events = [
            self._event(self.doors[0], None, kind="undo", data={"target": target}),
            self._event(self.doors[1]),
            self._event(self.doors[1], None, kind="door", data={"name": "3"}),
            sign,
        ]
        first = self._sync(self.lease, self.token, *events)
        self.assertEqual({r["status"] for r in first["results"].values()}, {"stored"}, first)
        # Its target turns out to be another door's: the undo counts for nothing, and was taken.
        self._sync(self.lease, self.token, self._event(self.doors[1], uid=target))
        self.lease.revoked_at = self.lease.opened_at
        doors = self.env["canvass.door"].search_count([])
        again = self._sync(self.lease, self.token, *events)
        self.assertEqual({r["status"] for r in again["results"].values()}, {"known"}, again)
        self.assertEqual(self.env["canvass.door"].search_count([]), doors)
        self.assertFalse(self.env["canvass.refusal"].search([("lease_id", "=", self.lease.id)]))

    def test_insert_is_set_based(self):
        """The number of statements does not grow with the shift."""

        def statements(events):
            before = self.env.cr.sql_log_count
            self._sync(self.lease, self.token, *events)
            return self.env.cr.sql_log_count - before

        statements([self._event(self.doors[0])])
        few = statements([self._event(door) for door in self.doors[:2]])
        many = statements([self._event(self.doors[n % 10], ago=n + 1) for n in range(300)])
        self.assertLessEqual(many, few + 2)
