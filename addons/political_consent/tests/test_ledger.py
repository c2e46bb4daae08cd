import base64
import hashlib
import json
from datetime import timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..lib import canonical
from .common import ConsentCase

SCAN = base64.b64encode(b"scan of a signed form").decode()


@tagged("post_install", "-at_install")
class TestLedger(ConsentCase):
    def test_proof_is_kept_with_its_wording(self):
        """R-05: an event says which text was agreed to, when, by which means, and who took it."""
        wording = self.env["consent.wording"]._published(self.newsletter, "email", "fr_FR")
        ids = self.anne.with_user(self.officer).consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": wording.code, "source_ref": "form:2026-17"},
        )
        event = self.env["consent.event"].browse(ids)
        self.assertEqual(event.wording_sha256, hashlib.sha256(wording.text.encode()).hexdigest())
        self.assertEqual(event.notice_sha256, wording.notice_sha256)
        self.assertEqual((event.means, event.act), ("paper", "signature"))
        self.assertEqual(event.source_ref, "form:2026-17")
        self.assertTrue(event.collector)
        self.assertNotIn("officer", event.collector)
        self.assertAlmostEqual(event.recorded_at, self.utc_now(), delta=timedelta(minutes=1))

    def test_ledger_holds_nothing_in_clear(self):
        """No name, address or number of a person or a user stands in any column of an event."""
        event = self.give(self.anne)
        self.env.cr.execute("SELECT row_to_json(e) FROM consent_event e WHERE id = %s", event.ids)
        text = json.dumps(self.env.cr.fetchone()[0]).lower()
        for clear in ("anne.", "essai", "example.org", "199001234", "paper form"):
            self.assertNotIn(clear, text)

    def test_ledger_points_at_no_person(self):
        """No foreign key leads from the ledger to a contact or a user."""
        self.env.cr.execute(
            """
            SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
             WHERE contype = 'f' AND conrelid::regclass::text IN ('consent_event', 'consent_seal')
            """
        )
        targets = {target for _source, target in self.env.cr.fetchall()}
        self.assertTrue(targets, "the ledger's foreign keys were found")
        self.assertFalse(targets & {"res_partner", "res_users", "consent_subject"})

    def test_orm_refuses_changes_to_everybody(self):
        """R-05: nobody writes, deletes or creates ledger rows through the ORM."""
        event = self.give(self.anne)
        for user in (self.dpo, self.env.ref("base.user_admin")):
            mine = event.with_user(user)
            with self.assertRaises(AccessError):
                mine.write({"action": "refused"})
            with self.assertRaises(AccessError):
                mine.unlink()
            with self.assertRaises(AccessError):
                mine.create({"uid": "made up"})
            with self.assertRaises(AccessError):
                self.env["consent.state"].with_user(user).search([], limit=1).write({})
        self.assertEqual(event.with_user(self.dpo).action, "given", "the DPO reads it")

    @mute_logger("odoo.sql_db")
    def test_sql_refuses_changes(self):
        """R-05: UPDATE, DELETE and TRUNCATE are refused by the database itself."""
        self.give(self.anne)
        self.env["consent.seal"]._seal_batch(self.company.id)
        for table, column in (("consent_event", "lang"), ("consent_seal", "sha256")):
            for query in (
                f"UPDATE {table} SET {column} = 'x'",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with (
                    self.subTest(query=query),
                    self.assertRaises(psycopg2.errors.RestrictViolation),
                    self.cr.savepoint(),
                ):
                    self.env.cr.execute(query)

    def test_only_those_allowed_read_the_ledger(self):
        """R-10, R-41: neither plain users nor officers nor other controllers read the ledger."""
        event = self.give(self.anne)
        for user in (self.internal, self.officer):
            with self.assertRaises(AccessError):
                self.env["consent.event"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["consent.state"].with_user(user).search([])
        self.assertFalse(
            self.env["consent.event"].with_user(self.outsider).search([("id", "=", event.id)])
        )
        self.assertTrue(
            self.env["consent.event"].with_user(self.dpo).search([("id", "=", event.id)])
        )

    def test_recording_needs_the_right(self):
        """A plain internal user records nothing; an officer does, on people they may read."""
        proof = {"means": "paper", "wording_code": self.wording_code()}
        with self.assertRaises(AccessError):
            self.anne.with_user(self.internal).consent_record("newsletter", "email", "given", proof)
        theirs = self.env["res.partner"].create(
            {"name": "Chez eux", "email": "eux@example.org", "company_id": self.other_company.id}
        )
        with self.assertRaises(AccessError):
            theirs.with_user(self.officer).consent_record("newsletter", "email", "given", proof)
        self.assertTrue(
            self.anne.with_user(self.officer).consent_record("newsletter", "email", "given", proof)
        )

    def test_proof_is_on_disk(self):
        """A server that is set not to wait for its disk waits for the ledger."""
        self.env.cr.execute("SET LOCAL synchronous_commit = off")
        self.give(self.anne)
        self.env.cr.execute("SHOW synchronous_commit")
        self.assertEqual(self.env.cr.fetchone()[0], "on")

    def test_incomplete_proof_is_refused_in_words(self):
        """R-05: no consent without a wording, without means, or by a means of the person's own."""
        anne = self.anne.with_user(self.officer)
        code = self.wording_code()
        for proof in (
            None,
            {},
            {"means": "paper"},
            {"means": "telepathy", "wording_code": code},
            {"means": "paper", "wording_code": "newsletter-email-fr_FR-v99"},
            {"means": "paper", "wording_code": self.wording_code("newsletter", "post")},
            {"means": "paper", "wording_code": code, "act": "none"},
            {"means": "web", "wording_code": code},
            {"means": "paper", "wording_code": code, "collector": 2},
            {"means": "paper", "wording_code": code, "source_ref": "Anne, 3e étage"},
            {"means": "paper", "wording_code": code, "collected_at": "hier"},
            {"means": "paper", "wording_code": code, "list_code": "inconnue"},
        ):
            with self.subTest(proof=proof), self.assertRaises(UserError):
                anne.consent_record("newsletter", "email", "given", proof)
        self.assertEqual(self.reason(self.anne), "no_basis")

    def test_nothing_by_halves(self):
        """One contact without an address refuses the whole call and leaves no row."""
        mute = self.env["res.partner"].create({"name": "Sans adresse"})
        before = self.env["consent.event"].search_count([])
        with self.assertRaises(UserError), self.cr.savepoint():
            self.give(self.anne | mute)
        self.assertEqual(self.env["consent.event"].search_count([]), before)

    def test_past_consent_needs_evidence_and_right(self):
        """Public surface: a past date of collection asks for the scan and for the right."""
        past = self.utc_now() - timedelta(days=30)
        proof = {
            "means": "paper",
            "wording_code": self.wording_code(),
            "collected_at": past.isoformat(),
        }
        clerk = self.anne.with_user(self.clerk)
        with self.assertRaises(UserError):
            clerk.consent_record("newsletter", "email", "given", proof)
        proof["evidence"] = SCAN
        with self.assertRaises(AccessError):
            self.anne.with_user(self.officer).consent_record("newsletter", "email", "given", proof)
        ids = clerk.consent_record("newsletter", "email", "given", proof)
        event = self.env["consent.event"].browse(ids)
        self.assertEqual(event.collected_at, past)
        self.assertEqual(event.evidence_sha256, hashlib.sha256(base64.b64decode(SCAN)).hexdigest())
        evidence = (
            self.env["consent.evidence"].with_user(self.dpo).search([("event_ids", "=", event.id)])
        )
        self.assertEqual(base64.b64decode(evidence.file), b"scan of a signed form")

    def test_future_consent_is_refused(self):
        with self.assertRaises(UserError):
            self.give(self.anne, collected_at=(self.utc_now() + timedelta(hours=1)).isoformat())

    def test_time_is_kept_in_utc(self):
        """R-72: an hour that exists twice in Paris is one moment in the ledger."""
        first = self.give(self.anne, collected_at="2025-10-26T02:30:00+02:00")
        second = self.give(self.anne, collected_at="2025-10-26T02:30:00+01:00")
        self.assertEqual(second.collected_at - first.collected_at, timedelta(hours=1))
        self.assertEqual(str(first.collected_at), "2025-10-26 00:30:00")

    def test_database_and_python_write_the_same_bytes(self):
        """The canonical form is the same in SQL and in Python, for any text."""
        event = self.give(self.anne, source_ref="batch:7#2")
        row = event.read(canonical.FIELDS, load=None)[0]
        self.assertEqual(canonical.content_hash(row), event.content_sha256)
        hard = 'é "quoted" back\\slash\ttab\nline\x01\x1f / <b> œuvre 🗳'
        self.env.cr.execute("SELECT json_build_array(1, %s, true, null::text)::text", [hard])
        self.assertEqual(
            self.env.cr.fetchone()[0], json.dumps([1, hard, True, None], ensure_ascii=False)
        )

    def test_chain_verifies_and_names_the_first_broken_event(self):
        """A change behind the triggers' back is found, and the first event it hit is named."""
        events = self.give(self.anne) + self.give(self.basile) + self.withdraw(self.anne)
        ledger = self.env["consent.event"].with_user(self.dpo)
        state = ledger.verify_chain()
        self.assertTrue(state["ok"], "whole before it is sealed")
        self.env["consent.seal"]._seal_batch(self.company.id)
        state = ledger.verify_chain(self.company.id)
        self.assertEqual((state["ok"], state["first_broken"]), (True, False))
        self.assertGreaterEqual(state["checked"], 3)
        for change in (
            "UPDATE consent_event SET action = 'given' WHERE id = %s",
            "UPDATE consent_seal SET sha256 = repeat('0', 64) WHERE event_id = %s",
            "DELETE FROM consent_seal WHERE event_id = %s",
        ):
            with self.subTest(change=change), self._rolled_back():
                self._behind_the_triggers(change, events[2].ids)
                state = ledger.verify_chain()
                self.assertEqual((state["ok"], state["first_broken"]), (False, events[2].id))
        with self._rolled_back():
            self._behind_the_triggers("DELETE FROM consent_event WHERE id = %s", events[1].ids)
            state = ledger.verify_chain()
            self.assertFalse(state["ok"])
        self.assertTrue(ledger.verify_chain()["ok"], "and whole again without the change")

    def test_chain_is_each_controllers_own(self):
        """R-41: one controller's DPO cannot verify another's ledger."""
        with self.assertRaises(UserError):
            self.env["consent.event"].with_user(self.outsider).verify_chain(self.company.id)
        with self.assertRaises(AccessError):
            self.env["consent.event"].with_user(self.officer).verify_chain()

    def test_losing_contact_and_user_leaves_the_ledger_whole(self):
        """Deleting the person and the collector leaves the chain whole and pseudonymous."""
        collector = self._user("leaver", "political_consent.group_consent_user")
        ids = self.anne.with_user(collector).consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": self.wording_code()},
        )
        self.env["consent.seal"]._seal_batch(self.company.id)
        collector_partner = collector.partner_id
        collector.unlink()
        (self.anne + collector_partner).unlink()
        event = self.env["consent.event"].browse(ids)
        self.assertTrue(event.exists())
        self.assertTrue(self.env["consent.event"].with_user(self.dpo).verify_chain()["ok"])
        subject = self.env["consent.subject"].search([("code", "=", event.subject)])
        self.assertFalse(subject.partner_id or subject.email_key)

    def _behind_the_triggers(self, change, params):
        """What only the database's owner can do: switch off what protects the ledger."""
        self.env.cr.execute(
            """
            SELECT conrelid::regclass::text, conname FROM pg_constraint
             WHERE contype = 'f' AND confrelid = 'consent_event'::regclass
            """
        )
        for table, name in self.env.cr.fetchall():
            self.env.cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for table in ("consent_event", "consent_seal"):
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.env.cr.execute(change, params)

    def _rolled_back(self):
        return _RolledBack(self.env)


class _RolledBack:
    """A savepoint that is always rolled back."""

    def __init__(self, env):
        self.env = env

    def __enter__(self):
        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT tamper")

    def __exit__(self, *_exc):
        self.env.cr.execute("ROLLBACK TO SAVEPOINT tamper")
        self.env.invalidate_all()
