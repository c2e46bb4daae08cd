from datetime import datetime, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from .common import ConsentCase

NOW = datetime(2026, 6, 15, 3)


@tagged("post_install", "-at_install")
class TestRetention(ConsentCase):
    """Nobody outlives their term, and nothing goes before it (R-43, R-72)."""

    def setUp(self):
        super().setUp()
        # The nights of other tests' data: a controller of our own.
        self.retention = self.env["consent.retention"].sudo()
        self.newsletter.write({"retention_months": 36, "review_months": 0})

    def _given_ago(self, partner, months, days=0, purpose="newsletter"):
        moment = NOW - relativedelta(months=months) - timedelta(days=days)
        return self.give(partner, purpose, collected_at=moment.isoformat())

    def _people(self):
        rules = self.retention._rules(self.company, NOW)
        return {rule.code: self.retention._people(rule, NOW) for rule in rules}

    def _state(self, partner):
        return self.env["consent.state"].search([("subject_id.partner_id", "=", partner.id)])

    @freeze_time(NOW)
    def test_term_passed(self):
        """A day before: kept. A day after: expired, then anonymous; the neighbour stays."""
        self._given_ago(self.anne, 36, days=1)
        self._given_ago(self.basile, 36, days=-1)
        run = self.retention._run(self.company)
        self.assertFalse(self.anne.active)
        self.assertFalse(self.anne.email)
        self.assertTrue(self.anne.name.startswith("***"))
        self.assertEqual(self.basile.email, "basile.essai@example.org")
        self.assertEqual(self._state(self.basile).action, "given")
        self.assertEqual(run.person_count, 1)
        self.assertTrue(self.env["consent.event"]._verify(self.company)["ok"])
        self.assertFalse(
            self.env["consent.suppression"]._is_suppressed(
                self.company, "email", "anne.essai@example.org"
            ),
            "whose time is over may come back by themselves",
        )

    @freeze_time(NOW)
    def test_delete_deletes(self):
        self.newsletter.retention_action = "delete"
        self._given_ago(self.anne, 37)
        self.retention._run(self.company)
        self.assertFalse(self.anne.exists())

    @freeze_time(NOW)
    def test_sign_of_life_prolongs(self):
        self._given_ago(self.anne, 37)
        self.anne.message_post(body="Je suis toujours là", author_id=self.anne.id)
        self.assertFalse(any(self.anne.id in people for people in self._people().values()))
        self.assertFalse(self.retention._to_expire(self.company, NOW))

    @freeze_time(NOW)
    def test_another_purpose_keeps(self):
        self._given_ago(self.anne, 37)
        self._given_ago(self.anne, 1, purpose="event")
        self.retention._run(self.company)
        self.assertTrue(self.anne.email)
        actions = {s.purpose_id.code: s.action for s in self._state(self.anne)}
        self.assertEqual(actions, {"newsletter": "expired", "event": "given"})

    @freeze_time(NOW)
    def test_legal_hold(self):
        """R-43: a hold keeps whoever's term has passed, until its end."""
        self._given_ago(self.anne, 37)
        hold = (
            self.env["consent.legal.hold"]
            .with_user(self.dpo)
            .create({"partner_id": self.anne.id, "reason": "Contentieux", "end": "2026-12-31"})
        )
        self.retention._run(self.company)
        self.assertTrue(self.anne.email)
        hold.end = "2026-06-01"
        self.retention._run(self.company)
        self.assertFalse(self.anne.email)

    @freeze_time(NOW)
    def test_staff_stay(self):
        self._given_ago(self.officer.partner_id, 37)
        self.retention._run(self.company)
        self.assertTrue(self.officer.partner_id.email)

    @freeze_time(NOW)
    def test_dry_run_changes_nothing(self):
        self._given_ago(self.anne, 37)
        before = self.env["consent.event"].search_count([])
        Run = self.env["consent.retention.run"]
        action = Run.with_user(self.dpo).action_dry_run()
        run = Run.browse(action["res_id"])
        self.assertTrue(run.dry_run)
        counts = {line.code: line.count for line in run.line_ids}
        self.assertEqual(counts["expired"], 1)
        self.assertEqual(self.env["consent.event"].search_count([]), before)
        self.assertTrue(self.anne.email)
        with self.assertRaises(AccessError):
            Run.with_user(self.officer).action_dry_run()
        with self.assertRaises(AccessError):
            self.env["consent.term"].with_user(self.officer).search([])

    @freeze_time(NOW)
    def test_expired_by_review_date(self):
        """R-72: a review date passed is an event in the ledger; the gate had closed already."""
        self.newsletter.review_months = 12
        self._given_ago(self.anne, 12, days=1)
        self._given_ago(self.basile, 12, days=-1)
        self.assertEqual(self.reason(self.anne), "expired")
        self.retention._expire(self.company, NOW)
        self.assertEqual(self._state(self.anne).action, "expired")
        self.assertEqual(self._state(self.basile).action, "given")
        self.assertEqual(self.retention._expire(self.company, NOW), 0)

    @freeze_time(NOW)
    def test_old_address_does_not_end_the_new_one(self):
        self.newsletter.review_months = 12
        self._given_ago(self.anne, 13)
        self.anne.email = "anne.neuve@example.org"
        self._given_ago(self.anne, 1)
        self.retention._expire(self.company, NOW)
        self.assertFalse(self.reason(self.anne))

    @freeze_time(NOW)
    def test_asked_again_once(self):
        """R-72: one message before the end; silence lets it end, no second message."""
        self.newsletter.review_months = 12
        self._given_ago(self.anne, 12, days=-20)
        self._given_ago(self.basile, 12, days=-40)
        asked = []
        Signup = type(self.env["consent.signup"])
        with patch.object(Signup, "_ask", lambda _self, vals, boxes: asked.append((vals, boxes))):
            self.assertEqual(self.retention._ask_again(self.company, NOW), 1)
            self.assertEqual(self.retention._ask_again(self.company, NOW), 0)
        ((vals, boxes),) = asked
        self.assertEqual(vals["address"], self.anne.email)
        self.assertEqual(boxes[0][0].purpose_id, self.newsletter)
        with freeze_time(NOW + timedelta(days=21)):
            self.retention._run(self.company)
        self.assertEqual(self._state(self.anne).action, "expired")

    @freeze_time(NOW)
    def test_terms_coming_up(self):
        self._given_ago(self.anne, 35)
        self._given_ago(self.basile, 10)
        terms = self.env["consent.term"].with_user(self.dpo)
        soon = terms.search(
            [
                ("due", "<=", NOW + relativedelta(months=3)),
                ("partner_id", "in", (self.anne + self.basile).ids),
            ]
        )
        self.assertEqual(soon.partner_id, self.anne)
        self.assertFalse(terms.with_user(self.outsider).search([]) & soon)

    @freeze_time(NOW)
    def test_purpose_without_term_collects_nothing(self):
        """R-43: nothing without a term can be created."""
        purpose = self.env["consent.purpose"].create(
            {"name": "Sans terme", "code": "noterm", "description": "x", "allow_email": True}
        )
        wording = self.env["consent.wording"].create(
            {"purpose_id": purpose.id, "channel": "email", "lang": "fr_FR", "text": "Oui"}
        )
        with self.assertRaisesRegex(Exception, "noterm|Sans terme"):
            wording.action_publish()
