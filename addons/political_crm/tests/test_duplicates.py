from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PoliticalCase


class DuplicateCase(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anne = cls._double("Anne-Sophie", "Kervadec", branch_id=cls.north.id)
        cls.anso = cls._double("Anso", "KERVADEC", branch_id=cls.north.id)
        cls.pair_of_north = cls.anne | cls.anso
        cls.paul = cls._double("Paul", "Thibodault", branch_id=cls.south.id)
        cls.polo = cls._double("Thibodault", "Paul", branch_id=cls.south.id)

    @classmethod
    def _double(cls, first, last, **values):
        return cls._person(
            last,
            **{
                "firstname": first,
                "email": f"{last.lower()}77@example.org",
                "phone": "+33 2 61 91 07 07",
                "street": "7 rue des Écoles",
                "zip": "93140",
                "city": "Bondy",
                "birthdate": date(1971, 2, 3),
                **values,
            },
        )

    def _find(self, user, domain=None):
        return self._as(user, "political.duplicate").find(domain)

    def _pair(self, one, other):
        low, high = sorted((one.id, other.id))
        return self.env["political.duplicate"].search(
            [("left_id", "=", low), ("right_id", "=", high)]
        )


@tagged("post_install", "-at_install")
class TestFind(DuplicateCase):
    def test_staff_finds_all(self):
        found = self._find(self.user_staff, [("lastname", "!=", False)])
        pairs = {frozenset((pair.left_id + pair.right_id).ids) for pair in found}
        self.assertIn(frozenset(self.pair_of_north.ids), pairs)
        self.assertIn(frozenset((self.paul + self.polo).ids), pairs)
        pair = self._pair(self.anne, self.anso)
        self.assertGreater(pair.score, 0.9)
        self.assertIn("Same date of birth", pair.explanation)
        self.assertIn("short form", pair.explanation)
        french = self._pair(self.paul, self.polo).with_context(lang="fr_FR").explanation
        self.assertIn("inversés", french)
        self.assertEqual(french.count("\n") + 1, len(set(french.split("\n"))))

    def test_lead_finds_own_pairs_only(self):
        """R-10: a lead sees pairs both of whose people are theirs, whatever the domain says."""
        domain = [("id", "in", (self.pair_of_north + self.paul + self.polo).ids)]
        found = self._find(self.user_lead, domain)
        self.assertEqual((found.left_id | found.right_id), self.pair_of_north)
        self._find(self.user_staff, domain)
        seen = self._as(self.user_lead, "political.duplicate").search([])
        self.assertEqual(seen.left_id | seen.right_id, self.pair_of_north)

    def test_lead_learns_nothing_of_others(self):
        """R-10: a double in another branch gives no pair, and no word."""
        across = self._double("Anne-Sophie", "Kervadec", branch_id=self.south.id)
        found = self._find(self.user_lead, [])
        self.assertNotIn(across, found.left_id | found.right_id)
        self._find(self.user_staff, [])
        pair = self._pair(self.anne, across)
        self.assertTrue(pair)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._as(self.user_lead, "political.duplicate").browse(pair.id).read(["explanation"])
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._as(self.user_lead, "political.duplicate").browse(pair.id).decide_merge(
                self.anne.id
            )

    def test_refused(self):
        """Who may not review learns nothing by asking."""
        for user in (self.user_plain, self.user_sales, self.user_finance, self.user_dpo):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._find(user, [])
        with self.assertRaises(AccessError):
            self._as(self.user_plain, "political.duplicate").search([])

    def test_no_guess_through_the_domain(self):
        """R-10: a field that the user may not read is no condition of theirs."""
        with self.assertRaises(AccessError):
            self._find(self.user_lead, [("birthdate", "=", "1971-02-03")])

    def test_controllers_stay_apart(self):
        """R-41: the same person in two controllers' files is no pair."""
        self._double(
            "Anne-Sophie",
            "Kervadec",
            company_id=self.other_company.id,
            branch_id=self.other_branch.id,
        )
        self.user_staff.company_ids += self.other_company
        Pairs = self.env["political.duplicate"].with_user(self.user_staff)
        found = Pairs.with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        ).find([("lastname", "=ilike", "kervadec")])
        self.assertEqual(found.left_id | found.right_id, self.pair_of_north)

    def test_relatives_are_no_pair(self):
        """Relatives share address, number and e-mail; twins their birth too."""
        twin = self._double("Hugo", "Kervadec", branch_id=self.north.id)
        self._double("Jean", "Kervadec", birthdate=date(1941, 5, 30), branch_id=self.north.id)
        found = self._find(self.user_staff, [("lastname", "=ilike", "kervadec")])
        self.assertEqual(found.left_id | found.right_id, self.pair_of_north)
        self.assertNotIn(twin, found.left_id | found.right_id)

    def test_decisions_are_remembered(self):
        self._find(self.user_staff)
        pair = self._pair(self.anne, self.anso)
        self._as(self.user_lead, "political.duplicate").browse(pair.id).decide_distinct()
        self.assertNotIn(pair, self._find(self.user_staff))
        self.assertEqual((pair.state, pair.decided_uid), ("distinct", self.user_lead))
        self._as(self.user_lead, "political.duplicate").browse(pair.id).decide_again()
        self.assertIn(pair, self._find(self.user_staff))

    def test_pair_goes_when_no_longer_likely(self):
        self._find(self.user_staff)
        self.anso.write(
            {"firstname": "Gérard", "birthdate": date(1950, 1, 9), "email": "g@example.org"}
        )
        self._find(self.user_staff)
        self.assertFalse(self._pair(self.anne, self.anso))

    def test_review_shows_readable_fields_only(self):
        self._find(self.user_staff)
        shown = self._as(self.user_lead, "political.duplicate").review_next()
        self.assertEqual(shown["left"], 1)
        names = {row["name"]: row for row in shown["pair"]["fields"]}
        self.assertTrue(names["firstname"]["differs"])
        self.assertFalse(names["zip"]["differs"])
        self.assertNotIn("birthdate", names)
        later = self._as(self.user_lead, "political.duplicate").review_next([shown["pair"]["id"]])
        self.assertIs(later["pair"], False)

    def test_erased_with_the_person(self):
        """R-31"""
        self._find(self.user_staff)
        self.env["consent.eraser"]._erase(self.anne)
        self.assertFalse(self._pair(self.anne, self.anso))


@tagged("post_install", "-at_install")
class TestTyping(DuplicateCase):
    def _typed(self, user, **values):
        form = Form(
            self._as(user).with_context(
                default_political_category="regular",
                default_political_origin="paper_form",
                default_company_id=self.company.id,
                default_is_company=False,
            ),
            view="base.view_partner_form",
        )
        for name, value in values.items():
            form[name] = value
        return form.duplicate_warning

    def test_told_while_typing(self):
        told = self._typed(
            self.user_lead,
            firstname="Anne-Sophie",
            lastname="Kervadec",
            email="kervadec77@example.org",
        )
        self.assertIn(str(self.anne.id), told)
        self.assertIn("Same last name", told)

    def test_nothing_told_of_others(self):
        """R-10: of people out of sight nothing is said, not even that there is one."""
        self.assertFalse(
            self._typed(
                self.user_lead,
                firstname="Paul",
                lastname="Thibodault",
                email="thibodault77@example.org",
            )
        )

    def test_other_person_is_not_told(self):
        self.assertFalse(
            self._typed(
                self.user_lead, firstname="Nadège", lastname="Ozanne", email="no@example.org"
            )
        )

    def test_markup_in_names_is_text(self):
        self.anne.lastname = "<b>Kervadec</b>"
        told = self._typed(self.user_lead, firstname="Anne-Sophie", email="kervadec77@example.org")
        self.assertNotIn("<b>", told or "")


@tagged("post_install", "-at_install")
class TestHousehold(DuplicateCase):
    def test_lead_puts_them_into_one_household(self):
        """Relatives: remembered, and together for a letter."""
        self._find(self.user_staff)
        pair = self._pair(self.anne, self.anso)
        self._as(self.user_lead, "political.duplicate").browse(pair.id).decide_household()
        self.assertEqual(pair.state, "household")
        self.assertTrue(self.anne.household_id)
        self.assertEqual(self.anne.household_id, self.anso.household_id)
        self.assertNotIn(pair, self._find(self.user_staff))

    def test_taken_back_with_the_decision(self):
        """Undoing “same household” empties the household that the decision made."""
        self._find(self.user_staff)
        pair = self._pair(self.anne, self.anso)
        by_lead = self._as(self.user_lead, "political.duplicate").browse(pair.id)
        by_lead.decide_household()
        household = self.anne.household_id
        by_lead.decide_again()
        self.assertEqual(pair.state, "open")
        self.assertFalse((self.anne | self.anso).household_id)
        self.assertFalse(household.exists())

    def test_who_lived_there_before_stays(self):
        """Only whom the decision put into the household leaves it."""
        self._find(self.user_staff)
        pair = self._pair(self.anne, self.anso)
        home = self.env["political.household"].create(
            {"company_id": self.company.id, "partner_ids": self.anne.ids}
        )
        by_lead = self._as(self.user_lead, "political.duplicate").browse(pair.id)
        by_lead.decide_household()
        self.assertEqual(self.anso.household_id, home)
        by_lead.decide_distinct()
        self.assertEqual(self.anne.household_id, home)
        self.assertFalse(self.anso.household_id)
