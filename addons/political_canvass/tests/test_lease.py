import hashlib
import hmac
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestLease(CanvassCase):
    """R-45: the phone holds its turf, for the shift."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation(lease_hours=2)
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id
        cls.lease, cls.token = cls._open(cls.turf)

    def test_token_is_stored_hashed(self):
        self.env.cr.execute("SELECT to_jsonb(l)::text FROM canvass_lease l")
        self.assertNotIn(self.token, str(self.env.cr.fetchall()))
        with self.assertRaises(AccessError):
            self.lease.with_user(self.organiser).read(["token_sha256"])

    def test_code_as_people_type_it(self):
        typed = f" {self.turf.code[:5].lower()}-{self.turf.code[5:]} "
        self.assertTrue(self.env["canvass.lease"]._open(typed, "", False))

    def test_codes_that_open_nothing(self):
        code = self.turf.code
        opens = self.env["canvass.lease"]._open
        self.assertIsNone(opens("", "", False))
        self.assertIsNone(opens("2222222222", "", False))
        self.operation.state = "draft"
        self.assertIsNone(opens(code, "", False))
        self.operation.state = "running"
        self.turf.action_new_code()
        self.assertIsNone(opens(code, "", False))
        code = self.turf.code
        self.turf.action_close()
        self.assertIsNone(opens(code, "", False))
        self.assertIsNone(opens("False", "", False))

    def test_end_of_the_shift(self):
        made_before = self._event(self.doors[0], ago=30)
        with freeze_time(fields.Datetime.now() + timedelta(hours=2, minutes=1)):
            self.env.invalidate_all()
            self.assertEqual(self.lease.state, "expired")
            self.assertEqual(self.lease._refresh(self.token)["reason"], "ended")
            answer = self._sync(
                self.lease, self.token, made_before, self._event(self.doors[1], ago=1)
            )
        self.assertEqual(
            sorted(self._statuses(answer)), [("refused", "lease_ended"), ("stored", None)]
        )
        self.assertEqual((answer["lease"], answer["state"]), ("ended", {}))

    def test_revoked_at_once_but_nothing_lost(self):
        made_before = self._event(self.doors[0], ago=5)
        self.lease.with_user(self.lead).action_revoke()
        refreshed = self.lease._refresh(self.token)
        self.assertEqual((refreshed["ok"], refreshed["lease"]), (False, "ended"))
        self.assertNotIn("turf", refreshed)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            self.env.invalidate_all()
            answer = self._sync(
                self.lease, self.token, made_before, self._event(self.doors[1], ago=0)
            )
        self.assertEqual(
            sorted(self._statuses(answer)), [("refused", "lease_ended"), ("stored", None)]
        )
        self.assertEqual(answer["state"], {})

    def test_known_stays_known_after_the_end(self):
        event = self._event(self.doors[0], ago=0)
        self._sync(self.lease, self.token, event)
        self.lease.revoked_at = fields.Datetime.now() - timedelta(minutes=5)
        answer = self._sync(self.lease, self.token, event)
        self.assertEqual(self._statuses(answer), [("known", None)])

    def test_forgotten_after_a_month(self):
        with freeze_time(fields.Datetime.now() + timedelta(days=31)):
            self.assertFalse(self.env["canvass.lease"]._of_token(self.token))
            self.env["canvass.lease"]._gc_aliases()
            self.assertFalse(self.lease.alias)
        self.assertTrue(self.env["canvass.lease"]._of_token(self.token))

    def test_extend(self):
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.lease.with_user(self.lead).action_extend()
            self.assertEqual(self.lease.expires_at, fields.Datetime.now() + timedelta(hours=2))
        self.lease.action_revoke()
        with self.assertRaises(UserError):
            self.lease.action_extend()

    def test_only_the_buttons_change_it(self):
        lease = self.lease.with_user(self.organiser)
        later = fields.Datetime.now() + timedelta(days=300)
        for vals in ({"expires_at": later}, {"revoked_at": False}, {"turf_id": self.turf.id}):
            with self.subTest(vals), self.assertRaises(AccessError):
                lease.write(vals)
        with self.assertRaises(AccessError):
            lease.create({"turf_id": self.turf.id, "opened_at": later, "expires_at": later})

    def test_other_branches_do_not_touch_it(self):
        for user in (self.south_lead, self.homeless, self.neighbour, self.plain):
            for method in ("action_revoke", "action_extend"):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    getattr(self.lease.with_user(user), method)()
        self.assertEqual(self.lease.state, "active")

    def test_search_by_state(self):
        leases = self.env["canvass.lease"]
        mine = [("turf_id", "=", self.turf.id)]
        self.assertEqual(leases.search([*mine, ("state", "=", "active")]), self.lease)
        self.assertFalse(leases.search([*mine, ("state", "!=", "active")]))
        self.assertTrue(self.turf.is_out)
        self.lease.action_revoke()
        self.env.invalidate_all()
        self.assertEqual(leases.search([*mine, ("state", "=", "revoked")]), self.lease)
        self.assertFalse(self.turf.is_out)

    def test_signature(self):
        """The phone can tell our answer from a portal's."""
        event = self._event(self.doors[0])
        answer = self._sync(self.lease, self.token, event)["results"][event["uid"]]
        text = f"canvass/1\n{event['uid']}\nstored\n"
        expected = hmac.new(self.token.encode(), text.encode(), hashlib.sha256).hexdigest()
        self.assertEqual(answer["sig"], expected)
