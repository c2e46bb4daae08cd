from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestBoard(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation()
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id
        cls.lease, cls.token = cls._open(cls.turf)
        for door, outcome in zip(
            cls.doors, ("not_home", "spoke", "refused", "leaflet"), strict=False
        ):
            cls._sync(cls.lease, cls.token, cls._event(door, outcome))

    def test_progress(self):
        turf = self.turf.with_user(self.lead)
        self.assertEqual((turf.door_count, turf.door_done_count), (10, 4))
        self.assertEqual((turf.progress, turf.conflict_count), (40.0, 0))
        self.assertTrue(turf.last_report_at)
        operation = self.operation.with_user(self.lead)
        self.assertEqual((operation.turf_count, operation.turf_out_count), (1, 1))
        self.assertEqual((operation.door_count, operation.door_done_count), (10, 4))
        self.assertEqual((operation.talk_count, operation.contact_rate), (2, 50.0))
        self.assertEqual(self.lease.with_user(self.lead).report_count, 4)

    def test_silent_turf(self):
        """A turf is silent two hours after its phone's last sign; not when another just opened."""

        def shown(hours):
            later = fields.Datetime.now() + timedelta(hours=hours)
            with freeze_time(later):
                [turf] = self.operation.with_user(self.lead).board_data()["turfs"]
            return turf["show"]

        self.assertEqual([shown(1), shown(2.5)], ["out", "stuck"])
        other, _token = self._open(self.turf, "Lou")
        other.opened_at += timedelta(hours=3)
        other.expires_at += timedelta(hours=3)
        self.env.flush_all()
        self.assertEqual(shown(2.5), "out")

    def test_query_count_does_not_grow(self):
        """The board of many operations asks as much as the board of one."""
        others = self.operation + self.operation.create(
            [
                {"name": f"Essai {n}", "branch_id": self.north.id, "user_id": False}
                for n in range(20)
            ]
        )
        names = ["turf_count", "door_count", "agreement_count", "progress"]
        self.operation.with_user(self.lead).read(names)

        def queries(operations):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            operations.with_user(self.lead).read(names)
            return self.env.cr.sql_log_count - before

        queries(others)
        self.assertLessEqual(queries(others), queries(self.operation) + 1)
