from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestDashboard(PoliticalCase):
    FIGURES = (
        "member_count",
        "supporter_count",
        "volunteer_count",
        "occasional_count",
        "new_count",
        "uptodate_count",
        "arrears_count",
        "renewal_count",
        "recruitment_count",
        "todo_count",
        "place_html",
        "origin_html",
        "stage_html",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supporter = cls._person(
            "Proche", political_category="regular", is_volunteer=True, branch_id=cls.north.id
        )
        cls.env["crm.lead"]._recruit(cls.supporter)

    def _board(self, user, **values):
        return self._as(user, "political.dashboard").create(values)

    def test_own_figures(self):
        """R-10: a lead's page counts their own people, the federation's counts its sections'."""
        board = self._board(self.user_lead)
        self.assertEqual(board.branch_id, self.north)
        self.assertEqual(board.display_name, "Section nord")
        self.assertEqual(
            (board.member_count, board.supporter_count, board.volunteer_count), (1, 1, 1)
        )
        self.assertEqual(board.recruitment_count, 1)
        federation = self._board(self.user_federation)
        self.assertEqual(federation.member_count, 2)
        self.assertIn("Section nord", federation.place_html)
        self.assertEqual(self._board(self.user_staff).member_count, 3)
        self.assertEqual(self._board(self.user_neighbour).member_count, 1)
        self.assertEqual(self._board(self.user_lead_homeless).member_count, 0)
        for user in (self.user_dpo, self.user_finance):
            self.assertEqual(self._board(user).read(self.FIGURES)[0]["member_count"], 3)
        with self.assertRaises(AccessError):
            self._board(self.user_plain)

    def test_asking_for_anothers_branch_tells_nothing(self):
        """R-10: the figures are those of the reader's rights, whatever branch is asked for."""
        board = self._board(self.user_lead, branch_id=self.south.id)
        self.assertEqual(board.member_count, 0)
        self.assertFalse(board.origin_html or board.stage_html)

    def test_map_of_counts(self):
        """R-10, R-75: the number of one's own people in each place, and no one else's."""
        first, second, third = self._stations()
        (self.person_north + self.supporter).polling_station_id = first
        self.person_south.polling_station_id = second

        def counts(user, *branch):
            found = self._as(user, "political.dashboard").map_counts(*branch)
            self.assertIn(f"/contours/{first.parent_id.id}/station/", found["contours"])
            return {zone: tuple(counts) for zone, _name, counts in found["places"]}, found[
                "elsewhere"
            ]

        nobody = (0, 0, 0, 0)
        north = {first.id: (2, 1, 1, 1), second.id: nobody, third.id: nobody}
        self.assertEqual(counts(self.user_lead), (north, 0))
        self.assertEqual(
            counts(self.user_staff), ({**north, second.id: (1, 1, 0, 0)}, 1), "one is nowhere"
        )
        self.assertEqual(counts(self.user_staff, self.north.id), (north, 0))
        for user in (self.user_lead_homeless, self.user_neighbour):
            found = self._as(user, "political.dashboard").map_counts()
            self.assertEqual((found["contours"], found["places"]), (False, []), user.login)
        found = self._as(self.user_lead, "political.dashboard").map_counts(self.south.id)
        self.assertFalse(found["places"], "another's branch tells nothing")
        with self.assertRaises(AccessError):
            self._as(self.user_plain, "political.dashboard").map_counts()
        action = self._as(self.user_lead, "political.dashboard").action_place(False, first.id)
        people = self._as(self.user_lead).search(action["domain"])
        self.assertEqual(people, self.person_north + self.supporter)

    def test_constant_queries(self):
        """As many queries for a hundred people more, on the page and on its map."""
        board = self._board(self.user_federation)
        (self.person_north + self.person_south).polling_station_id = self._stations()[0]
        self.env.flush_all()

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            board.read(self.FIGURES)
            board.map_counts()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for n in range(100):
            self._person(f"Foule {n}", branch_id=self.north.id)
        self.env.flush_all()
        self.assertLessEqual(count(), few)

    def test_buttons_lead_to_the_counted(self):
        board = self._board(self.user_federation)
        for name, count in (
            ("action_members", board.member_count),
            ("action_supporters", board.supporter_count),
            ("action_volunteers", board.volunteer_count),
            ("action_new", board.new_count),
        ):
            with self.subTest(action=name):
                action = getattr(board, name)()
                found = self._as(self.user_federation).search_count(action["domain"])
                self.assertEqual(found, count)
        action = board.action_recruitment()
        leads = self._as(self.user_federation, "crm.lead").search_count(action["domain"])
        self.assertEqual(leads, board.recruitment_count)
        self.assertTrue(board.action_analysis()["domain"])
        self.assertEqual(board.action_message()["res_model"], "political.relay")

    def test_checklist_ends(self):
        """Seen by the administrator until everything is done, by nobody else."""
        board = self._board(self.user_manager)
        left = board.checklist_left
        self.assertGreater(left, 1)
        self.assertFalse(self._board(self.user_lead).checklist_left)
        self.company.write({"email": "parti@example.org", "street": "1 rue de l'Essai"})
        self.env["ir.mail_server"].create({"name": "Courrier", "smtp_host": "localhost"})
        town = self.env["political.zone"].create(
            {"name": "Ville", "kind": "commune", "code": "99901"}
        )
        self.north.zone_ids = town
        self.north.user_ids = self.user_lead
        self.assertEqual(self._board(self.user_manager).checklist_left, 0)

    def test_activities_of_the_reader(self):
        self.person_north.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=self.env.cr.now().date(),
            user_id=self.user_lead.id,
        )
        customer = self.env["crm.lead"].create({"name": "Vente", "user_id": self.user_lead.id})
        customer.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=self.env.cr.now().date(),
            user_id=self.user_lead.id,
        )
        self.assertEqual(self._board(self.user_lead).todo_count, 1)
        self.assertEqual(self._board(self.user_staff).todo_count, 0)
