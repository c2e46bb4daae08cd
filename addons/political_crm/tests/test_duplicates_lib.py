import subprocess
import sys
from pathlib import Path

from odoo.tests import BaseCase

from ..lib import duplicates
from ..lib.duplicates import nicknames, text

BASE = {
    "firstname": "Anne",
    "lastname": "Kervadec",
    "birthdate": "1971-02-03",
    "email": "kervadec77@example.org",
    "phone": "0261910707",
    "street": "7 rue des Écoles",
    "zip": "93140",
    "city": "Bondy",
    "ref": "",
}
COLUMNS = duplicates.COLUMNS[1:]


def row(number, **values):
    return (str(number), *({**BASE, **values}[name] for name in COLUMNS))


class TestOneSpelling(BaseCase):
    def test_names(self):
        for typed, parts in {
            "de La Tour-Martin": ("delatour", "martin"),
            "COHEN ép. Lopez": ("cohen", "lopez"),
            "Mme Œuvrard": ("oeuvrard",),
            "Le Goff": ("legoff",),
            "d'Estaing": ("destaing",),
        }.items():
            self.assertEqual(text.name_parts(typed), parts)
        self.assertEqual(text.name_parts("Marie-Ève", first=True), ("marie", "eve"))

    def test_addresses_and_numbers(self):
        self.assertEqual(
            text.street("12 B, av. du Gal Leclerc"), text.street("12bis Avenue du Général Leclerc")
        )
        self.assertEqual(text.street("19 Rue de lâ€™Union"), text.street("19 rue de l’Union"))
        for typed in ("+33 1 99 00 12 34", "0033199001234", "01.99.00.12.34", "+33 (0)199001234"):
            self.assertEqual(text.phone(typed), "199001234")
        self.assertEqual(text.phone("12"), "")
        self.assertEqual(text.email(" A.B+liste@Example.ORG "), ("a.b", "example.org"))
        self.assertEqual(text.email("sans adresse"), ("", ""))

    def test_dates(self):
        for typed in ("1971-02-03", "19710203", "03/02/1971"):
            self.assertEqual(text.born(typed), 19710203)
        for typed in ("", "1971-02-30", "hier"):
            self.assertEqual(text.born(typed), 0)

    def test_short_names(self):
        self.assertTrue(nicknames.same_by_habit("alex", "alexandre"))
        self.assertTrue(nicknames.same_by_habit("philippe", "phil"))
        self.assertFalse(nicknames.same_by_habit("alexandra", "alexandre"))
        self.assertFalse(nicknames.same_by_habit("daniel", "danielle"))


class TestLikely(BaseCase):
    def _likely(self, **values):
        score, levels = duplicates.likely(row(1), [row(2, **values)])
        return score[0], {name: int(level[0]) for name, level in levels.items()}

    def test_one_person(self):
        for values in (
            {},
            {"firstname": "Kervadec", "lastname": "Anne"},
            {"lastname": "KERVADEC-Morvan", "email": ""},
            {"lastname": "Morvan"},
            {"firstname": "Annie"},
            {"firstname": "A."},
            {"birthdate": "1971-03-02"},
            {"birthdate": "1971-01-01"},
            {"birthdate": "", "phone": ""},
            {"street": "3 place du Moulin", "zip": "29000", "city": "Quimper"},
            {"email": "", "phone": "", "street": ""},
        ):
            with self.subTest(values=values):
                self.assertGreater(self._likely(**values)[0], 0.5)

    def test_relatives(self):
        """They share all but first name and birth; twins the birth too; father and son the
        name."""
        for values in (
            {"firstname": "Hugo", "birthdate": "2001-07-09"},
            {"firstname": "Hugo"},
            {"birthdate": "1941-11-30"},
            {"firstname": "Marc", "birthdate": ""},
        ):
            with self.subTest(values=values):
                self.assertLess(self._likely(**values)[0], 0.5)

    def test_namesakes(self):
        apart = {"email": "", "phone": "", "street": "", "zip": "", "city": ""}
        self.assertLess(self._likely(birthdate="1955-10-12", **apart)[0], 0.5)

    def test_find(self):
        rows = [
            row(1),
            row(2, firstname="Kervadec", lastname="Anne", email=""),
            row(3, firstname="Hugo", birthdate="2001-07-09"),
            row(4, firstname="Ida", lastname="Ozanne", birthdate="", email="", phone="", street=""),
        ]
        left, right, _score, _levels = duplicates.find(rows)
        self.assertEqual([*zip(left.tolist(), right.tolist(), strict=True)], [(1, 2)])
        for few in ([], rows[:1]):
            self.assertEqual(len(duplicates.find(few)[0]), 0)

    def test_process(self):
        """The process reads what COPY writes, tabs and line ends within values too."""
        rows = [row(n, street="7 rue\\tdes\\nÉcoles \\\\", ref="\\N") for n in (8, 9)]
        sent = "".join("\t".join(values) + "\n" for values in rows)
        lib = Path(duplicates.__file__).parent.parent
        answer = subprocess.run(
            [sys.executable, "-m", "duplicates", "0.5", "10"],
            cwd=lib,
            input=sent.encode(),
            stdout=subprocess.PIPE,
            check=True,
        )
        low, high, score, said = answer.stdout.decode().rstrip("\n").split("\t")
        self.assertEqual((low, high), ("8", "9"))
        self.assertGreater(float(score), 0.99)
        self.assertIn("birthdate:same", said)
