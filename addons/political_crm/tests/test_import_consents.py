import base64

from .import_files import encoded
from .test_import import ImportCase

HEADER = ["Nom", "Courriel", "Lettre", "Date", "Mention", "Moyen"]


class TestImportConsents(ImportCase):
    """R-37: what counts, and what waits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purpose = cls.env["consent.purpose"]._get("newsletter", cls.company)
        cls.wording = cls.env["consent.wording"]._published(cls.purpose, "email", "fr_FR")

    def _with_consents(self, rows, evidence=True):
        record = self.imports.create(
            {
                "file": encoded([HEADER, *rows]),
                "filename": "consents.csv",
                "default_origin": "paper_form",
                "default_category": "regular",
                "evidence": base64.b64encode(b"%PDF-1.4 les formulaires") if evidence else False,
                "evidence_name": "formulaires.pdf",
            }
        )
        for column, target in zip(
            record.column_ids,
            ("lastname", "email", "consent", "consent_date", "consent_wording", "consent_means"),
            strict=True,
        ):
            column.write(
                {"target": target, "purpose_id": self.purpose.id, "channel": "email"}
                if target == "consent"
                else {"target": target}
            )
        record.action_preview()
        return record

    def _allowed(self, email):
        partner = self._found(email)
        return self.env["consent.gate"].check(partner.ids, "newsletter", "email")[0]["allowed"]

    def test_with_evidence(self):
        """Wording, date, means and file: the consent counts, dated when it was given."""
        code = self.wording.code
        record = self._with_consents(
            [
                ["Un", "un@example.org", "oui", "05/03/2025", code, "papier"],
                ["Deux", "deux@example.org", "oui", "", code, "papier"],
                ["Trois", "trois@example.org", "oui", "05/03/2025", "autre", "papier"],
                ["Quatre", "quatre@example.org", "non", "", "", ""],
                ["Cinq", "cinq@example.org", "", "05/03/2025", code, "papier"],
            ]
        )
        self.assertEqual((record.consent_count, record.waiting_count), (2, 2))
        record.action_apply()
        self.assertEqual(
            [
                self._allowed(f"{name}@example.org")
                for name in ("un", "deux", "trois", "quatre", "cinq")
            ],
            [True, False, False, False, False],
        )
        state = self._found("un@example.org").consent_state_ids
        self.assertEqual(str(state.collected_at.date()), "2025-03-05")
        self.assertEqual(state.event_id.means, "paper")
        self.assertTrue(state.event_id.evidence_sha256)
        self.assertEqual(self._found("quatre@example.org").consent_state_ids.action, "refused")
        verified = self.env["consent.event"].sudo()._verify(self.company)
        self.assertTrue(verified["ok"])

    def test_without_evidence(self):
        """“Yes” without the file waits; the person may be asked, once."""
        record = self._with_consents(
            [["Un", "un@example.org", "oui", "05/03/2025", self.wording.code, "papier"]],
            evidence=False,
        )
        self.assertEqual((record.consent_count, record.waiting_count), (0, 1))
        record.action_apply()
        self.assertFalse(self._allowed("un@example.org"))
        record.action_ask_waiting()
        record.action_ask_waiting()
        asked = self.env["consent.signup"].sudo().search([("address", "=", "un@example.org")])
        self.assertEqual(len(asked), 1)

    def test_undo_withdraws(self):
        """The ledger forgets nothing: consents of an import that is taken back are withdrawn."""
        known = self._person("Un", firstname=False, email="un@example.org")
        code = self.wording.code
        record = self._with_consents(
            [
                ["Un", "un@example.org", "oui", "05/03/2025", code, "papier"],
                ["Deux", "deux@example.org", "oui", "05/03/2025", code, "papier"],
            ]
        )
        self.assertEqual((record.created_count, record.updated_count), (1, 1))
        record.action_apply()
        self.assertTrue(self._allowed("un@example.org"))
        record.action_undo()
        self.assertEqual(record.kept_count, 0)
        self.assertFalse(self._found("deux@example.org"))
        self.assertEqual(known.consent_state_ids.action, "withdrawn")
        self.assertTrue(self.env["consent.event"].sudo()._verify(self.company)["ok"])

    def test_another_address_is_not_the_one_agreed_for(self):
        """R-34: a later file that brings another address closes the gate; taking it back, which
        brings the old one back, opens it again."""
        self._with_consents(
            [["Un", "un@example.org", "oui", "05/03/2025", self.wording.code, "papier"]]
        ).action_apply()
        one = self._found("un@example.org")
        one.ref = "R1"
        gate = self.env["consent.gate"]
        self.assertTrue(gate.check(one.ids, "newsletter", "email")[0]["allowed"])
        record = self._import([["Un", "R1", "nouvelle@example.org"]], ["Nom", "Ref", "Courriel"])
        for column, target in zip(record.column_ids, ("lastname", "ref", "email"), strict=True):
            column.write({"target": target, "policy": "newer"})
        record.action_preview()
        self.assertEqual(record.updated_count, 1)
        record.action_apply()
        self.assertEqual(one.email, "nouvelle@example.org")
        found = gate.check(one.ids, "newsletter", "email")[0]
        self.assertEqual((found["allowed"], found["reason"]), (False, "address_changed"))
        record.action_undo()
        self.assertTrue(gate.check(one.ids, "newsletter", "email")[0]["allowed"])
