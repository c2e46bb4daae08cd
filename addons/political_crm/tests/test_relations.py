from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestRelations(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friend = cls._person("Amie", branch_id=cls.north.id)

    def _relation(self, user, one, other, kind="recruiter"):
        return self._as(user, "political.relation").create(
            {"partner_id": one.id, "other_id": other.id, "kind": kind}
        )

    def test_lead_notes_who_recruited(self):
        relation = self._relation(self.user_lead, self.friend, self.person_north)
        self.assertEqual(relation.company_id, self.company)
        self.assertIn("Camille Nord", relation.display_name)
        seen = self._as(self.user_plain, "political.relation")
        with self.assertRaises(AccessError):
            seen.search([])

    def test_other_branch_hidden(self):
        """R-10: a relation shows two names, so it is seen with both people or not at all."""
        across = self._relation(self.user_staff, self.friend, self.person_south, "referent")
        near = self._relation(self.user_staff, self.friend, self.person_north, "referent")
        Relation = self._as(self.user_lead, "political.relation")
        self.assertEqual(Relation.search([("id", "in", (across + near).ids)]), near)
        self.assertEqual(self._as(self.user_lead).browse(self.friend.id).relation_ids, near)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._relation(self.user_lead, self.friend, self.person_south, "sponsor")

    def test_one_controller(self):
        """R-41"""
        with self.assertRaisesRegex(ValidationError, "R-41"):
            self.env["political.relation"].create(
                {"partner_id": self.friend.id, "other_id": self.person_other.id}
            )

    def test_contradictions(self):
        self._relation(self.user_lead, self.friend, self.person_north)
        with self.assertRaisesRegex(ValidationError, "other way round"):
            self._relation(self.user_lead, self.person_north, self.friend)
        for values in (
            {"partner_id": self.friend.id, "other_id": self.friend.id},
            {"partner_id": self.friend.id, "other_id": self.person_south.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env["political.relation"].create({**values, "kind": "recruiter"})

    def test_goes_with_the_person(self):
        """R-31"""
        relation = self._relation(self.user_lead, self.friend, self.person_north)
        self.env["consent.eraser"]._erase(self.person_north)
        self.assertFalse(relation.exists())


@tagged("post_install", "-at_install")
class TestHousehold(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = {"street": "3 rue de l'Essai", "zip": "93140", "city": "Bondy"}
        cls.anne, cls.paul, cls.neighbour = (
            cls._person(surname, firstname=firstname, email=email, branch_id=cls.north.id, **home)
            for surname, firstname, email in (
                ("Martin", "Anne", "foyer@example.org"),
                ("Martin", "Paul", "foyer@example.org"),
                ("Durand", "Léo", "leo@example.org"),
            )
        )
        cls.home = cls.anne | cls.paul | cls.neighbour

    def test_found_by_surname_and_address(self):
        """Neighbours of one block are no household; people of one surname there are."""
        action = self._as(self.user_lead).browse(self.home.ids).action_find_households()
        household = self.env["political.household"].search(action["domain"])
        self.assertEqual(household.partner_ids, self.anne | self.paul)
        self.assertEqual(household.with_context(lang="fr_FR").display_name, "Anne et Paul Martin")
        again = self._as(self.user_lead).browse(self.home.ids).action_find_households()
        self.assertFalse(self.env["political.household"].search(again["domain"]))

    def test_two_surnames_by_hand(self):
        people = self._as(self.user_lead).browse((self.anne | self.neighbour).ids)
        household = self.env["political.household"].browse(people.action_make_household()["res_id"])
        self.assertEqual(len(household.partner_ids), 2)
        with self.assertRaisesRegex(ValidationError, "same address"):
            self._as(self.user_staff).browse(
                (self.paul | self.person_south).ids
            ).action_make_household()

    def test_out_of_sight(self):
        """R-10: a household of another branch is not told, nor are its people."""
        self.paul.branch_id = self.south
        household = self.env["political.household"]._gather(self.home)
        lead = self._as(self.user_lead)
        self.assertFalse(lead.browse(self.anne.id).household_partner_ids)
        self.assertTrue(self._as(self.user_staff).browse(self.anne.id).household_partner_ids)
        seen = self._as(self.user_lead_homeless, "political.household")
        self.assertFalse(seen.search([("id", "=", household.id)]))
        self.assertFalse(
            self._as(self.user_neighbour, "political.household").search([("id", "=", household.id)])
        )

    def test_shared_address_two_answers(self):
        """R-06: two people who share an e-mail each keep their own answer."""
        self._consent(self.anne, "given")
        gate = self._as(self.user_staff, "consent.gate")
        answers = gate.check((self.anne | self.paul).ids, "newsletter", "email")
        self.assertEqual([a["allowed"] for a in answers], [True, False])
        self._consent(self.paul, "given")
        self._consent(self.anne, "withdrawn")
        answers = gate.check((self.anne | self.paul).ids, "newsletter", "email")
        self.assertEqual([a["allowed"] for a in answers], [False, True])

    def _consent(self, person, action):
        proof = {"means": "paper"}
        if action == "given":
            proof["wording_code"] = "newsletter-email-fr_FR-v1"
        person.sudo().consent_record("newsletter", "email", action, proof)

    def test_one_controller(self):
        """R-41"""
        household = self.env["political.household"]._gather(self.home)
        with self.assertRaisesRegex(ValidationError, "R-41"):
            self.person_other.household_id = household

    def test_empty_ones_go(self):
        household = self.env["political.household"]._gather(self.home)
        household.partner_ids.household_id = False
        self.env["political.household"]._gc_empty()
        self.assertFalse(household.exists())


@tagged("post_install", "-at_install")
class TestMandate(PoliticalCase):
    def _mandate(self, office, start="2026-03-22", end=False, person=None, user=None):
        return self._as(user or self.user_lead, "political.mandate").create(
            {
                "partner_id": (person or self.person_north).id,
                "office_id": self.env.ref(f"political_crm.office_{office}").id,
                "date_start": start,
                "date_end": end,
            }
        )

    def test_incompatible_offices_warn(self):
        """Electoral code, LO 141-1: a deputy is no mayor; one after the other is fine."""
        mayor = self._mandate("mayor", end="2026-06-30")
        deputy = self._mandate("deputy", start="2026-06-01")
        self.assertIn("LO 141-1", deputy.warning)
        self.assertTrue(mayor.warning)
        deputy.date_start = "2026-07-01"
        (mayor | deputy).invalidate_recordset(["warning"])
        self.assertFalse(deputy.warning)

    def test_two_local_mandates_at_most(self):
        """Electoral code, L.46-1"""
        first, second = self._mandate("municipal"), self._mandate("department")
        self.assertFalse(first.warning or second.warning)
        third = self._mandate("region")
        self.assertIn("L.46-1", third.warning)

    def test_warns_while_typing(self):
        self._mandate("senator")
        form = Form(self._as(self.user_lead, "political.mandate"))
        form.partner_id = self._as(self.user_lead).browse(self.person_north.id)
        form.office_id = self.env.ref("political_crm.office_deputy")
        self.assertIn("LO 137", form.warning)

    def test_state(self):
        today = self.env.cr.now().date()
        ended = self._mandate("mayor", "2014-03-30", "2020-06-28")
        current = self._mandate("municipal", today)
        found = self._as(self.user_lead, "political.mandate").search(
            [("state", "=", "current"), ("partner_id", "=", self.person_north.id)]
        )
        self.assertEqual(found, current)
        self.assertEqual(ended.state, "ended")
        self.assertTrue(self.person_north._is_elected())
        self.assertFalse(self.person_south._is_elected())

    def test_reminder_comes_once(self):
        """Before the end, on the desk of the person's local lead."""
        mandate = self._mandate("municipal", "2020-06-28", "2026-12-31")
        self.env.flush_all()
        with freeze_time("2026-01-15"):
            self.env["political.mandate"]._cron_remind()
            self.assertFalse(mandate.activity_ids)
        with freeze_time("2026-08-01"):
            self.env["political.mandate"]._cron_remind()
            self.env["political.mandate"]._cron_remind()
        self.assertEqual(len(mandate.activity_ids), 1)
        self.assertEqual(mandate.activity_ids.user_id, self.user_lead)

    def test_seen_with_the_person(self):
        """R-10, R-41"""
        mandate = self._mandate("mayor", person=self.person_south, user=self.user_staff)
        for user in (self.user_lead, self.user_lead_homeless, self.user_neighbour):
            with self.subTest(user=user.login):
                seen = self._as(user, "political.mandate").search([("id", "=", mandate.id)])
                self.assertFalse(seen)
        with self.assertRaises(AccessError):
            self._as(self.user_plain, "political.mandate").search([])

    def test_only_people_of_the_file(self):
        with self.assertRaisesRegex(ValidationError, "category"):
            self._mandate("mayor", person=self.contact, user=self.user_staff)
