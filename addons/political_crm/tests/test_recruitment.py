from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestRecruitment(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supporter = cls._person("Proche", political_category="regular", branch_id=cls.north.id)
        cls.elsewhere = cls._person("Loin", political_category="regular", branch_id=cls.south.id)

    def _stage(self, name):
        return self.env.ref(f"political_crm.stage_{name}")

    def _recruit(self, people, user=None):
        self._as(user or self.user_lead).browse(people.ids).action_recruit()
        return self.env["crm.lead"].search([("partner_id", "in", people.ids)])

    def test_team_of_the_branch(self):
        lead = self._recruit(self.supporter)
        self.assertEqual(lead.stage_id, self._stage("supporter"))
        self.assertEqual(lead.team_id, self.north.team_id)
        self.assertEqual(lead.team_id.member_ids, self.user_lead)
        self.assertEqual(self._recruit(self.supporter), lead, "nobody is recruited twice")
        self.north.user_ids += self.user_federation
        self.assertIn(self.user_federation, self.north.team_id.member_ids)

    def test_members_are_recruited(self):
        self.assertFalse(self._recruit(self.person_north))

    def test_volunteer_is_further(self):
        self.supporter.is_volunteer = True
        self.assertEqual(self._recruit(self.supporter).stage_id, self._stage("volunteer"))

    def test_lead_sees_own_branch_and_colleagues(self):
        """R-10: recruitments of one's own branches whoever follows them, of no other."""
        near = self._recruit(self.supporter)
        far = self._recruit(self.elsewhere, self.user_staff)
        near.user_id = self.user_federation
        Lead = self._as(self.user_lead, "crm.lead")
        self.assertEqual(Lead.search([("id", "in", (near + far).ids)]), near)
        self.assertFalse(self._as(self.user_sales, "crm.lead").search([("id", "=", near.id)]))
        self.assertFalse(
            self._as(self.user_neighbour, "crm.lead").search([("id", "in", (near + far).ids)])
        )

    def test_stages_do_not_mix(self):
        """A customer never stands among those who may become members, nor the other way."""
        customer = self.env["crm.lead"].create({"name": "Vente", "type": "opportunity"})
        self.assertFalse(customer.stage_id.recruitment)
        person = self.env["crm.lead"].create(
            {
                "name": "Rencontre",
                "type": "opportunity",
                "political_category": "occasional",
                "political_origin": "meeting",
                "branch_id": self.north.id,
            }
        )
        self.assertEqual(person.stage_id, self._stage("occasional"))
        columns = self.env["crm.lead"].with_context(recruitment=True, read_group_expand=True)
        groups = columns.web_read_group(
            [("political_category", "!=", False)], ["stage_id"], ["__count"]
        )["groups"]
        shown = self.env["crm.stage"].browse(g["stage_id"][0] for g in groups)
        self.assertEqual(set(shown.mapped("recruitment")), {True})
        self.assertEqual(len(shown), 5)

    def test_membership_wins(self):
        lead = self._recruit(self.supporter)
        self.supporter.political_category = "member"
        self.assertEqual(lead.stage_id, self._stage("member"))
        self.assertEqual(lead.probability, 100)

    def test_lost_with_a_reason(self):
        lead = self._recruit(self.supporter).with_user(self.user_lead)
        lead.action_set_lost(lost_reason_id=self.env.ref("political_crm.lost_not_now").id)
        self.assertFalse(lead.active)
        self.assertEqual(lead.won_status, "lost")

    def test_wants_to_join(self):
        """A meeting without a card becomes a person of the file, and a request to join."""
        lead = self._as(self.user_lead, "crm.lead").create(
            {
                "name": "Camille Rencontre",
                "type": "opportunity",
                "contact_name": "Camille Rencontre",
                "email_from": "camille.rencontre@example.org",
                "political_category": "regular",
                "political_origin": "meeting",
                "branch_id": self.north.id,
            }
        )
        action = lead.action_invite_to_join()
        self.assertEqual(lead.stage_id, self._stage("joining"))
        self.assertEqual(lead.partner_id.branch_id, self.north)
        self.assertEqual(lead.partner_id.political_origin, "meeting")
        self.assertEqual(action["res_model"], "political.join.request")
        request = self.env["political.join.request"].browse(action["res_id"])
        self.assertEqual(request.email, "camille.rencontre@example.org")
        customer = self._as(self.user_lead, "crm.lead").create({"name": "Vente"})
        with self.assertRaisesRegex(UserError, "category"):
            customer.action_invite_to_join()

    def test_signup_feeds(self):
        """R-35, R-40: who confirms a newsletter is a supporter to recruit; who signs a petition
        is an occasional contact and no more."""
        for code, category, leads in (("newsletter", "regular", 1), ("petition", "occasional", 0)):
            with self.subTest(purpose=code):
                purpose = self.env["consent.purpose"]._get(code, self.company)
                wording = self.env["consent.wording"]._published(purpose, "email", "fr_FR")
                address = f"{code}@example.org"
                signup = self.env["consent.signup"]._ask(
                    {
                        "company_id": self.company.id,
                        "kind": "email",
                        "address": address,
                        "name": "Dominique Site",
                        "lang": "fr_FR",
                        "source_ref": f"/consent/signup/{code}",
                    },
                    [(wording, self.env["consent.list"])],
                )
                signup.token_sha256 = signup._digest(code)
                signup._confirm(code, {"ip": "192.0.2.1", "user_agent": "test"})
                person = self.env["res.partner"].search([("email", "=", address)])
                self.assertEqual(person.political_category, category)
                found = self.env["crm.lead"].search_count([("partner_id", "=", person.id)])
                self.assertEqual(found, leads)
                self.assertFalse(self._as(self.user_plain).search([("id", "=", person.id)]))
