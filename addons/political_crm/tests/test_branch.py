from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestBranch(PoliticalCase):
    def test_owns_a_list(self):
        """R-20: a branch is created with the list that its whole-list messages go to."""
        self.assertEqual(self.north.consent_list_id.company_id, self.company)
        self.assertEqual(self.north.consent_list_id.purpose_id.code, "newsletter")
        self.assertNotEqual(self.north.consent_list_id, self.south.consent_list_id)

    def test_list_named_in_each_language(self):
        """R-78: people choose it on public pages, in French first."""
        self.env["res.lang"]._activate_lang("fr_FR")
        news = self._branch("Section est").consent_list_id
        self.assertEqual(news.with_context(lang="fr_FR").name, "Nouvelles : Section est")
        self.assertEqual(news.with_context(lang="en_US").name, "News of Section est")

    def test_counts_with_sub_branches(self):
        self._person("Deux", branch_id=self.south.id, political_category="regular")
        federation = self._as(self.user_staff, "political.branch").browse(self.federation.id)
        self.assertEqual(federation.people_count, 3)
        self.assertEqual(federation.member_count, 2)
        self.assertEqual(federation.supporter_count, 1)
        north = self._as(self.user_lead, "political.branch").browse(self.north.id)
        self.assertEqual(north.people_count, 1)

    def test_no_cycle(self):
        for parent in (self.north, self.federation):
            with self.assertRaisesRegex(ValidationError, "sub-branches"), self.env.cr.savepoint():
                self.federation.parent_id = parent
        self.north.parent_id = self.south
        self.assertEqual(self.north.parent_id, self.south)

    def test_stays_with_its_controller(self):
        """R-41"""
        with self.assertRaisesRegex(UserError, "R-41"):
            self.north.company_id = self.other_company
        with self.assertRaises(UserError):
            self._branch("Mêlée", parent_id=self.other_branch.id)

    def test_unlink_keeps_list(self):
        """Answers given to a branch's list outlive the branch."""
        branch = self._branch("Éphémère")
        news = branch.consent_list_id
        branch.unlink()
        self.assertTrue(news.exists())
        self.assertFalse(news.active)

    def test_action_people(self):
        action = (
            self._as(self.user_federation, "political.branch")
            .browse(self.federation.id)
            .action_people()
        )
        people = self._as(self.user_federation).search(action["domain"])
        self.assertEqual(people, self.person_north + self.person_south)
