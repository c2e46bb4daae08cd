from datetime import datetime, timedelta

from freezegun import freeze_time
from markupsafe import escape

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged
from odoo.tools import file_open

from .common import ConsentCase

# What article 35 asks an impact assessment to hold
DPIA = ("Analyse d'impact", "Le traitement", "Nécessité et proportionnalité", "Risques", "Avis")


@tagged("post_install", "-at_install")
class TestWatch(ConsentCase):
    """What the data protection officer keeps: breaches, register, checklist, overview."""

    def _breach(self, **values):
        return (
            self.env["consent.breach"]
            .with_user(self.dpo)
            .create({"name": "Ordinateur volé", "affected_count": 120, **values})
        )

    @freeze_time("2026-03-28 22:00:00")
    def test_72_hours(self):
        """R-68: 72 hours of the clock, also over the night in which it changes."""
        breach = self._breach()
        self.assertEqual(breach.deadline, datetime(2026, 3, 31, 22))
        self.assertEqual(breach.hours_left, 72)

    def test_reminders(self):
        """R-68: an activity at once, another within the last day, another when late."""
        with freeze_time("2026-03-01 10:00:00"):
            breach = self._breach()
            self.assertEqual(len(breach.activity_ids), 1)
            self.env["consent.breach"]._cron_remind()
            self.assertEqual(len(breach.activity_ids), 1)
        with freeze_time("2026-03-03 11:00:00"):
            self.env["consent.breach"]._cron_remind()
            self.env["consent.breach"]._cron_remind()
            self.assertEqual(len(breach.activity_ids), 2)
        with freeze_time("2026-03-05 11:00:00"):
            self.env["consent.breach"]._cron_remind()
            self.assertEqual(len(breach.activity_ids), 3)
            breach.authority_at = datetime(2026, 3, 5, 11)
            with self.assertRaises(UserError):
                breach.action_close()  # late, and the people were not told
            breach.write({"late_because": "Week-end", "people_at": datetime(2026, 3, 5, 12)})
            breach.action_close()
            self.assertEqual(breach.state, "closed")

    def test_file_is_kept_and_is_the_officers(self):
        breach = self._breach(risk="none")
        with self.assertRaises(UserError):
            breach.action_close()
        with self.assertRaises(UserError):
            breach.unlink()
        for user in (self.officer, self.outsider):
            with self.assertRaises(AccessError):
                breach.with_user(user).read(["name"])

    def test_both_notices(self):
        breach = self._breach(measures="Mots de passe changés", categories="Noms")
        for report in ("authority", "people"):
            html, _kind = self.env["ir.actions.report"]._render_qweb_html(
                f"political_consent.report_breach_{report}", breach.ids
            )
            self.assertIn("Mots de passe changés", html.decode())
            self.assertIn(str(escape(self.company.name)), html.decode())

    def test_register_is_complete(self):
        """R-67: every shipped purpose is in the register, with nothing missing."""
        purposes = self.env["consent.purpose"].search([("company_id", "=", self.company.id)])
        self.assertGreaterEqual(len(purposes), 7)
        for purpose in purposes:
            self.assertEqual(purpose._register_gaps(), [], purpose.code)
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.dpo)
            ._render_qweb_html("political_consent.report_register", purposes.ids)
        )
        for purpose in purposes:
            self.assertIn(str(escape(purpose.retention_source)), html.decode())
        self.newsletter.recipients = False
        self.assertEqual(len(self.newsletter._register_gaps()), 1)

    def test_checklist_ends(self):
        """R-69: the checklist knows what is done; the template that it links is shipped."""
        template = file_open("political_consent/static/documents/aipd-modele.html").read()
        for heading in DPIA:
            self.assertIn(heading, template)
        Checklist = self.env["consent.checklist"].with_user(self.dpo)
        done, total = Checklist._progress(self.company)
        self.company.consent_dpia_date = "2026-01-01"
        self.company.consent_head_email = "huissier@example.org"
        self.assertEqual(Checklist._progress(self.company), (done + 2, total))

    def test_overview(self):
        self.env["consent.right.request"].with_user(self.officer).create(
            {"kind": "access", "received_at": datetime.now() - timedelta(days=40)}
        )
        self._breach()
        board = self.env["consent.dashboard"].with_user(self.dpo).create({})
        self.assertGreaterEqual(board.request_count, 1)
        self.assertGreaterEqual(board.late_count, 1)
        self.assertGreaterEqual(board.breach_count, 1)
        self.assertGreater(board.breach_hours, 0)
        board.action_chain()
        board.invalidate_recordset()
        self.assertTrue(board.chain_ok)
        with self.assertRaises(AccessError):
            self.env["consent.dashboard"].with_user(self.officer).create({})

    def test_refusals_by_reason(self):
        """R-01: what was held back is counted by reason."""
        mailing = self.env["mailing.mailing"].create(
            {"name": "Essai", "subject": "Essai", "consent_purpose_id": self.newsletter.id}
        )
        self.env["mailing.trace"].sudo().create(
            [
                {
                    "mass_mailing_id": mailing.id,
                    "model": "res.partner",
                    "res_id": self.anne.id,
                    "consent_reason": reason,
                }
                for reason in ("no_basis", "no_basis", "opposed")
            ]
        )
        board = self.env["consent.dashboard"].with_user(self.dpo).create({})
        labels = self.env["consent.gate"]._reason_labels()
        counts = dict(board._refusals())
        self.assertGreaterEqual(counts[labels["no_basis"]], 2)
        self.assertGreaterEqual(counts[labels["opposed"]], 1)
        self.assertIn(labels["opposed"], board.refusal_html)
