import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..lib.indicator_file import read_indicators, shared_out
from ..lib.results_file import FileError
from .common import PoliticalCase
from .test_election_import import SHARED
from .test_zone_import import square

INSEE = "Titre du fichier;;\nCODGEO;LIBGEO;Revenu médian;Ménages\n99001;Essaiville;21 500,5;300\n"
BY_IRIS = "IRIS,pop,part\n990010101,900,10\n990010102,s,20\n"


@tagged("post_install", "-at_install")
class TestIndicatorFile(BaseCase):
    def test_read(self):
        found = read_indicators(INSEE.encode())
        self.assertEqual(found.level, "commune")
        self.assertEqual(
            found.columns, {"Revenu médian": {"99001": 21500.5}, "Ménages": {"99001": 300.0}}
        )
        found = read_indicators(BY_IRIS.encode())
        self.assertEqual((found.level, found.columns["pop"]), ("iris", {"990010101": 900.0}))
        parts = b"dep,com,taux\n99,1,3\n"
        self.assertEqual(read_indicators(parts).columns, {"taux": {"99001": 3.0}})

    def test_refused(self):
        for content, code in ((b"a,b\n1,2\n", "no_header"), (b"insee,nom\n99001,X\n", "no_rows")):
            with self.subTest(code=code), self.assertRaises(FileError) as raised:
                read_indicators(content)
            self.assertEqual(raised.exception.code, code)

    def test_shared_out(self):
        shares = [("a", 1, 3.0), ("a", 2, 1.0), ("b", 2, 1.0)]
        values = {"a": 400.0, "b": 100.0}
        self.assertEqual(shared_out(values, shares, total=True), {1: 300.0, 2: 200.0})
        self.assertEqual(shared_out(values, shares, total=False), {1: 400.0, 2: 250.0})


@tagged("post_install", "-at_install")
class TestIndicatorImport(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Zone = cls.env["political.zone"]
        cls.town = Zone.create({"name": "Essaiville", "kind": "commune", "code": "99001"})

        def place(kind, code, west, side=0.01):
            contour = json.dumps({"type": "Polygon", "coordinates": square(west, 48, side)})
            return Zone.create(
                {
                    "name": code,
                    "kind": kind,
                    "code": code,
                    "parent_id": cls.town.id,
                    "contour": contour,
                }
            )

        cls.iris = place("iris", "990010101", 2.0) + place("iris", "990010102", 2.01)
        # The first station covers the first IRIS and half of the second, the other a quarter.
        cls.one = place("station", "99001_0001", 2.0, 0.015)
        cls.two = place("station", "99001_0002", 2.015, 0.005)

    def load(self, text, user=None, **values):
        job = self._as(user or self.user_manager, "political.indicator.import").create(
            {
                "file": base64.b64encode(text.encode() if isinstance(text, str) else text),
                "filename": "essai.csv",
                **values,
            }
        )
        job.action_apply()
        return job

    def value(self, zone, name):
        return zone.indicator_value_ids.filtered(lambda v: v.indicator_id.name == name).value

    def test_by_area(self):
        text = "IRIS,pop\n990010101,100\n990010102,60\n"
        job = self.load(text, method="area", is_total=True, source="INSEE")
        self.assertEqual((job.value_count, job.shared_count), (2, 2))
        values = [self.value(zone, "pop") for zone in (*self.iris, self.one, self.two)]
        self.assertEqual(values[:2], [100, 60])
        # Of the second IRIS, two thirds of what stations cover lie in the first: nobody is lost.
        self.assertAlmostEqual(values[2], 140, 5)
        self.assertAlmostEqual(values[3], 20, 5)
        indicator = self.env["political.indicator"].search([("code", "=", "pop")])
        self.assertIn("area", indicator.method)
        before = self.env["political.indicator.value"].search_count([])
        self.load(text, method="area", is_total=True, source="INSEE")
        self.assertEqual(self.env["political.indicator.value"].search_count([]), before)

    def test_by_addresses(self):
        Address = self.env["political.address"]
        Address.create(
            [
                {
                    "commune_code": "99001",
                    "longitude": longitude,
                    "latitude": 48.002,
                    "station_id": station.id,
                    "street_key": "rue essai",
                    "number": number,
                    "suffix": "",
                }
                for number, (longitude, station) in enumerate(
                    ((2.002, self.one), (2.012, self.one), (2.016, self.two), (2.017, self.two)), 1
                )
            ]
        )
        job = self.load(
            "IRIS,pop\n990010101,100\n990010102,60\n", method="addresses", is_total=True
        )
        self.assertEqual(job.shared_count, 2)
        self.assertAlmostEqual(self.value(self.one, "pop"), 120)
        self.assertAlmostEqual(self.value(self.two, "pop"), 40)

    def test_same_as_the_commune(self):
        job = self.load(INSEE, column="Revenu médian", method="same", name="Revenu", year=2021)
        self.assertEqual((job.indicator_count, job.shared_count), (1, 2))
        self.assertEqual(self.value(self.one, "Revenu"), 21500.5)

    def test_by_constituency(self):
        """INSEE writes 99001 where the ministry writes 9901; the station tells where it lies."""
        place = self.env["political.zone"].create(
            {"name": "1re", "kind": "constituency", "code": "9901"}
        )
        self.two.constituency_id = place
        text = "circo;Nom;Jeunes\n00000;Moyenne;18\n99001;Essai;25\n"
        job = self.load(text, method="same")
        self.assertEqual((job.value_count, job.shared_count, job.rejected_count), (1, 1, 1))
        self.assertEqual((self.value(place, "Jeunes"), self.value(self.two, "Jeunes")), (25, 25))
        self.assertFalse(self.value(self.one, "Jeunes"))

    def test_refused(self):
        with self.assertRaisesRegex(UserError, "no column of numbers"):
            self.load(INSEE, column="Âge")
        with self.assertRaisesRegex(UserError, "code of places"):
            self.load("a,b\n1,2\n")
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.load(INSEE, self.user_staff)

    def test_shared_tables(self):
        """INSEE's real tables, with the counts that their source states."""
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")
        for name, level, columns, column, values, left_out in (
            ("paris_iris_rp2011_cs8.csv", "iris", 9, "C11_POP15P", 992, 0),
            ("population_communes_insee.csv", "commune", 3, "Population totale", 34904, 0),
            # 566 constituencies; the country's mean is none.
            (
                "insee_indicateurs_circonscriptions_2022.xlsx",
                "constituency",
                122,
                "Inscrit_22",
                566,
                1,
            ),
        ):
            with self.subTest(file=name):
                found = read_indicators((SHARED / "geo" / name).read_bytes())
                self.assertEqual((found.level, len(found.columns)), (level, columns))
                self.assertEqual((len(found.columns[column]), found.rejected), (values, left_out))
