from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestSegment(PoliticalCase):
    """A favourite filter on people is a segment: online, it is targeting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.skill = cls.env.ref("political_crm.skill_phone")
        cls.purpose = cls.env["consent.purpose"]._get("newsletter", cls.company)
        cls.agreed, cls.targeted, cls.named = (
            cls._person(
                name,
                political_category="regular",
                political_origin=origin,
                is_volunteer=True,
                volunteer_skill_ids=[(6, 0, cls.skill.ids)],
                branch_id=cls.north.id,
                birthdate="1980-01-01",
            )
            for name, origin in (
                ("Accord", "event"),
                ("Ciblage", "event"),
                ("Nommée", "referral"),
            )
        )
        cls._give(cls.agreed | cls.targeted | cls.named, "newsletter")
        cls._give(cls.targeted | cls.named, "targeting")
        cls.favourite = cls.env["ir.filters"].create(
            {
                "name": "Téléphonistes",
                "model_id": "res.partner",
                "domain": repr([("volunteer_skill_ids", "in", cls.skill.ids)]),
                "user_ids": [(6, 0, cls.user_staff.ids)],
            }
        )

    @classmethod
    def _give(cls, people, purpose):
        people.sudo().with_company(cls.company).consent_record(
            purpose,
            "email",
            "given",
            {"means": "paper", "wording_code": f"{purpose}-email-fr_FR-v1"},
        )

    def _mailing(self, domain):
        return (
            self.env["mailing.mailing"]
            .with_user(self.user_staff)
            .create(
                {
                    "subject": "Appel aux téléphonistes",
                    "body_html": "<p>Bonjour</p>",
                    "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "mailing_domain": domain,
                    "consent_purpose_id": self.purpose.id,
                }
            )
        )

    def _counts(self, mailing):
        return {row["code"]: row["count"] for row in mailing.consent_counts}

    def test_favourite_filter_is_targeting(self):
        """R-20, R-22: the newsletter by a favourite filter reaches who agreed to be targeted and
        gave their data themselves; the whole list needs neither."""
        mailing = self._mailing(self.favourite.domain)
        self.assertTrue(mailing.consent_segmented)
        counts = self._counts(mailing)
        self.assertEqual(counts["allowed"], 1)
        self.assertEqual(counts["no_targeting_consent"], 1)
        self.assertEqual(counts["indirect_origin"], 1)
        whole = self._mailing("[]")
        self.assertFalse(whole.consent_segmented)
        self.assertEqual(self._counts(whole)["allowed"], 3)

    def test_letters_are_not_online(self):
        """R-20: the regulation speaks of online targeting; post has its own consent."""
        gate = self._as(self.user_staff, "consent.gate")
        found = gate.audience("newsletter", "post", [("branch_id", "=", self.north.id)])
        self.assertEqual(found, [])
        self.targeted.sudo().consent_record(
            "newsletter",
            "post",
            "given",
            {"means": "paper", "wording_code": "newsletter-post-fr_FR-v1"},
        )
        self.targeted.street = "1 rue de l'Essai"
        self.targeted.write({"zip": "93140", "city": "Bondy"})
        found = gate.audience("newsletter", "post", [("branch_id", "=", self.north.id)])
        self.assertEqual(found, self.targeted.ids)

    def test_no_segment_on_opinion_or_origin(self):
        """R-21: neither directly nor through another model; skills and branches may be used."""
        refused = (
            [("support_level", "=", "1")],
            [("volunteer_lang_ids", "!=", False)],
            [("timeline_ids.kind", "=", "payment")],
            [("household_id.partner_ids.support_level", "=", "1")],
            [("household_id", "any", [("partner_ids", "any", [("support_level", "=", "1")])])],
            ["!", ("support_level", "in", ["4", "5"])],
        )
        gate = self._as(self.user_staff, "consent.gate")
        for domain in refused:
            with self.subTest(domain=domain):
                with self.assertRaisesRegex(ValidationError, "R-21"):
                    self._mailing(repr(domain))
                with self.assertRaisesRegex(ValidationError, "R-21"):
                    gate.audience("newsletter", "email", domain)
        self._mailing(repr([("branch_id", "child_of", self.federation.id)]))

    def test_other_controllers_are_never_sent_to(self):
        """R-41: no cross send, even by who works for both."""
        self._give(self.person_other.with_company(self.other_company), "newsletter")
        self.user_staff.company_ids += self.other_company
        mailing = self._mailing(repr([("id", "in", (self.person_other | self.targeted).ids)]))
        counts = self._counts(
            mailing.with_context(allowed_company_ids=(self.company | self.other_company).ids)
        )
        self.assertEqual(counts.get("other_controller"), 1)
        self.assertEqual(counts["allowed"], 1)
