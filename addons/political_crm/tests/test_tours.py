from odoo.tests import HttpCase, tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestTours(PoliticalCase, HttpCase):
    """Each role's guided tour, in a real browser, with no more rights than the role has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._person("Visite", branch_id=cls.north.id)

    def test_lead(self):
        self.start_tour("/odoo", "political_lead_tour", login=self.user_lead.login)

    def test_staff(self):
        self.start_tour("/odoo", "political_staff_tour", login=self.user_staff.login)

    def test_manager(self):
        self.start_tour("/odoo", "political_manager_tour", login=self.user_manager.login)

    def test_finance(self):
        self.start_tour("/odoo", "political_finance_tour", login=self.user_finance.login)

    def test_overview_map(self):
        """The overview paints how many of the lead's people live where, and says what is what."""
        (self.person_north + self.person_south).polling_station_id = self._stations()[0]
        painted = """
            document.querySelector('.o_political_branch_map_canvas canvas')
            && document.querySelectorAll('.o_political_branch_map .o_political_map_swatch').length
               === 2
        """
        self.browser_js(
            "/odoo/action-political_crm.action_dashboard",
            "console.log('test successful')",
            painted.replace("\n", " ").strip(),
            login=self.user_lead.login,
        )

    def test_offered_by_role(self):
        """Nobody is taken through what they may not open."""
        names = {
            user.login: set(
                self._as(user, "web_tour.tour")
                .search([("name", "like", "political_")])
                .mapped("name")
            )
            for user in (self.user_plain, self.user_lead, self.user_finance)
        }
        self.assertEqual(names["test_plain"], set())
        self.assertEqual(names["test_lead"], {"political_lead_tour"})
        self.assertEqual(names["test_finance"], {"political_finance_tour"})
