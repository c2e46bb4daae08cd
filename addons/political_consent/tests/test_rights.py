import json
from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from .common import ConsentCase


@tagged("post_install", "-at_install")
class TestRightRequest(ConsentCase):
    """Requests: term, identity, rights, effects (R-32)."""

    @classmethod
    def _request(cls, kind="access", user=None, **values):
        return (
            cls.env["consent.right.request"]
            .with_user(user or cls.officer)
            .create(
                {
                    "kind": kind,
                    "requester_name": cls.anne.name,
                    "requester_email": cls.anne.email,
                    "partner_ids": [(6, 0, cls.anne.ids)],
                    **values,
                }
            )
        )

    def _answerable(self, kind):
        request = self._request(kind).with_user(self.dpo)
        request.identity_means = "known"
        request.action_confirm_identity()
        return request

    def test_due_in_one_calendar_month(self):
        """R-32: one month by the calendar, and by the day of France (R-72)."""
        cases = {
            datetime(2026, 1, 31, 12): date(2026, 2, 28),
            datetime(2026, 3, 10, 23, 30): date(2026, 4, 11),  # already the 11th in Paris
            datetime(2026, 10, 24, 22, 30): date(2026, 11, 25),  # the night the clocks change
        }
        for received, due in cases.items():
            self.assertEqual(self._request(received_at=received).due_date, due)

    def test_extension_adds_two_months(self):
        request = self._request(received_at=datetime(2026, 1, 15, 12)).with_user(self.dpo)
        request.extended_because = "Dossier volumineux"
        self.assertEqual(request.due_date, date(2026, 4, 15))

    def test_nothing_before_identity(self):
        """R-32: nothing is told before the identity is checked."""
        request = self._request().with_user(self.dpo)
        with self.assertRaises(UserError):
            request.action_answer()
        with self.assertRaises(UserError):
            request.action_confirm_identity()
        request.identity_means = "document"
        request.action_confirm_identity()
        request.action_answer()
        self.assertEqual(request.state, "answered")

    def test_only_the_officer_answers(self):
        request = self._answerable("access")
        with self.assertRaises(AccessError):
            request.with_user(self.officer).action_answer()
        with self.assertRaises(AccessError):
            request.with_user(self.outsider).read(["name"])
        with self.assertRaises(AccessError):
            request.with_user(self.internal).read(["name"])
        with self.assertRaises(AccessError):
            request.write({"state": "answered"})
        with self.assertRaises(AccessError):
            self._request(identity_means="link")

    def test_reminder(self):
        """R-32: activities a week before, and when it is due."""
        with freeze_time("2026-05-02 10:00:00"):
            request = self._request()
            self.assertEqual(request.sudo().activity_ids.date_deadline, date(2026, 5, 26))
        with freeze_time("2026-06-02 10:00:00"):
            self.env["consent.right.request"]._cron_remind()
            self.assertIn(date(2026, 6, 2), request.sudo().activity_ids.mapped("date_deadline"))
            self.assertFalse(request.is_late)
        with freeze_time("2026-06-03 10:00:00"):
            request.invalidate_recordset(["is_late"])
            self.assertTrue(request.is_late)
            self.assertIn(request, request.search([("is_late", "=", True)]))

    def test_access_has_every_model(self):
        """R-32: origin, consents with their words, recipients, and rows of every model."""
        event = self.give(self.anne)
        self.env["mailing.contact"].create({"name": "Anne", "email": self.anne.email})
        note = self.anne.message_post(body="Souhaite tenir un bureau de vote")
        request = self._answerable("access")
        data = json.loads(request.sudo()._access_json())
        models = {section["model"] for section in data["data"]}
        self.assertLessEqual({"res.partner", "mailing.contact", "mail.message"}, models)
        self.assertIn(event.receipt, json.dumps(data["consents"]))
        self.assertEqual(data["consents"][0]["wording"], event.wording_id.text)
        self.assertTrue(data["origin"] and data["recipients"] and data["purposes"])
        self.assertIn("Souhaite tenir", json.dumps(data, ensure_ascii=False))
        self.assertTrue(note)
        self.assertNotIn(self.basile.email, json.dumps(data))

    def test_access_page_prints(self):
        request = self._answerable("copy")
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "political_consent.report_access", request.ids
        )
        self.assertIn(self.anne.email, html.decode())

    def test_objection_closes_everything(self):
        """R-29: withdrawn for every purpose that is no statutory one, and remembered."""
        self.give(self.anne)
        self.assertFalse(self.reason(self.anne))
        self._answerable("objection").action_answer()
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertEqual(
            self.env["consent.suppression"]._reason_of(self.company, self.anne.email, False),
            "opposed",
        )
        self.assertEqual(self.reason(self.basile), "no_basis")

    def test_restricted_person_passes_no_gate(self):
        """Article 18: for no purpose, the statutory one included; the neighbour passes."""
        membership = self.env["consent.purpose"]._get("membership", self.company)
        self.assertTrue(membership.statutory)
        self.join(self.anne | self.basile)
        self.assertFalse(self.reason(self.anne, "membership"))
        request = self._answerable("restriction")
        request.action_answer()
        self.assertEqual(self.reason(self.anne, "membership"), "restricted")
        self.assertFalse(self.reason(self.basile, "membership"))
        audience = (
            self.env["consent.gate"]
            .with_user(self.officer)
            .audience("membership", "email", [("id", "in", (self.anne + self.basile).ids)])
        )
        self.assertEqual(audience, self.basile.ids)
        request.action_lift_restriction()
        self.assertFalse(self.reason(self.anne, "membership"))

    def test_link_expires_and_is_hashed(self):
        request = self._answerable("access")
        token = request.sudo()._draw_token(timedelta(days=30))
        request.sudo().state = "answered"
        Request = self.env["consent.right.request"]
        self.assertEqual(Request._by_token(token, ("answered",)), request.sudo())
        self.assertNotIn(token, request.sudo().token_sha256)
        with freeze_time(datetime.now() + timedelta(days=31)):
            self.assertFalse(Request._by_token(token, ("answered",)))
