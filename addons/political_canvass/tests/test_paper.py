from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..lib import sheet
from ..models import canvass_turf_sheet
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

    def test_pages(self):
        """Every door is on one page, in walking order, and none is left out."""
        with (
            patch.object(canvass_turf_sheet, "FIRST_PAGE", 2),
            patch.object(canvass_turf_sheet, "NEXT_PAGE", 3),
        ):
            pages = self.turf._sheet_pages()
        self.assertEqual([page.mapped("sequence") for page in pages], [[1, 2], [3, 4, 5], [6]])

    def test_map(self):
        """Numbers and names cover neither each other nor a door; a street's name is text."""
        points = [(48.9 + 0.0004 * (n % 5), 2.48 + n // 5 * 0.0004) for n in range(25)]
        drawing = etree.fromstring(sheet.walk_svg(points, ["Rue <A> & Cie"] * 25))
        labels = [element for element in drawing if element.tag.endswith("text")]
        said = [element.text for element in labels]
        self.assertIn("Rue <A> & Cie", said)
        self.assertLessEqual({str(n) for n in range(1, 26)}, set(said))
        places = {(element.get("x"), element.get("y")) for element in labels}
        self.assertEqual(len(places), len(labels))
        # in one place there is room for one number alone
        crowd = sheet.walk_svg([(48.9, 2.48)] * 30)
        self.assertLess(crowd.count("<text"), 30)

    def test_neighbour_is_refused(self):
        with self.assertRaises(AccessError):
            self._entry("1 2", user=self.south_lead).action_enter()
        self.assertFalse(self._stored(self.turf))
