from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestPaper(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.turf = cls._published(cls._operation(), number=6)

    def _entry(self, lines, user=None):
        entries = self._as(user or self.lead, "canvass.paper.entry")
        return entries.create({"turf_id": self.turf.id, "lines": lines})

    def test_sheet_comes_back(self):
        """By number, and by what a hand scanner types; once, however often it is pressed."""
        entry = self._entry(f"1 2\n2=1\n\nT{self.turf.id}-3 8\n")
        entry.action_enter()
        entry.action_enter()
        stored = self._stored(self.turf)
        self.assertEqual([row["outcome"] for row in stored], ["spoke", "not_home", "do_not_knock"])
        lines = self.turf.line_ids.sorted("sequence")
        self.assertEqual(lines[0].outcome, "spoke")
        self.assertTrue(lines[2].door_id.do_not_knock)
        self.assertEqual(self.turf.lease_ids.alias, "Paper")
        self.assertFalse(self.turf.is_out)

    def test_a_bad_line_stores_nothing(self):
        for text in ("1 2\n9 1", "1 9", "x", f"T{self.turf.id + 1}-1 1", "", "1 2 Mme Essai"):
            with self.subTest(text), self.assertRaises(UserError):
                self._entry(text).action_enter()
        self.assertFalse(self._stored(self.turf))

    def test_neighbour_is_refused(self):
        with self.assertRaises(AccessError):
            self._entry("1 2", user=self.south_lead).action_enter()
        self.assertFalse(self._stored(self.turf))
