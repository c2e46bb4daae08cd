import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PoliticalCase
from .test_election_import import SHARED
from .test_zone_import import geojson, square

CODES = (
    ",insee,nom,bureau,bv_reconciliation,bv_id\n"
    "0,99001,Essaiville,99001_112,12,99001_12\n"
    # Whoever made the table took the last zero away: 99010, and stations 2 and 20.
    "1,9901,Zéroville,99010_2,2,9901_2\n"
    "2,9901,Zéroville,99010_2,2,9901_2\n"
    "3,99001,Essaiville,nan,3,99001_3\n"
    "4,99001,Essaiville,99001_4,nan,99001_nan\n"
    "5,75056,Paris,75102_12,nan,75056_nan\n"
    "6,99001,Essaiville,99001_5,5,99001_5\n"
    "7,99001,Essaiville,99001_6,5,99001_5\n"
    "8,99001,Essaiville,99001_77,77,99001_77\n"
)
PLACES = (
    "ObjectID;Numéro du bureau de vote;Libellé du bureau de vote;Adresse;Code Postal;"
    "Identifiant du bureau de vote;geo_shape;geo_point_2d\n"
    '7;12;ECOLE ELEMENTAIRE;2 RUE DE L ESSAI;75002;2-12;"{}";48.868, 2.335\n'
    '8;13;MAIRIE;3 RUE DE L ESSAI;75002;2-13;"{}";48.869, 2.336\n'
    '9;1;INCONNU;4 RUE DE L ESSAI;75002;21-1;"{}";48.869, 2.336\n'
)
IRIS = (
    '"nom_iris","iris","numero","nom_voie"\n'
    '"Le Centre",101,1,"Rue de l\'Essai"\n'
    '"Le Centre",101,2,"Rue de l\'Essai"\n'
    '"Les Prés",102,3,"Rue de l\'Essai"\n'
    '"Les Prés",102,4,"Rue de l\'Essai"\n'
    '"Le Centre",101,4,"Rue de l\'Essai"\n'
    '"Les Prés",102,99,"Rue de l\'Essai"\n'
)


class StationFilesCase(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = cls.env["political.zone"].create(
            {"kind": "commune", "code": "99001", "name": "Essaiville"}
        )

    def job(self, content, user=None, **values):
        content = content.encode() if isinstance(content, str) else content
        return self._as(user or self.user_manager, "political.zone.import").create(
            {"file": base64.b64encode(content), "filename": "essai.csv", **values}
        )

    def load(self, content, user=None, **values):
        job = self.job(content, user, **values)
        job.action_apply()
        return job

    def station(self, code, **values):
        return self.env["political.zone"].create(
            {"kind": "station", "code": code, "name": f"Bureau {code[-2:]}", **values}
        )

    def remarks(self, job):
        lines = base64.b64decode(job.problem_file).decode("utf-8-sig").splitlines()[1:]
        return [line.split(";")[:2] for line in lines]


@tagged("post_install", "-at_install")
class TestStationCodes(StationFilesCase):
    def test_second_code(self):
        """R-73: by table outside Paris, Lyon and Marseille; what the table cannot tell is told."""
        one, zero = self.station("99001_0012"), self.station("99010_0002")
        paris = self.station("75056_0212")
        job = self.job(CODES)
        job.action_preview()
        self.assertEqual((job.state, one.code_alt), ("ready", False))
        self.assertIn("in results and in contours", job.preview)
        job.action_apply()
        stations = one + zero + paris
        self.assertEqual(stations.mapped("code_alt"), ["99001_112", "99010_2", "75102_12"])
        self.assertEqual(one.name, "Bureau 12")
        # Said twice, without a partner (two), and two codes for one (two); 77 is not loaded.
        self.assertEqual((job.changed_count, job.rejected_count), (3, 5))
        self.assertEqual((job.added_count, job.unmatched_count), (0, 1))
        self.assertIn(["10", "99001_0077"], self.remarks(job))
        again = self.load(CODES)
        self.assertEqual((again.added_count, again.changed_count), (0, 0))
        added = self.load(CODES, create_missing=True)
        self.assertEqual((added.added_count, added.unmatched_count), (1, 0))

    def test_contours_in_the_other_family(self):
        """A contour file of the one family finds the stations of the other."""
        one, same = self.station("99001_0012"), self.station("99001_0003")
        other = self.station("99001_0112", code_alt="99001_312")
        self.load(CODES)
        job = self.load(
            geojson(
                ({"codeBureauVote": "99001_112"}, square(2, 48)),
                ({"codeBureauVote": "99001_0003"}, square(2.01, 48)),
                ({"codeBureauVote": "99001_312"}, square(2.02, 48)),
                ({"codeBureauVote": "99001_999"}, square(2.03, 48)),
            ),
            filename="essai.geojson",
        )
        self.assertEqual((job.changed_count, job.unmatched_count), (3, 1))
        self.assertIn("[2.0,48.0]", one.contour)
        self.assertIn("[2.01,48.0]", same.contour)
        self.assertIn("[2.02,48.0]", other.contour)
        self.assertEqual(self.remarks(job), [["", "99001_0999"]])

    def test_lists_keep_the_second_code(self):
        """A later list that tells neither code nor name takes none away."""
        one = self.station("99001_0012", name="Bureau 12 - Mairie")
        self.load(CODES)
        self.load("code;nom\n99001_0012;\n", kind="station")
        self.assertEqual((one.code_alt, one.name), ("99001_112", "Bureau 12 - Mairie"))

    def test_refused(self):
        for content, words in (
            (CODES[:-9], "cut"),
            (CODES.replace("bv_reconciliation", "autre"), "known by its columns"),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                self.load(content)
        job = self.job(CODES)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            job.with_user(self.user_staff).action_preview()

    def test_shared_file(self):
        """4,372 lines: 3,449 pairs, 728 stations without a contour, 10 contours without a station,
        4 of neither, 181 that lost zeros have made alike."""
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")
        content = (SHARED / "geo" / "bv_codes_reconciliation_dep69_29_75_31.csv").read_bytes()
        job = self.load(content, create_missing=True)
        self.assertEqual((job.added_count, job.rejected_count), (3449, 923))
        Zone = self.env["political.zone"]
        lyon = Zone.search([("code", "=", "69123_0115")])
        self.assertEqual(lyon.code_alt, "69381_115")
        self.assertEqual(Zone.search([("code", "=", "75056_0212")]).code_alt, "75102_12")
        again = self.load(content, create_missing=True)
        self.assertEqual((again.added_count, again.changed_count), (0, 0))


@tagged("post_install", "-at_install")
class TestPollingPlaces(StationFilesCase):
    def test_onto_stations(self):
        one = self.station("75056_0212", name="Bureau 212")
        job = self.load(PLACES)
        self.assertEqual(one.name, "Bureau 212 - ECOLE ELEMENTAIRE")
        self.assertEqual((one.street, one.zip), ("2 RUE DE L ESSAI", "75002"))
        self.assertEqual((one.latitude, one.longitude), (48.868, 2.335))
        # One station is not loaded, one line is of no arrondissement.
        self.assertEqual((job.changed_count, job.unmatched_count, job.rejected_count), (1, 1, 1))
        self.assertEqual(self.load(PLACES).changed_count, 0)
        moved = self.load(PLACES.replace("2 RUE DE L ESSAI", "5 RUE DE L ESSAI"))
        self.assertEqual((moved.changed_count, one.street), (1, "5 RUE DE L ESSAI"))

    def test_shared_file(self):
        """896 polling places, one a station; then twice."""
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")
        content = (SHARED / "geo" / "paris_lieux_de_vote.csv").read_bytes()
        job = self.load(content, create_missing=True)
        self.assertEqual((job.added_count, job.unmatched_count, job.rejected_count), (896, 0, 0))
        again = self.load(content, create_missing=True)
        self.assertEqual((again.added_count, again.changed_count), (0, 0))


@tagged("post_install", "-at_install")
class TestAddressIris(StationFilesCase):
    def addresses(self, station, *numbers):
        return self.env["political.address"].create(
            [
                {
                    "commune_code": "99001",
                    "street_key": "rue essai",
                    "number": number,
                    "suffix": suffix,
                    "station_id": station.id,
                }
                for number, suffix in numbers
            ]
        )

    def test_addresses_and_stations(self):
        """Addresses get their IRIS, stations the one of most of their addresses."""
        one, two = self.station("99001_0001"), self.station("99001_0002")
        known = self.addresses(one, (1, ""), (1, "bis"), (2, ""), (3, ""))
        known += self.addresses(two, (4, ""))
        with self.assertRaisesRegex(UserError, "which commune"):
            self.load(IRIS)
        job = self.load(IRIS, commune_id=self.town.id, create_missing=True)
        self.assertEqual((job.added_count, job.iris_count), (2, 4))
        self.assertEqual(
            known.mapped(lambda address: address.iris_id.code or ""),
            ["990010101", "990010101", "990010101", "990010102", ""],
        )
        self.assertEqual(one.iris_id.name, "Le Centre")
        self.assertFalse(two.iris_id)
        # Number 4 is in two IRIS, number 99 is not loaded.
        self.assertEqual((job.rejected_count, job.unmatched_count), (2, 1))
        self.assertIn(["7", "990010102"], self.remarks(job))
        again = self.load(IRIS, filename="adresses_essaiville.csv", create_missing=True)
        self.assertEqual((again.added_count, again.changed_count, again.iris_count), (0, 0, 0))
        moved = IRIS.replace('"Le Centre",101,1', '"Les Prés",102,1').replace(
            '"Le Centre",101,2', '"Les Prés",102,2'
        )
        self.load(moved, commune_id=self.town.id)
        self.assertEqual(one.iris_id.code, "990010102")

    def test_chosen_by_hand(self):
        one = self.station("99001_0001")
        self.addresses(one, (1, ""))
        chosen = self.env["political.zone"].create(
            {"kind": "iris", "code": "990010103", "name": "Choisi"}
        )
        one.iris_id = chosen
        self.load(IRIS, commune_id=self.town.id, create_missing=True)
        self.assertEqual(one.iris_id, chosen)

    def test_shared_file(self):
        """7,669 lines are 7,013 addresses in 22 IRIS; 20 of them are said to lie in two."""
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")
        self.env["political.zone"].create({"kind": "commune", "code": "93010", "name": "Bondy"})
        self.load((SHARED / "adresses" / "ban_93010_bondy.csv").read_bytes())
        content = (SHARED / "adresses" / "bondy_adresse_iris.csv").read_bytes()
        job = self.load(content, filename="bondy_adresse_iris.csv", create_missing=True)
        self.assertEqual((job.added_count, job.rejected_count), (22, 40))
        # With their bis and ter, which the file does not tell.
        self.assertEqual((job.iris_count, job.unmatched_count), (7631, 0))
        again = self.load(content, filename="bondy_adresse_iris.csv", create_missing=True)
        self.assertEqual((again.added_count, again.changed_count, again.iris_count), (0, 0, 0))
