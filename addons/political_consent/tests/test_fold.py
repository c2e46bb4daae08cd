import random
from datetime import datetime, timedelta

from odoo.tests import tagged

from ..lib.fold import fold
from .common import ConsentCase

ROUNDS = 40
MOMENTS = [datetime(2026, 1, 1) + timedelta(days=day) for day in range(6)]


@tagged("post_install", "-at_install")
class TestFold(ConsentCase):
    """``consent.state`` always equals the fold of the ledger, over random histories."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lists = cls.env["consent.list"].create(
            [
                {"name": code, "code": code, "purpose_id": cls.newsletter.id}
                for code in ("nord", "sud")
            ]
        )
        cls.people = cls.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n % 2}@example.org"} for n in range(3)]
        )

    def test_random_histories(self):
        for seed in range(ROUNDS):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self._play(random.Random(seed))
                self._compare()
                savepoint.rollback()
                self.env.invalidate_all()

    def _play(self, rng):
        Event = self.env["consent.event"]
        wording = self.env["consent.wording"]._published(self.newsletter, "email", "fr_FR")
        for _step in range(rng.randint(1, 5)):
            if rng.random() < 0.25:
                rng.choice(self.people).email = f"p{rng.randint(0, 3)}@example.org"
            Event._record([self._act(rng, wording) for _n in range(rng.randint(1, 4))])

    def _act(self, rng, wording):
        act = {
            "purpose": self.newsletter,
            "channel": "email",
            "means": "staff",
            "wording": wording,
            "list": rng.choice([None, None, *self.lists]),
            "collected_at": rng.choice(MOMENTS),
        }
        if rng.random() < 0.2:
            address = f"p{rng.randint(0, 3)}@example.org"
            return {**act, "action": "withdrawn", "identifier": address}
        action = rng.choice(["given", "given", "refused", "withdrawn", "expired"])
        return {**act, "action": action, "partner": rng.choice(self.people)}

    def _compare(self):
        self.env.cr.execute(
            "SELECT id, subject, identifier_key, purpose_id AS purpose, channel, "
            "list_id AS list, action, collected_at FROM consent_event"
        )
        expected = {key: e["id"] for key, e in fold(self.env.cr.dictfetchall()).items()}
        self.env.cr.execute(
            "SELECT s.code, t.identifier_key, t.purpose_id, t.channel, t.list_id, t.event_id, "
            "t.action, e.action FROM consent_state t JOIN consent_event e ON e.id = t.event_id "
            "LEFT JOIN consent_subject s ON s.id = t.subject_id"
        )
        rows = self.env.cr.fetchall()
        self.assertEqual({row[:5]: row[5] for row in rows}, expected)
        self.assertTrue(all(row[6] == row[7] for row in rows))
        self.assertTrue(rows)
