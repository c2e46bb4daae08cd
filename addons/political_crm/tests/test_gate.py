from odoo.tests import tagged
from odoo.tools import SQL

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestGate(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_staff.group_ids += cls.env.ref("political_consent.group_consent_user")
        cls.told = cls._person(
            "Parrainée", political_category="prospect", political_origin="referral"
        )
        cls.both = cls.told + cls.person_north
        people = cls.both.with_user(cls.user_staff).with_company(cls.company)
        people.consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": "newsletter-email-fr_FR-v1"},
        )
        people.consent_record(
            "targeting",
            "email",
            "given",
            {"means": "paper", "wording_code": "targeting-email-fr_FR-v1"},
        )

    def _reasons(self, **request):
        gate = self.env["consent.gate"].with_company(self.company)
        purpose = self.env["consent.purpose"]._get("newsletter", self.company)
        return gate._reasons(self.both.ids, gate._gate_request(purpose, "email", **request))

    def test_third_party_origin_never_targeted(self):
        """R-22: who was named by somebody else gets the whole list's letter, never a segment's,
        whatever they agreed to."""
        self.assertIsNone(self._reasons()[self.told.id])
        segment = self._reasons(segmented=True)
        self.assertEqual(segment[self.told.id], "indirect_origin")
        self.assertIsNone(segment[self.person_north.id])

    def test_own_step_opens(self):
        """R-22: the person's own step, recorded as the new origin, lifts it."""
        self.told.write({"political_origin": "web_form"})
        self.assertIsNone(self._reasons(segmented=True)[self.told.id])

    def test_reason_in_words(self):
        self.assertIn("indirect_origin", self.env["consent.gate"]._reason_labels())

    def test_statutory_messages_are_for_members(self):
        """R-44: the basis of membership reaches members and nobody who has left or never came."""
        gate = self.env["consent.gate"].with_company(self.company)
        purpose = self.env["consent.purpose"]._get("membership", self.company)
        request = gate._gate_request(purpose, "email")
        former = self._person("Ancienne", political_category="former")
        people = self.person_north + former + self.told
        reasons = gate._reasons(people.ids, request)
        self.assertIsNone(reasons[self.person_north.id])
        self.assertEqual(reasons[former.id], "not_member")
        self.assertEqual(reasons[self.told.id], "not_member")

    def test_members_outlast_their_terms(self):
        """R-43, R-44: no term lets go of a member; it does of who has left."""
        retention = self.env["consent.retention"]
        former = self._person("Ancienne", political_category="former")
        kept = self.env["res.partner"].browse()
        for person in self.person_north + former:
            self.env.cr.execute(
                SQL(
                    "SELECT %s FROM res_partner WHERE id = %s",
                    SQL(" OR ").join(retention._sql_keepers(self.env.cr.now())),
                    person.id,
                )
            )
            if self.env.cr.fetchone()[0]:
                kept += person
        self.assertEqual(kept, self.person_north)
