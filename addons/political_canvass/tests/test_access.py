from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CanvassCase

MODELS = (
    "canvass.operation",
    "canvass.building",
    "canvass.door",
    "canvass.turf",
    "canvass.turf.door",
    "canvass.lease",
    "canvass.event",
)


@tagged("post_install", "-at_install")
class TestAccess(CanvassCase):
    """Promise 6, R-10, R-41: own branches, own controller, and without a branch nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation()
        cls.turf = cls._published(cls.operation)
        lease, token = cls._open(cls.turf)
        cls._sync(lease, token, cls._event(cls.turf.line_ids.door_id[0]))

    def _count(self, user, model):
        domain = [("company_id", "in", (self.company.id, self.other_company.id))]
        return self._as(user, model).search_count(domain)

    def test_lead_sees_the_branch(self):
        for model in MODELS:
            with self.subTest(model):
                self.assertGreater(self._count(self.lead, model), 0)
                self.assertGreater(self._count(self.organiser, model), 0)

    def test_federation_lead_sees_the_sections(self):
        federation = self._user(
            "federation", "political_canvass.group_canvass_lead", branch=self.federation
        )
        for model in MODELS:
            with self.subTest(model):
                self.assertEqual(self._count(federation, model), self._count(self.lead, model))

    def test_others_see_nothing(self):
        for user in (self.south_lead, self.homeless, self.neighbour):
            for model in MODELS:
                with self.subTest(model, user=user.login):
                    self.assertEqual(self._count(user, model), 0)

    def test_internal_users_have_no_access(self):
        for model in (*MODELS, "canvass.turf.around", "canvass.address.import"):
            with self.subTest(model), self.assertRaises(AccessError):
                self._as(self.plain, model).search_count([])

    def test_lead_works_on_own_ground_only(self):
        cut = self._cut(self._operation(), user=self.lead)
        self.assertEqual(len(cut.line_ids), 10)
        south = self._operation(self.south)
        with self.assertRaises(AccessError):
            self._cut(south, user=self.lead)
        operations = self._as(self.lead, "canvass.operation")
        with self.assertRaises(AccessError):
            operations.create({"name": "Là-bas", "branch_id": self.south.id})
        with self.assertRaises(AccessError):
            self._as(self.lead, "canvass.turf").create({"name": "Là-bas", "operation_id": south.id})
        self.assertTrue(operations.create({"name": "Ici"}).branch_id == self.north)

    def test_ground_is_not_pushed_onto_others(self):
        building = self.buildings[0].with_user(self.lead)
        building.access_note = "Code 24A7"
        with self.assertRaises(AccessError):
            building.branch_id = self.south
        with self.assertRaises(AccessError):
            building.unlink()

    def test_buttons_of_others(self):
        """Every public method of turf and operation refuses the neighbour's user."""
        calls = {
            "canvass.turf": (
                "action_publish",
                "action_plan_walk",
                "action_close",
                "action_new_code",
            ),
            "canvass.operation": ("action_start", "action_close"),
        }
        draft = self._cut(self._operation())
        records = {"canvass.turf": draft, "canvass.operation": draft.operation_id}
        for model, methods in calls.items():
            for method in methods:
                for user in (self.south_lead, self.homeless, self.neighbour, self.plain):
                    record = records[model].with_user(user)
                    with self.subTest(method, user=user.login), self.assertRaises(AccessError):
                        getattr(record, method)()
        draft.with_user(self.lead).action_publish()

    def test_reports_are_sums(self):
        """Users count reports; which door, and what was said beside, is not for them."""
        events = self._as(self.organiser, "canvass.event")
        groups = events.formatted_read_group(
            [("turf_id", "=", self.turf.id)], ["outcome"], ["__count"]
        )
        self.assertEqual([(g["outcome"], g["__count"]) for g in groups], [("not_home", 1)])
        for name in ("door_id", "uid", "data", "undoes"):
            with self.subTest(name), self.assertRaises(AccessError):
                events.search([]).read([name])
            with self.subTest(name), self.assertRaises(AccessError):
                events.search([(name, "=", 1)])
        for method in ("write", "create"):
            with self.assertRaises(AccessError):
                getattr(events.search([]), method)({})
        with self.assertRaises(AccessError):
            events.search([]).unlink()

    def test_field_right_shows_no_contact(self):
        """A canvass lead without another right sees nobody of the party."""
        self.env["res.partner"].create(
            {
                "lastname": "Essai",
                "company_id": self.company.id,
                "branch_id": self.north.id,
                "political_category": "member",
                "political_origin": "paper_form",
            }
        )
        partners = self._as(self.lead, "res.partner")
        self.assertFalse(partners.search([("name", "ilike", "Essai"), ("user_ids", "=", False)]))

    def test_branches_in_sight(self):
        branches = self._as(self.lead, "political.branch")
        self.assertEqual(branches.search([]), self.north)
        self.assertFalse(self._as(self.homeless, "political.branch").search([]))
        seen = self._as(self.organiser, "political.branch").search([])
        self.assertEqual(seen, self.federation + self.north + self.south)
