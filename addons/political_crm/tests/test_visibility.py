from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PoliticalCase

POLITICAL_FIELDS = (
    "political_category",
    "political_origin",
    "political_basis",
    "political_notice",
    "branch_id",
    "polling_station_id",
    "support_level",
    "is_volunteer",
)


@tagged("post_install", "-at_install")
class TestVisibility(PoliticalCase):
    def _seen_by(self, user):
        return self._as(user).search([("id", "in", self.people.ids)])

    def test_plain_user_sees_no_person(self):
        """R-10: search, count, read, group and name search find no person, and the ordinary
        contact beside them."""
        Partner = self._as(self.user_plain)
        ids = (self.people + self.contact).ids
        self.assertEqual(Partner.search([("id", "in", ids)]), self.contact)
        self.assertEqual(Partner.search_count([("id", "in", ids)]), 1)
        self.assertEqual(Partner._read_group([("id", "in", ids)], [], ["__count"]), [(1,)])
        self.assertFalse(Partner.name_search("Camille Nord"))
        self.assertEqual(Partner.name_search("Imprimerie")[0][0], self.contact.id)
        self.assertEqual(Partner.browse(self.contact.id).read(["name"])[0]["name"], "Imprimerie")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            Partner.browse(self.person_north.id).read(["name"])

    def test_rights_administrator_sees_no_person(self):
        """R-10: administering the database gives no sight of the file."""
        self.assertFalse(self._seen_by(self.user_admin))
        self.assertFalse(self._seen_by(self.user_sales))

    def _portal_member(self, login):
        user = new_test_user(
            self.env,
            login=login,
            groups="base.group_portal",
            context={"no_reset_password": True},
        )
        user.partner_id.write(
            {
                "company_id": user.company_id.id,
                "political_category": "member",
                "political_origin": "web_form",
            }
        )
        return user

    def test_portal_user_sees_own_card_only(self):
        """R-10: a member with a portal account reads their own card and no other."""
        user = self._portal_member("test_portal")
        Partner = self.env["res.partner"].with_user(user)
        seen = Partner.search([("id", "in", (self.people + user.partner_id).ids)])
        self.assertEqual(seen, user.partner_id)

    def test_portal_member_hidden_as_user(self):
        """R-10: the user list would tell who is a member, through the card of each user."""
        user = self._portal_member("test_portal_member")
        Users = self._as(self.user_plain, "res.users")
        self.assertFalse(Users.search([("id", "=", user.id)]))
        self.assertTrue(Users.search([("id", "=", self.user_staff.id)]))

    def test_internal_cards_stay_readable(self):
        """Core needs the cards of internal users: a member who works here stays addressable,
        without the political fields."""
        card = self.user_staff.partner_id
        card.sudo().write(
            {
                "company_id": self.company.id,
                "political_category": "member",
                "political_origin": "paper_form",
            }
        )
        seen = self._as(self.user_plain).browse(card.id)
        self.assertEqual(seen.read(["name"])[0]["name"], card.name)
        with self.assertRaises(AccessError):
            seen.read(["political_category"])

    def test_fields_hidden_without_group(self):
        """R-10: political fields are neither described, read, searched nor grouped by."""
        Partner = self._as(self.user_plain)
        described = Partner.fields_get()
        card = Partner.browse(self.user_plain.partner_id.id)
        for name in POLITICAL_FIELDS:
            with self.subTest(field=name):
                self.assertNotIn(name, described)
                with self.assertRaises(AccessError):
                    card.read([name])
                with self.assertRaises(AccessError):
                    Partner.search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    Partner._read_group([], [name], ["__count"])
        self.assertIn("political_category", self._as(self.user_lead).fields_get())

    def test_lead_sees_own_branch(self):
        self.assertEqual(self._seen_by(self.user_lead), self.person_north)

    def test_lead_sees_sub_branches(self):
        self.assertEqual(self._seen_by(self.user_federation), self.person_north + self.person_south)

    def test_lead_without_branch_sees_nothing(self):
        """An empty list of branches means none, not all."""
        self.assertFalse(self._seen_by(self.user_lead_homeless))
        self.assertFalse(self._as(self.user_lead_homeless, "political.branch").search([]))

    def test_whole_company_roles(self):
        """R-41: staff, agent and DPO see their controller's people, and nobody else's."""
        own = self.people - self.person_other
        for user in (self.user_staff, self.user_manager, self.user_finance, self.user_dpo):
            with self.subTest(user=user.login):
                self.assertEqual(self._seen_by(user), own)
        self.assertEqual(self._seen_by(self.user_neighbour), self.person_other)

    def test_parent_company_hidden(self):
        """R-41: core lets a subsidiary read its parent company's contacts; people are exempt."""
        child = self.env["res.company"].create({"name": "Antenne", "parent_id": self.company.id})
        user = new_test_user(
            self.env,
            login="test_antenna",
            groups="political_crm.group_staff",
            context={"no_reset_password": True},
            company_id=child.id,
            company_ids=[(6, 0, child.ids)],
        )
        contact = self.env["res.partner"].create(
            {"name": "Fournisseur", "company_id": self.company.id}
        )
        seen = self._as(user).search([("id", "in", (self.people + contact).ids)])
        self.assertEqual(seen, contact)

    def test_finance_never_sees_support(self):
        self.person_north.support_level = "2"
        for user in (self.user_finance, self.user_dpo):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user).browse(self.person_north.id).read(["support_level"])
        lead = self._as(self.user_lead).browse(self.person_north.id)
        self.assertEqual(lead.read(["support_level"])[0]["support_level"], "2")

    def test_branch_change_shows_at_once(self):
        """Record rules are cached: moving a branch or a lead takes effect with the next call."""
        self.assertEqual(self._seen_by(self.user_lead), self.person_north)
        self.user_lead.branch_ids = self.south
        self.assertEqual(self._seen_by(self.user_lead), self.person_south)
        self.north.user_ids = [(4, self.user_lead.id)]
        self.assertEqual(self._seen_by(self.user_lead), self.person_north + self.person_south)
        self.south.user_ids = [(3, self.user_lead.id)]
        self.assertEqual(self._seen_by(self.user_lead), self.person_north)
        self.south.parent_id = self.north
        self.assertEqual(self._seen_by(self.user_lead), self.person_north + self.person_south)

    def test_lead_cannot_widen_own_sight(self):
        with self.assertRaises(AccessError):
            self._as(self.user_lead, "political.branch").browse(self.south.id).write(
                {"user_ids": [(4, self.user_lead.id)]}
            )
        with self.assertRaises(AccessError):
            self._as(self.user_lead, "political.branch").browse(self.north.id).write(
                {"user_ids": [(4, self.user_plain.id)]}
            )
        with self.assertRaises(AccessError):
            self._as(self.user_lead, "res.users").browse(self.user_lead.id).write(
                {"branch_ids": [(4, self.south.id)]}
            )
        with self.assertRaises(AccessError):
            self._as(self.user_lead, "res.users").browse(self.user_lead.id).write(
                {"branch_scope_ids": [(4, self.south.id)]}
            )
        self._as(self.user_manager, "political.branch").browse(self.south.id).write(
            {"user_ids": [(4, self.user_lead.id)]}
        )
        self.assertEqual(self._seen_by(self.user_lead), self.person_north + self.person_south)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_lead_writes_within_own_branch(self):
        """A lead corrects their people, and can push nobody out of or into another branch."""
        person = self._as(self.user_lead).browse(self.person_north.id)
        person.write({"phone": "+33 2 61 91 00 00", "is_volunteer": True})
        self.assertTrue(self.person_north.is_volunteer)
        for values in ({"branch_id": self.south.id}, {"branch_id": False}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                person.write(values)
        with self.assertRaises(AccessError):
            self._as(self.user_lead).browse(self.person_south.id).write({"phone": False})
        with self.assertRaises(AccessError):
            self._as(self.user_lead).create(self._person_values("Sud", branch_id=self.south.id))
        created = self._as(self.user_lead).create(
            self._person_values("Nouvelle", branch_id=self.north.id)
        )
        self.assertEqual(created.branch_id, self.north)
        with self.assertRaises(AccessError):
            created.unlink()

    def test_only_manager_takes_out_of_file(self):
        """R-10: without category every user sees the card, so nothing political stays on it."""
        self.person_north.write({"is_volunteer": True, "support_level": "1"})
        with self.assertRaisesRegex(AccessError, "party administrator"):
            self._as(self.user_staff).browse(self.person_north.id).write(
                {"political_category": False}
            )
        self._as(self.user_manager).browse(self.person_north.id).write(
            {"political_category": False}
        )
        for name in POLITICAL_FIELDS:
            self.assertFalse(self.person_north[name], name)
        self.assertEqual(self.person_north.company_id, self.company)

    def test_cards_under_a_person(self):
        """R-10: the address of a member's letters is a member's address."""
        card = self.env["res.partner"].create(
            {"type": "delivery", "street": "1 rue du Test", "parent_id": self.person_north.id}
        )
        self.assertEqual(card.political_category, "member")
        self.assertEqual(card.branch_id, self.north)
        self.assertFalse(self._as(self.user_plain).search([("id", "=", card.id)]))
        self.assertTrue(self._as(self.user_lead).search([("id", "=", card.id)]))
        self.person_north.branch_id = self.south
        self.assertEqual(card.branch_id, self.south)
        self.assertNotIn(card, self.env["res.partner"].search(card._people_domain()))

    def test_employer_card_stays_public(self):
        """A person's employer is no person of the party."""
        self.person_north.parent_id = self.contact
        self.assertTrue(self._as(self.user_plain).search([("id", "=", self.contact.id)]))
        self.assertFalse(self._as(self.user_plain).search([("id", "=", self.person_north.id)]))


@tagged("post_install", "-at_install")
class TestLeadVisibility(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Lead = cls.env["crm.lead"]
        cls.lead_north = Lead.create({"name": "Nord", "partner_id": cls.person_north.id})
        cls.lead_south = Lead.create({"name": "Sud", "partner_id": cls.person_south.id})
        cls.lead_other = Lead.create({"name": "Voisine", "partner_id": cls.person_other.id})
        cls.lead_plain = Lead.create({"name": "Affiches", "partner_id": cls.contact.id})
        cls.leads = cls.lead_north + cls.lead_south + cls.lead_other + cls.lead_plain
        cls.leads.user_id = False

    def _seen_by(self, user):
        return self._as(user, "crm.lead").search([("id", "in", self.leads.ids)])

    def test_lead_takes_over_the_file(self):
        self.assertEqual(self.lead_north.political_category, "member")
        self.assertEqual(self.lead_north.branch_id, self.north)
        self.assertEqual(self.lead_north.company_id, self.company)
        self.assertEqual(self.lead_other.company_id, self.other_company)

    def test_sales_manager_sees_no_person(self):
        """R-10: the right to all leads is no right to the party's people."""
        self.assertEqual(self._seen_by(self.user_sales), self.lead_plain)

    def test_roles(self):
        self.assertEqual(self._seen_by(self.user_lead), self.lead_north + self.lead_plain)
        self.assertEqual(self._seen_by(self.user_lead_homeless), self.lead_plain)
        self.assertEqual(self._seen_by(self.user_staff), self.leads - self.lead_other)
        self.assertEqual(self._seen_by(self.user_neighbour), self.lead_other + self.lead_plain)

    def test_activity_report(self):
        """R-10: the report of CRM activities shows messages of leads."""
        self.leads._message_log_batch(bodies={lead.id: "vu" for lead in self.leads})
        self.leads.message_ids.write(
            {"mail_activity_type_id": self.env.ref("mail.mail_activity_data_call").id}
        )
        self.env.flush_all()

        def leads_of(user):
            report = self._as(user, "crm.activity.report")
            return report.search([("lead_id", "in", self.leads.ids)]).sudo().lead_id

        self.assertEqual(leads_of(self.user_sales), self.lead_plain)
        self.assertEqual(leads_of(self.user_staff), self.leads - self.lead_other)

    def test_lead_becomes_confidential_with_its_person(self):
        lead = self.env["crm.lead"].create({"name": "Visite", "user_id": False})
        self.assertTrue(self._as(self.user_sales, "crm.lead").search([("id", "=", lead.id)]))
        lead.partner_id = self.person_north
        self.assertFalse(self._as(self.user_sales, "crm.lead").search([("id", "=", lead.id)]))
