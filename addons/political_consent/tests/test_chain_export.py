import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.tests.common import tagged
from odoo.tools.misc import file_path

from .common import ConsentCase


@tagged("post_install", "-at_install")
class TestChainExport(ConsentCase):
    """An exported ledger is verified outside, by plain Python (R-05)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = file_path("political_consent/static/tools/verify_chain.py")
        spec = importlib.util.spec_from_file_location("verify_chain", cls.script)
        cls.verifier = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.verifier)
        for _turn in range(3):
            cls.give(cls.anne)
            cls.give(cls.basile, evidence="w6k=")
            cls.withdraw(cls.anne)
        cls.env.flush_all()

    def _seal(self, company=None):
        while self.env["consent.seal"]._seal_batch((company or self.company).id):
            pass

    def _lines(self):
        return list(self.env["consent.chain.check"].sudo()._lines(self.company))

    def _run(self, lines, *arguments):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as out:
            out.write("\n".join(lines))
            out.flush()
            done = subprocess.run(
                [sys.executable, "-I", self.script, out.name, *arguments],
                capture_output=True,
                text=True,
                check=False,
            )
        return done.returncode, done.stdout

    def test_whole(self):
        self._seal()
        lines = self._lines()
        check = self.env["consent.chain.check"]._verify(self.company)
        status, text = self._run(lines, "--head", check.head)
        self.assertEqual(status, 0, text)
        self.assertIn(str(check.checked), text)
        self.assertIn(check.head, text)
        self.assertTrue(check.ok)

    def test_waiting_events_are_there_too(self):
        sealed = len(self._lines())
        self._seal()
        self.give(self.anne)
        self.assertEqual(len(self._lines()), sealed + 1)
        self.assertEqual(self._run(self._lines())[0], 0)

    def test_tampering_is_found(self):
        self._seal()
        lines = self._lines()
        changed = [*lines]
        changed[3] = changed[3].replace('"given"', '"refused"').replace('"withdrawn"', '"given"')
        cases = {
            "content": changed,
            "missing": [*lines[:3], *lines[4:]],
            "order": [lines[0], lines[2], lines[1], *lines[3:]],
            "first": [lines[0], *lines[2:]],
            "twice": [*lines[:4], lines[3], *lines[4:]],
        }
        for name, forged in cases.items():
            with self.subTest(name):
                self.assertEqual(self._run(forged)[0], 1)
        self.assertEqual(self._run(lines, "--head", "f" * 64)[0], 1)
        self.assertEqual(self._run(["{}"])[0], 2)

    def test_rehashed_ledger_misses_the_head_kept_outside(self):
        """Whoever rewrites and seals anew is caught by the fingerprint mailed before."""
        self._seal()
        lines = self._lines()
        head = self.env["consent.chain.check"]._verify(self.company).head
        header = json.loads(lines[0])
        previous, forged = header["genesis"], [lines[0]]
        for line in map(json.loads, lines[1:]):
            line["event"]["lang"] = "en_US"
            content = self.verifier.content_hash(header["form"], header["fields"], line["event"])
            seal = self.verifier.link_hash(line["position"], previous, content)
            line.update(content=content, previous=previous, sha256=seal)
            previous = seal
            forged.append(json.dumps(line))
        self.assertEqual(self._run(forged)[0], 0)
        self.assertEqual(self._run(forged, "--head", head)[0], 1)

    def test_no_person_in_the_export(self):
        text = "\n".join(self._lines())
        for trace in (self.anne.name, self.anne.email, self.anne.phone, "example.org"):
            self.assertNotIn(trace, text)

    def test_daily_head_is_mailed(self):
        self._seal()
        self.company.consent_head_email = "huissier@example.org"
        self.env["consent.chain.check"]._cron_verify()
        check = self.env["consent.chain.check"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.assertEqual(check.mailed_to, "huissier@example.org")
        mail = self.env["mail.mail"].search([("email_to", "=", "huissier@example.org")], limit=1)
        self.assertIn(check.head, mail.body_html)

    def test_rights(self):
        Check = self.env["consent.chain.check"]
        with self.assertRaises(AccessError):
            Check.with_user(self.officer).action_verify_now()
        with self.assertRaises(AccessError):
            Check.with_user(self.officer).action_export()
        action = Check.with_user(self.dpo).action_verify_now()
        self.assertTrue(Check.with_user(self.dpo).browse(action["res_id"]).ok)
        self.assertTrue(Path(self.script).is_file())
