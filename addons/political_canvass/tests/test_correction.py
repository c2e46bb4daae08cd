from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestCorrection(CanvassCase):
    """What the field says waits for review before it touches a place or a contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wording = cls._newsletter()
        cls.operation = cls._operation(wording_ids=[(6, 0, cls.wording.ids)])
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id
        cls.lease, cls.token = cls._open(cls.turf)

    def _send(self, *events):
        return self._sync(self.lease, self.token, *events)

    def _queue(self, user=None):
        return self._as(user or self.lead, "canvass.correction").search(
            [("state", "=", "proposed")]
        )

    def test_note(self):
        """R-47: accepted, it is the building's own; nothing about a person gets in."""
        building = self.doors[2].building_id
        self._send(self._event(self.doors[2], None, kind="note", data={"text": "Code 24A7"}))
        [note] = self._queue()
        self.assertEqual((note.kind, note.proposal), ("note", "Code 24A7"))
        self.assertFalse(building.access_note)
        note.action_accept()
        self.assertEqual((building.access_note, note.decided_by_id), ("Code 24A7", self.lead))
        self.assertFalse(self._queue())
        with self.assertRaises(ValidationError):
            note._propose("note", building, {"access_note": "Mme Durand ouvre"})
            self._queue().action_accept()

    def test_added_door(self):
        """It takes reports in its turf at once, and goes into no other before it is accepted."""
        event = self._event(self.doors[0], None, kind="door", data={"name": "gauche"})
        answer = self._send(event)
        door = self.env["canvass.door"].browse(answer["results"][event["uid"]]["door"])
        self.assertEqual(self._statuses(self._send(self._event(door))), [("stored", None)])
        self.assertNotIn(door, self._cut(self._operation(), 36).line_ids.door_id)
        [added] = self._queue()
        added.action_accept()
        self.assertIn(door, self._cut(self._operation(), 37).line_ids.door_id)
        second = self._event(self.doors[0], None, kind="door", data={"name": "droite"})
        answer = self._send(second)
        self._queue().action_reject()
        door = self.env["canvass.door"].browse(answer["results"][second["uid"]]["door"])
        self.assertFalse(door.active)

    def test_places(self):
        """“Nobody lives here” and “No way in” propose; a door that opened says otherwise."""
        closed, gone, open_again = self.doors[0], self.doors[1], self.doors[3]
        event = self._event(open_again, None, kind="door", data={"floor": 2})
        neighbour = self._send(event)["results"][event["uid"]]["door"]
        self._queue().action_accept()
        self._send(
            self._event(closed, "inaccessible"),
            self._event(gone, "moved"),
            self._event(open_again, "inaccessible"),
            self._event(self.env["canvass.door"].browse(neighbour), "not_home"),
        )
        self._send(self._event(closed, "inaccessible"))
        told = {(one.kind, one.door_id or one.building_id): one for one in self._queue()}
        self.assertEqual(set(told), {("closed", closed.building_id), ("gone", gone)})
        told["closed", closed.building_id].action_accept()
        told["gone", gone].action_reject()
        self.assertEqual(closed.building_id.access, "closed")
        self.assertTrue(gone.active)

    def test_contact(self):
        """R-09: what somebody typed at the door for a contact that lacks it; the contact's people
        decide, the field's leads do not see it."""
        known = self.env["res.partner"].create(
            {
                "lastname": "Essai",
                "email": "noe.essai@example.org",
                "company_id": self.company.id,
                "political_category": "member",
                "political_origin": "paper_form",
                "branch_id": self.north.id,
            }
        )
        self._send(self._consent(self.doors[0], self.wording))
        self.assertFalse(known.firstname)
        for user in (self.lead, self.organiser, self.south_lead, self.neighbour):
            self.assertFalse(self._queue(user), user.login)
        reviewer = self._user(
            "reviewer",
            "political_canvass.group_canvass_lead,political_crm.group_branch_lead",
            branch=self.north,
        )
        name = self._queue(reviewer)
        self.assertEqual((name.kind, name.proposal), ("name", "Noé"))
        name.action_accept()
        self.assertEqual((known.firstname, known.lastname), ("Noé", "Essai"))

    def test_rights(self):
        """Own branches only; nothing is written but by accepting, with the right to write it."""
        self._send(self._event(self.doors[1], "moved"))
        one = self._queue()
        for user in (self.south_lead, self.homeless, self.neighbour):
            self.assertFalse(self._queue(user))
            with self.assertRaises(AccessError):
                one.with_user(user).action_accept()
        with self.assertRaises(AccessError):
            self._queue(self.plain)
        for call in (
            lambda: one.write({"state": "accepted"}),
            lambda: one.create({"kind": "gone", "proposed_at": fields.Datetime.now()}),
            lambda: one.unlink(),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertTrue(self.doors[1].active)
        one.action_accept()
        self.assertFalse(self.doors[1].active)

    def test_forgotten(self):
        person = self.env["res.partner"].create(
            {"name": "Lou Essai", "company_id": self.company.id}
        )
        queue = self.env["canvass.correction"]
        queue._propose("number", person, {"phone": False})
        queue._propose("gone", self.doors[1])
        self.env.cr.execute(
            "UPDATE canvass_correction SET proposed_at = proposed_at - interval '91 days'"
        )
        queue._gc_decided()
        self.assertEqual(queue.search([]).mapped("kind"), ["gone"])
