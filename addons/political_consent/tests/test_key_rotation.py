import random
from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from ..lib.fold import fold
from .common import ConsentCase


@tagged("post_install", "-at_install")
class TestKeyRotation(ConsentCase):
    """The key of the hashed addresses changes; nobody's answer does (R-30)."""

    def setUp(self):
        super().setUp()
        self.keys = self.env["consent.key"].sudo()

    def _loose(self, address, action="withdrawn"):
        return self.env["consent.event"]._record(
            [
                {
                    "identifier": address,
                    "purpose": self.newsletter,
                    "channel": "email",
                    "action": action,
                    "means": "stop",
                }
            ]
        )

    def _check_fold(self):
        """The answers equal the plain fold of the ledger, older hashes brought to today's."""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute("SELECT old_key, key FROM consent_key_alias")
        aliases = dict(cr.fetchall())
        cr.execute(
            "SELECT id, subject, identifier_key, purpose_id AS purpose, channel, list_id AS list, "
            "action, collected_at FROM consent_event"
        )
        events = cr.dictfetchall()
        living = set(self.env["consent.subject"].search([]).mapped("code"))
        expected = {
            key: event["id"]
            for key, event in fold(events, aliases).items()
            if key[0] is None or key[0] in living
        }
        cr.execute(
            "SELECT s.code, t.identifier_key, t.purpose_id, t.channel, t.list_id, t.event_id "
            "FROM consent_state t LEFT JOIN consent_subject s ON s.id = t.subject_id"
        )
        self.assertEqual({row[:5]: row[5] for row in cr.fetchall()}, expected)

    def test_answers_survive(self):
        self.give(self.anne)
        self.give(self.basile)
        self.withdraw(self.basile)
        for _time in range(2):
            self.keys._rotate()
            self.assertFalse(self.reason(self.anne))
            self.assertEqual(self.reason(self.basile), "opposed")
            self._check_fold()
        self.give(self.basile)
        self.assertFalse(self.reason(self.basile))
        self.withdraw(self.anne)
        self.assertEqual(self.reason(self.anne), "opposed")
        self._check_fold()
        self.assertTrue(self.env["consent.event"]._verify(self.company)["ok"])
        self.assertTrue(
            self.anne.consent_subject_ids.email_key.startswith(f"{self.keys._current()[0]}:")
        )

    def test_changed_address_stays_changed(self):
        """R-34 after a rotation: the old address's consent does not open the new one."""
        self.give(self.anne)
        self.keys._rotate()
        self.anne.email = "anne.neuve@example.org"
        self.assertEqual(self.reason(self.anne), "address_changed")
        self.anne.email = "anne.essai@example.org"
        self.assertFalse(self.reason(self.anne))

    def test_loose_stop_of_an_unknown_address_holds(self):
        """A STOP of somebody who was not in the base holds when they enter it later."""
        self._loose("inconnue@example.org")
        self._loose(self.basile.email)
        self.keys._rotate()
        self._check_fold()
        self.assertEqual(self.reason(self.basile), "opposed")
        other = self.env["res.partner"].create(
            {"name": "Inconnue", "email": "inconnue@example.org", "company_id": self.company.id}
        )
        self.assertEqual(self.reason(other), "opposed")
        self.assertEqual(self.reason(self.anne), "no_basis")
        self.keys._align()
        self._check_fold()
        self.assertEqual(self.reason(other), "opposed")
        self.give(other)
        self._check_fold()

    def test_suppressed_addresses_hold(self):
        """R-30: rows of an older key still suppress, and stop an import."""
        gone = self.env["res.partner"].create(
            {"name": "Partie", "email": "partie@example.org", "company_id": self.company.id}
        )
        self.env["consent.eraser"].sudo()._erase(gone)
        self.keys._rotate()
        back = (
            self.env["res.partner"]
            .sudo()
            .create(
                {"name": "Partie", "email": "partie@example.org", "company_id": self.company.id}
            )
        )
        self.assertEqual(self.reason(back), "suppressed")
        self.assertEqual(
            self.env["consent.suppression"]._erased_among(
                self.company, ["partie@example.org", self.anne.email], []
            ),
            {"partie@example.org"},
        )

    def test_replay_after_rotation(self):
        """A backup older than the rotation still recognises whom to erase."""
        gone = self.env["res.partner"].create(
            {"name": "Partie", "email": "partie@example.org", "company_id": self.company.id}
        )
        self.keys._rotate()
        with self.env.cr.savepoint() as savepoint:
            line = self.env["consent.eraser"].sudo()._erase(gone)._line()
            savepoint.rollback()
        self.env.invalidate_all()
        versions = {digest.split(":")[0] for digest in line["digests"]}
        self.assertEqual(len(versions), len(self.keys._all()))
        self.assertEqual(self.env["consent.erasure"]._replay([line]), 1)

    def test_random_histories(self):
        """The state equals the fold over random histories with rotations in between."""
        chance = random.Random(20261122)
        people = self.anne + self.basile
        moment = datetime(2026, 1, 1)
        for _step in range(60):
            moment += timedelta(hours=1)
            dice = chance.random()
            partner = chance.choice(people)
            if dice < 0.45:
                self.give(partner, collected_at=moment.isoformat())
            elif dice < 0.7:
                self.withdraw(partner, collected_at=moment.isoformat())
            elif dice < 0.85:
                self._loose(chance.choice(people.mapped("email")), "withdrawn")
            elif dice < 0.95:
                partner.email = f"adresse{chance.randrange(4)}.{partner.id}@example.org"
            else:
                self.keys._rotate()
            self._check_fold()

    def test_only_the_officer_rotates(self):
        with self.assertRaises(AccessError):
            self.env["consent.key"].with_user(self.officer).action_rotate()
        self.env["consent.key"].with_user(self.dpo).action_rotate()
        with self.assertRaises(AccessError):
            self.env["consent.key"].with_user(self.dpo).search([])
        with self.assertRaises(AccessError):
            self.env["consent.key.alias"].with_user(self.dpo).search([])
