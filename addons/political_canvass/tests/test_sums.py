import csv
import io

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged

from ..lib import cells
from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestCells(BaseCase):
    """R-50: fewer than ten are not shown, nor told by a subtraction."""

    def test_small_ones_and_their_complement(self):
        for sizes, expected in (
            ([], set()),
            ([0, 0], set()),
            ([12, 30], set()),
            ([9, 0], {0}),
            ([9, 12, 30], {0, 1}),
            ([4, 7, 30], {0, 1}),
            ([10], set()),
        ):
            with self.subTest(sizes=sizes):
                self.assertEqual(cells.hidden(sizes), expected)

    def test_sums_known_from_elsewhere(self):
        """20 + 5 of one station: the five could be subtracted, whatever is hidden besides."""
        self.assertEqual(cells.hidden([20, 5, 6, 40]), {1, 2})
        self.assertEqual(cells.hidden([20, 5, 6, 40], [{0, 1}, {2, 3}]), {0, 1, 2, 3})

    def test_linked(self):
        found = cells.linked([("a", 1), ("b", 2), ("c", 2), ("a", 3), ("d", 4), ("c", 4)])
        self.assertEqual(
            sorted((sorted(lefts), sorted(rights)) for lefts, rights in found),
            [(["a"], [1, 3]), (["b", "c", "d"], [2, 4])],
        )


@tagged("post_install", "-at_install")
class TestSums(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operation = cls._operation(name="=Essai")
        stations = cls.env["political.zone"].create(
            [{"name": f"Bureau {n}", "kind": "station", "code": f"99997_{n:04}"} for n in (1, 2)]
        )
        cls.buildings.polling_station_id = stations[0]
        cls.first = cls._published(cls.operation, number=14, name="Nord")
        rest = cls.buildings - cls.first.line_ids.door_id.building_id
        rest.polling_station_id = stations[1]
        cls.second = cls._published(cls.operation, number=14, name="Sud")
        cls.team = cls.env["canvass.team"].create({"name": "Les bleus", "branch_id": cls.north.id})
        cls._report(cls.first, ["spoke"] * 8 + ["not_home"] * 4)
        cls._report(cls.second, ["spoke"] * 4)

    @classmethod
    def _report(cls, turf, outcomes):
        lease, token = cls._open(turf)
        lines = turf.line_ids.sorted("sequence")
        cls._sync(
            lease,
            token,
            *(cls._event(line.door_id, said) for line, said in zip(lines, outcomes, strict=False)),
        )

    def _rows(self, user):
        text = self.operation.with_user(user).export_sums()
        rows = list(csv.reader(io.StringIO(text), delimiter=";"))
        return {(row[0], row[1]): row[2:] for row in rows}

    def test_small_cells_are_hidden(self):
        """R-50: a turf of four doors done, and the other that would tell it from the total."""
        rows = self._rows(self.lead)
        self.assertEqual(rows["Total", "'=Essai"], ["28", "16", "12", "4", "0"])
        for name in ("Nord", "Sud"):
            self.assertEqual(rows["Turf", name], ["14", "", "", "", ""])
        for name in ("Bureau 1", "Bureau 2"):
            [row] = [row for key, row in rows.items() if key[1].startswith(name)]
            self.assertEqual(row[1:], ["", "", "", ""], name)
        self._report(self.second, ["spoke"] * 4 + ["not_home"] * 7)
        rows = self._rows(self.lead)
        self.assertEqual(rows["Turf", "Nord"], ["14", "12", "8", "4", "0"])
        self.assertEqual(rows["Turf", "Sud"], ["14", "11", "4", "7", "0"])

    def test_teams_are_their_leads_business(self):
        """A canvasser's and a team's figures are for the lead of their branch alone."""
        self.first.with_user(self.lead).team_id = self.team
        board = self.operation.with_user(self.lead).board_data()
        self.assertEqual(
            board["teams"],
            [
                {
                    "team": "Les bleus",
                    "turfs": 1,
                    "doors": 14,
                    "done": 12,
                    "talks": 8,
                    "not_home": 4,
                    "agreements": 0,
                }
            ],
        )
        self.assertIn(("Team", "Les bleus"), self._rows(self.lead))
        self.assertFalse(self.operation.with_user(self.organiser).board_data()["teams"])
        self.assertNotIn(("Team", "Les bleus"), self._rows(self.organiser))

    def test_rights(self):
        for user in (self.south_lead, self.homeless, self.neighbour, self.plain):
            with self.assertRaises(AccessError):
                self.operation.with_user(user).export_sums()
        self.assertFalse(self._as(self.south_lead, "canvass.team").search([]))
        with self.assertRaises(AccessError):
            self._as(self.south_lead, "canvass.team").create(
                {"name": "Ailleurs", "branch_id": self.north.id, "company_id": self.company.id}
            )
