"""What phones add, note and tell beside reports: doors, notes, signs of life; and refusals."""

import uuid
from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestPhoneEvents(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation(wording_ids=[(6, 0, cls._newsletter().ids)])
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id
        cls.lease, cls.token = cls._open(cls.turf)

    def _add(self, door, **place):
        return self._event(door, None, kind="door", data=place)

    def _safety(self, signal):
        event = self._event(self.doors[0], None, kind="safety", data={"signal": signal})
        return {key: value for key, value in event.items() if key != "door"}

    def _send(self, *events):
        answer = self._sync(self.lease, self.token, *events)
        self.env.invalidate_all()
        return answer

    # ------------------------------------------------------------ doors

    def test_added_door_takes_reports(self):
        """A door that the turf lacks, and reports about it by the event's uid, in one request."""
        add = self._add(self.doors[0], floor=3, name="gauche")
        report = {**self._event(self.doors[0], "refused"), "door": add["uid"]}
        answer = self._send(report, add)
        self.assertEqual(self._statuses(answer), [("stored", None)] * 2)
        door = self.env["canvass.door"].browse(answer["results"][add["uid"]]["door"])
        self.assertEqual((door.floor, door.has_floor, door.name), (3, True, "gauche"))
        self.assertEqual(door.building_id, self.doors[0].building_id)
        [line] = self.turf.line_ids.filtered("added")
        self.assertEqual((line.door_id, line.outcome), (door, "refused"))
        [told] = answer["added"]
        self.assertEqual(
            (told["uid"], told["after"], told["id"]), (add["uid"], self.doors[0].id, door.id)
        )
        self.assertIn(str(door.id), answer["state"])
        other, token = self._open(self.turf)
        self.assertEqual(other._refresh(token)["added"], answer["added"])
        by_id = self._event(door, "spoke")
        self.assertEqual(self._statuses(self._sync(other, token, by_id)), [("stored", None)])

    def test_report_before_its_door_waits(self):
        """Requests overtake each other: what is about an unknown door stays unanswered."""
        add = self._add(self.doors[0], entrance="C")
        report = {**self._event(self.doors[0]), "door": add["uid"]}
        self.assertEqual(self._send(report)["results"], {})
        self._send(add)
        self.assertEqual(self._statuses(self._send(report)), [("stored", None)])

    def test_report_of_a_refused_door_is_refused(self):
        add = self._add(self.doors[0], name="M. Martin")
        report = {**self._event(self.doors[0]), "door": add["uid"]}
        answer = self._send(add, report)
        self.assertEqual(answer["results"][add["uid"]]["reason"], "note")
        self.assertEqual(answer["results"][report["uid"]]["reason"], "door")

    def test_door_that_is_there_already(self):
        """Two phones add the same landing: one door, both events kept."""
        first, second = (self._add(self.doors[1], floor=2, name="fond") for _ in range(2))
        answers = [self._send(event) for event in (first, second, second)]
        ids = {
            answer["results"][event["uid"]]["door"]
            for answer, event in zip(answers, (first, second, second), strict=True)
        }
        self.assertEqual(len(ids), 1)
        self.assertEqual(len(self.turf.line_ids.filtered("added")), 1)

    def test_door_not_to_knock_at_is_not_added(self):
        """R-48: and the answer does not say why."""
        hidden = self.doors[0].copy({"name": "secret", "do_not_knock": True})
        answer = self._send(self._add(self.doors[0], name="secret"))
        self.assertEqual(self._statuses(answer), [("refused", "door")])
        self.assertNotIn(hidden, self.turf.line_ids.door_id)

    def test_door_shapes(self):
        for place in (
            {},
            {"floor": None},
            {"floor": 100},
            {"floor": True},
            {"floor": "3"},
            {"name": ""},
            {"name": "x", "resident": "y"},
        ):
            self.assertEqual(
                self._statuses(self._send(self._add(self.doors[0], **place))),
                [("refused", "data")],
                place,
            )
        for place in ({"name": "x" * 21}, {"name": "06 39 98 12 34"}, {"entrance": "a@b.org"}):
            self.assertEqual(
                self._statuses(self._send(self._add(self.doors[0], **place))),
                [("refused", "note")],
                place,
            )
        self.assertFalse(self.turf.line_ids.filtered("added"))

    def test_added_doors_have_a_limit(self):
        events = [self._add(self.doors[0], name=f"n{n}") for n in range(101)]
        reasons = [reason for _status, reason in self._statuses(self._send(*events))]
        self.assertEqual(reasons.count("limit"), 1)

    def test_walk_stays_frozen(self):
        """The published walk and its fingerprint do not change; SQL may only append as a phone."""
        before = (self.turf.snapshot, self.turf.snapshot_sha256)
        self._send(self._add(self.doors[0], floor=7))
        self.assertEqual((self.turf.snapshot, self.turf.snapshot_sha256), before)
        other = self._published(self.operation)
        line = self.turf.line_ids[:1]
        for statement in (
            "INSERT INTO canvass_turf_door (turf_id, door_id, sequence) VALUES (%s, %s, 1)",
            "UPDATE canvass_turf_door SET added = true WHERE turf_id = %s AND door_id <> %s",
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement, (line.turf_id.id, other.line_ids[0].door_id.id))

    # ------------------------------------------------------------ notes

    def test_latest_note_stays_with_the_building(self):
        """R-47: not with the event, which cannot be erased; in any order."""
        building = self.doors[2].building_id
        late = self._event(
            self.doors[2], None, kind="note", ago=5, data={"text": "  Code 24A7, 2e cour "}
        )
        early = self._event(self.doors[2], None, kind="note", ago=60, data={"text": "fermé"})
        answer = self._send(late, early)
        [note] = building.correction_ids
        self.assertEqual(note.proposal, "Code 24A7, 2e cour")
        self.assertEqual(answer["notes"], {str(building.id): "Code 24A7, 2e cour"})
        self.assertEqual([row["data"] for row in self._stored(self.turf)], [{}, {}])
        note.with_user(self.lead).action_accept()
        self.assertEqual(building.access_note, "Code 24A7, 2e cour")
        self.assertEqual(self._send()["notes"], {})

    def test_note_about_a_person_is_refused(self):
        for text in ("Mme Durand ouvre", "lea@example.org", "le voisin vote pour nous", "x" * 121):
            answer = self._send(self._event(self.doors[2], None, kind="note", data={"text": text}))
            self.assertEqual(self._statuses(answer), [("refused", "note")], text)
        building = self.doors[2].building_id
        self.assertFalse(building.correction_ids)
        with self.assertRaises(ValidationError):
            building.access_note = "Mme Durand ouvre"

    # ------------------------------------------------------------ safety

    def test_leave_now_reaches_the_lead(self):
        """A message to the operation's responsible; no place in it (R-49)."""
        self.operation.user_id = self.lead
        sign = self._safety("leave")
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        self.assertEqual(self._statuses(self._send(sign, sign)), [("stored", None)])
        self.assertEqual(self._statuses(self._send(sign)), [("known", None)])
        [message] = self.env["mail.message"].search(
            [("id", ">", before), ("partner_ids", "in", self.lead.partner_id.ids)]
        )
        self.assertIn(self.turf.name, message.body)
        self.assertNotIn("Ali", message.body)
        stored = self._as(self.lead, "canvass.safety").search([("lease_id", "=", self.lease.id)])
        self.assertEqual(stored.mapped("signal"), ["leave"])
        stored.action_handled()
        self.assertEqual(stored.handled_by_id, self.lead)

    def test_well_tells_nobody_but_counts(self):
        self.operation.checkin_minutes = 10
        self.lease.opened_at -= timedelta(hours=1)
        self.env.invalidate_all()
        mine = [("turf_id", "=", self.turf.id), ("is_silent", "=", True)]
        self.assertEqual(self.env["canvass.lease"].search(mine), self.lease)
        before = self.env["mail.message"].search_count([])
        self._send(self._safety("well"))
        self.assertFalse(self.lease.is_silent)
        self.assertEqual(self.env["mail.message"].search_count([]), before)

    def test_signs_are_seen_by_their_branch_only(self):
        self._send(self._safety("help"))
        for user in (self.south_lead, self.homeless, self.neighbour):
            self.assertFalse(self._as(user, "canvass.safety").search([]))
        with self.assertRaises(AccessError):
            self._as(self.plain, "canvass.safety").search([])
        sign = self.env["canvass.safety"].search([], limit=1)
        with self.assertRaises(AccessError):
            sign.with_user(self.organiser).write({"signal": "well"})
        with self.assertRaises(AccessError):
            sign.with_user(self.south_lead).action_handled()

    def test_signs_are_forgotten(self):
        self._send(self._safety("well"))
        self.env.cr.execute("UPDATE canvass_safety SET at = at - interval '31 days'")
        self.env["canvass.safety"]._gc_signs()
        self.assertFalse(self.env["canvass.safety"].search_count([]))

    def test_signal_shapes(self):
        for sign in (
            {**self._safety("well"), "data": {"signal": "fine"}},
            {**self._safety("well"), "data": {"signal": "well", "where": "here"}},
            {**self._safety("well"), "door": self.doors[0].id},
        ):
            [(status, _reason)] = self._statuses(self._send(sign))
            self.assertEqual(status, "refused")

    def test_pair(self):
        """R-45: names of the pair stay on the lease, which forgets them."""
        answer = self.lease._refresh(self.token, "Zoé", "Max")
        self.assertEqual((answer["lease"]["name"], answer["lease"]["pair"]), ("Zoé", "Max"))
        self.lease._refresh(self.token)
        self.assertEqual(self.lease.pair_alias, "Max")
        self.lease._refresh(self.token, None, "")
        self.assertFalse(self.lease.pair_alias)
        self.assertEqual(self.lease.alias, "Zoé")

    # ------------------------------------------------------------ refusals

    def test_refusals_are_shown_to_the_lead_without_content(self):
        bad = self._consent(self.doors[0], self._newsletter(), email="nobody@@example.org")
        self._send(bad, self._event(self.doors[0], "won over"), bad)
        self._send(bad)
        rows = self._as(self.lead, "canvass.refusal").search([("lease_id", "=", self.lease.id)])
        self.assertEqual(
            sorted(rows.mapped(lambda row: (row.kind, row.reason))),
            [("consent", "address"), ("outcome", "outcome")],
        )
        self.assertEqual(self.lease.refusal_count, 2)
        self.env.cr.execute("SELECT to_jsonb(r)::text FROM canvass_refusal r")
        self.assertNotIn("nobody", str(self.env.cr.fetchall()))
        self.assertFalse(self._as(self.south_lead, "canvass.refusal").search([]))

    def test_every_reason_has_words(self):
        from ..models.canvass_refusal import REASONS

        protocol = {
            "format", "kind", "outcome", "data", "door", "uid", "target", "lease_ended", "notice",
            "act", "wording", "address", "script", "answers", "note", "limit",
        }  # fmt: skip
        self.assertEqual(set(dict(REASONS)), protocol)

    # ------------------------------------------------------------ order

    def test_undo_may_come_first(self):
        """Any order: an undo that overtook its report takes it back when it comes."""
        report = self._event(self.doors[4], "refused", ago=9)
        undo = self._event(self.doors[4], None, kind="undo", data={"target": report["uid"]})
        self.assertEqual(self._statuses(self._send(undo)), [("stored", None)])
        self._send(report)
        line = self.turf.line_ids.filtered(lambda line: line.door_id == self.doors[4])
        self.assertEqual((line.outcome, line.visits), (False, 0))

    def test_undo_that_guesses_takes_nothing_back(self):
        """An undo that came before another phone's report of the same uid does not touch it."""
        other, token = self._open(self.turf)
        uid = str(uuid.uuid4())
        self._send(self._event(self.doors[5], None, kind="undo", data={"target": uid}))
        report = self._event(self.doors[5], "spoke", uid=uid)
        self._sync(other, token, report)
        self.env.invalidate_all()
        line = self.turf.line_ids.filtered(lambda line: line.door_id == self.doors[5])
        self.assertEqual(line.outcome, "spoke")

    # ------------------------------------------------------------ receipts

    def test_receipt_is_the_same_whether_the_address_was_known(self):
        """R-71: an address that said no before gets its message, and the phone the same answer."""
        wording = self._newsletter()
        known = self._consent(self.doors[0], wording, email="known@example.org")
        first = self._send(known)["results"][known["uid"]]
        partner = self.env["res.partner"].search([("email", "=", "known@example.org")])
        partner.consent_record("newsletter", "email", "withdrawn", {"means": "staff"})
        again = self._consent(self.doors[1], wording, email="known@example.org")
        second = self._send(again)["results"][again["uid"]]
        self.assertEqual(set(first), set(second))
        self.assertNotEqual(first["receipt"], second["receipt"])
        resent = self._send(again)["results"][again["uid"]]
        self.assertEqual((resent["status"], resent["receipt"]), ("known", second["receipt"]))
        for result in (first, second):
            receipt = self.env["canvass.receipt"]._by_code(result["receipt"].rsplit("/", 1)[1])
            self.assertEqual(receipt.wording_id, wording)
        self.env.cr.execute("SELECT to_jsonb(r)::text FROM canvass_receipt r")
        self.assertNotIn("known", str(self.env.cr.fetchall()))

    def test_clock_and_lease_end(self):
        """What would lie in the future was made before the clock was set: kept, also after."""
        tomorrow = self._event(self.doors[6], at="2030-01-01T00:00:00.000Z")
        self.lease.revoked_at = fields.Datetime.now() - timedelta(minutes=1)
        answer = self._send(tomorrow)
        self.assertEqual(self._statuses(answer), [("stored", None)])
        self.assertEqual(answer["lease"], "ended")
