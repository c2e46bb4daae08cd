from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import tagged

from .common import PIXEL, CanvassCase


@tagged("post_install", "-at_install")
class TestConsent(CanvassCase):
    """R-08, R-46: what a person agrees to at the door, and nothing about who did not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wording = cls._newsletter()
        cls.operation = cls._operation(wording_ids=[(6, 0, cls.wording.ids)])
        cls.turf = cls._published(cls.operation)
        cls.doors = cls.turf.line_ids.sorted("sequence").door_id
        cls.lease, cls.token = cls._open(cls.turf)

    def _people(self, email="noe.essai@example.org"):
        return self.env["res.partner"].search(
            [("email_normalized", "=", email), ("company_id", "=", self.company.id)]
        )

    def _ledger(self, partner):
        return self.env["consent.event"].search(
            [("subject", "in", partner.sudo().consent_subject_ids.mapped("code"))]
        )

    def _allowed(self, partner):
        [answer] = self.env["consent.gate"].check(partner.ids, "newsletter", "email")
        return answer["allowed"]

    def test_agreement(self):
        event = self._consent(self.doors[0], self.wording)
        answer = self._sync(self.lease, self.token, event)
        self.assertEqual(self._statuses(answer), [("stored", None)])
        partner = self._people()
        self.assertEqual(
            (partner.firstname, partner.lastname, partner.political_category),
            ("Noé", "Essai", "regular"),
        )
        self.assertEqual((partner.political_origin, partner.branch_id), ("canvass", self.north))
        [proof] = self._ledger(partner)
        self.assertEqual((proof.means, proof.act, proof.action), ("canvass", "tick", "given"))
        self.assertEqual(proof.wording_id, self.wording)
        self.assertEqual(proof.source_ref, f"canvass.lease/{self.lease.id}")
        self.assertTrue(self._allowed(partner))

    def test_event_tells_nobody(self):
        """R-09: who agreed is in the ledger, the report has the words only."""
        self._sync(self.lease, self.token, self._consent(self.doors[0], self.wording))
        [row] = self._stored(self.turf)
        self.assertEqual(set(row["data"]), {"purpose", "channel", "wording_code"})
        self.assertNotIn("essai@", str(row))
        self.assertEqual(self.turf.agreement_count, 1)

    def test_recorded_once(self):
        event = self._consent(self.doors[0], self.wording)
        self._sync(self.lease, self.token, event)
        self._sync(self.lease, self.token, event)
        self.assertEqual(len(self._people()), 1)
        self.assertEqual(len(self._ledger(self._people())), 1)

    def test_signature_is_kept_as_evidence(self):
        event = self._consent(self.doors[0], self.wording, act="signature", evidence=PIXEL)
        self._sync(self.lease, self.token, event)
        [proof] = self._ledger(self._people())
        self.assertEqual(proof.act, "signature")
        evidence = self.env["consent.evidence"].search([("event_ids", "=", proof.id)])
        self.assertEqual((evidence.kind, bool(evidence.file)), ("signature", True))

    def test_existing_contact_is_not_touched_nor_told(self):
        known = self.env["res.partner"].create(
            {
                "firstname": "Noé",
                "lastname": "Essai",
                "email": "noe.essai@example.org",
                "street": "9 rue Ailleurs",
                "company_id": self.company.id,
                "political_category": "member",
                "political_origin": "paper_form",
                "branch_id": self.south.id,
            }
        )
        before = known.read()[0]
        new = self._consent(self.doors[1], self.wording, email="neuve@example.org")
        answers = [
            self._sync(self.lease, self.token, event)["results"][event["uid"]]
            for event in (self._consent(self.doors[0], self.wording), new)
        ]
        for answer in answers:
            self.assertEqual(set(answer), {"status", "reason", "sig", "receipt"})
            self.assertEqual((answer["status"], answer["reason"]), ("stored", None))
        self.assertEqual(self._people(), known)
        after = known.read()[0]
        changed = {
            name
            for name in before
            if before[name] != after[name] and not name.startswith("consent_")
        }
        self.assertLessEqual(changed, {"write_date", "__last_update"})
        self.assertTrue(self._allowed(known))

    def test_known_child(self):
        """R-23: of a contact known to be under 15 nothing is recorded at the door; the phone hears
        what it hears of anybody, and the rest of its reports is stored."""
        today = fields.Date.today()
        for years, recorded in ((14, False), (15, True)):
            email = f"age{years}@example.org"
            child = self.env["res.partner"].create(
                {
                    "firstname": "Noé",
                    "lastname": "Essai",
                    "email": email,
                    "birthdate": today - relativedelta(years=years),
                    "company_id": self.company.id,
                    "political_category": "regular",
                    "political_origin": "paper_form",
                    "branch_id": self.north.id,
                }
            )
            agreed = self._consent(self.doors[0], self.wording, email=email)
            answer = self._sync(self.lease, self.token, agreed, self._event(self.doors[1]))
            self.assertEqual(self._statuses(answer), [("stored", None)] * 2)
            self.assertEqual(bool(self._ledger(child)), recorded)
            self.assertIn("receipt", answer["results"][agreed["uid"]])
        [signup] = self.env["consent.signup"].search([("company_id", "=", self.company.id)])
        link = "t" * 43
        signup.token_sha256 = signup._digest(link)
        events, said = signup._confirm(link, {})
        self.assertEqual((len(events), said), (0, "underage"))

    def test_another_person_at_the_same_address(self):
        """A couple shares a mailbox: the second one does not speak for the first."""
        self._sync(self.lease, self.token, self._consent(self.doors[0], self.wording))
        other = self._consent(self.doors[0], self.wording, firstname="Zoé")
        self._sync(self.lease, self.token, other)
        self.assertEqual(set(self._people().mapped("firstname")), {"Noé", "Zoé"})

    def test_who_left_confirms_by_the_mailbox(self):
        """R-35: nobody at a door undoes another person's opposition; the answer is the same."""
        self._sync(self.lease, self.token, self._consent(self.doors[0], self.wording))
        partner = self._people()
        partner.sudo().consent_record("newsletter", "email", "withdrawn", {"means": "staff"})
        self.assertFalse(self._allowed(partner))
        event = self._consent(self.doors[1], self.wording)
        answer = self._sync(self.lease, self.token, event)
        self.assertEqual(self._statuses(answer), [("stored", None)])
        self.assertFalse(self._allowed(partner))
        signup = self.env["consent.signup"].search([("address", "=", "noe.essai@example.org")])
        self.assertEqual((len(signup), signup.state), (1, "waiting"))
        self.assertEqual(signup.line_ids.wording_id, self.wording)

    def test_refused_consents_leave_no_trace(self):
        for reason, data in (
            ("address", {"email": "not an address"}),
            ("address", {"email": "lea@@example.org"}),
            ("address", {"email": ""}),
            ("wording", {"wording_code": "other"}),
            ("notice", {"notice_shown_at": None}),
            ("act", {"act": "spoken"}),
        ):
            event = self._consent(self.doors[0], self.wording, **data)
            answer = self._sync(self.lease, self.token, event)
            self.assertEqual(self._statuses(answer), [("refused", reason)])
        self.assertFalse(self._people())
        self.assertFalse(self._stored(self.turf))

    def test_wording_not_offered_in_the_turf(self):
        """Only words in the snapshot, be they published or not."""
        bare = self._published(self._operation())
        lease, token = self._open(bare)
        event = self._consent(bare.line_ids.door_id[0], self.wording)
        self.assertEqual(self._statuses(self._sync(lease, token, event)), [("refused", "wording")])

    def test_phone_channel(self):
        wording = self.env["consent.wording"].search(
            [
                ("company_id", "=", self.company.id),
                ("channel", "=", "sms"),
                ("state", "=", "published"),
            ],
            limit=1,
        )
        self.assertTrue(wording)
        turf = self._published(self._operation(wording_ids=[(6, 0, wording.ids)]))
        lease, token = self._open(turf)
        door = turf.line_ids.door_id[0]
        good = self._consent(door, wording, email=None, phone="01 99 00 12 34")
        bad = self._consent(door, wording, email=None, phone="12")
        answer = self._sync(lease, token, good, bad)
        self.assertEqual(self._statuses(answer), [("refused", "address"), ("stored", None)])
        partner = self.env["res.partner"].search([("phone_sanitized", "=", "+33199001234")])
        self.assertEqual(partner.political_origin, "canvass")
