import base64
import gzip
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..lib import contours, place_files, streets
from .common import PoliticalCase
from .test_election_import import SHARED

COMMUNES = (
    "code,nom,type,departement,region,epci,population,codes_postaux\n"
    "99001,Essaiville,commune-actuelle,99,11,,860,99100\n"
    "99002,Vieux-Bourg,commune-deleguee,99,11,,,\n"
    "99001,Essaiville-le-Vieux,commune-deleguee,99,11,,,\n"
    "75056,Paris,commune-actuelle,75,11,,,75001\n"
    "75101,Paris 1er Arrondissement,arrondissement-municipal,75,11,,,75001\n"
)
MOVEMENTS = (
    "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,LIBELLE_AV,TYPECOM_AP,COM_AP,LIBELLE_AP\n"
    "32,2019-01-01,COM,99002,0,Vieux-Bourg,COM,99001,Essaiville\n"
)
REGISTER = (
    "id_brut_reu,id_brut_insee,id_brut_miom,code_commune,code,libelle_reu,cp_reu\n"
    "99001_1,99001_1,99001_0001,99001,1,Mairie,99100\n"
    "75101_1,75101_1,75056_0101,75101,1,École,75001\n"
)
REGISTER_ADDRESSES = (
    "code_commune_ref,id_brut_bv_reu,id,geo_adresse,geo_type,geo_score,longitude,latitude\n"
    "99001,99001_1,99001_a_1,1 Rue de l'Essai 99100 Essaiville,housenumber,0.9,2.001,48.001\n"
)
BAN = (
    "id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat\n"
    "99001_a_1;;1;;Rue de l'Essai;99100;99001;Essaiville;2.001;48.001\n"
    "99001_a_3;;3;bis;Rue de l'Essai;99100;99001;Essaiville;2.0011;48.0011\n"
    "99001_b_2;;2;;Avenue du Général Essai;99100;99001;Essaiville;2.0185;48.005\n"
    "99001_c_9;;9;;Chemin Perdu;99100;99001;Essaiville;2.9;48.9\n"
)
BOW_TIE = [[[2.01, 48.0], [2.02, 48.01], [2.02, 48.0], [2.01, 48.01], [2.01, 48.0]]]


def geojson(*features):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": properties,
                    "geometry": {"type": "Polygon", "coordinates": ring},
                }
                for properties, ring in features
            ],
        }
    ).encode()


def square(west, south, side=0.01):
    east, north = west + side, south + side
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


@tagged("post_install", "-at_install")
class TestPlaceLibraries(BaseCase):
    def test_streets(self):
        for typed, key in (
            ("12 bis, av. du Gal de Gaulle", (12, "bis", "avenue general gaulle")),
            ("12 BIS AVENUE DU GÉNÉRAL DE GAULLE", (12, "bis", "avenue general gaulle")),
            ("3b r St-Jean", (3, "b", "rue saint jean")),
            ("Allée des Érables", (0, "", "allee erables")),
            ("8 mai 1945", (8, "", "mai 1945")),
        ):
            with self.subTest(typed=typed):
                self.assertEqual(streets.split_street(typed), key)
        self.assertEqual(
            streets.split_address("12 Rue de l'Essai 29100 Essaiville"),
            (12, "", "rue essai", "29100", "Essaiville"),
        )

    def test_codes_of_contours(self):
        """Each publisher calls the code of a place otherwise."""
        for properties, kind, code in (
            ({"code_bv": "69001_0001"}, "station", "69001_0001"),
            ({"codeBureauVote": "29019_76"}, "station", "29019_0076"),
            ({"DEPCO": "29019", "BVOTE": 76}, "station", "29019_0076"),
            ({"arrondissement": 19, "num_bv": 5, "id_bv": "19-5"}, "station", "75056_1905"),
            ({"ID": "750060019", "arrondisse": "6", "num_bv": "19"}, "station", "75056_0619"),
            ({"DCOMIRIS": "751145620", "DEPCOM": "75114"}, "iris", "751145620"),
            ({"code_insee": "29116"}, "commune", "29116"),
            ({"code": "29001", "nom": "Argol"}, "commune", "29001"),
            ({"ID": "33004", "code_dpt": "33", "num_circ": "4"}, "constituency", "3304"),
            ({"CIRCONSCRI": 2}, "constituency", "9902"),
        ):
            with self.subTest(properties=properties):
                [found], left_out = contours.read_contours(
                    geojson((properties, square(2, 48))), prefix="99"
                )
                self.assertEqual((found.kind, found.code, left_out), (kind, code, 0))

    def test_mended_and_refused(self):
        [good, bad], _left = contours.read_contours(
            geojson(({"code_bv": "99001_1"}, square(2, 48)), ({"code_bv": "99001_2"}, BOW_TIE))
        )
        self.assertEqual((good.mended, bad.mended), (False, True))
        self.assertEqual(
            contours.Places([("a", good.geometry), ("b", bad.geometry)]).at(
                [2.005, 2.0175, 2.5], [48.005, 48.005, 48.5]
            ),
            ["a", "b", None],
        )
        for content, code in (
            (b"{", "not_geojson"),
            (b'{"features": []}', "empty"),
            (geojson(({"x": 1}, square(2, 48))), "no_code"),
            (geojson(({"code_bv": "99001_1"}, square(652000, 6862000))), "projection"),
        ):
            with self.subTest(code=code), self.assertRaises(contours.ContourError) as raised:
                contours.read_contours(content)
            self.assertEqual(raised.exception.code, code)

    def test_lists(self):
        for text, name, places in (
            (COMMUNES, "communes", 8),
            (MOVEMENTS, "movements", 0),
            (REGISTER, "register", 2),
            (REGISTER_ADDRESSES, "register_addresses", 1),
            (BAN, "addresses", 0),
        ):
            with self.subTest(name=name):
                found = place_files.read_places(gzip.compress(text.encode()))
                self.assertEqual((found.name, len(found.places)), (name, places))
                self.assertEqual(found.rejected, 0)


@tagged("post_install", "-at_install")
class TestZoneImport(PoliticalCase):
    def load(self, content, user=None, **values):
        content = content.encode() if isinstance(content, str) else content
        job = self._as(user or self.user_manager, "political.zone.import").create(
            {"file": base64.b64encode(content), "filename": "essai.csv", **values}
        )
        job.action_apply()
        return job

    def zone(self, kind, code):
        Zone = self.env["political.zone"].with_context(active_test=False)
        return Zone.search([("kind", "=", kind), ("code", "=", code)])

    def test_communes_twice(self):
        """R-73: text codes with their year; merged communes archived; arrondissements."""
        first = self.load(COMMUNES, cog_year=2024)
        self.assertEqual(first.added_count, 8)
        town, old = self.zone("commune", "99001"), self.zone("commune", "99002")
        self.assertEqual(
            (town.name, town.cog_year, town.parent_id.code), ("Essaiville", 2024, "99")
        )
        self.assertEqual((town.active, old.active), (True, False))
        district = self.zone("arrondissement", "75101")
        self.assertEqual(district.parent_id.code, "75056")
        parents = self.zone("region", "11").parent_path + str(self.zone("department", "99").id)
        self.assertEqual(town.parent_path, f"{parents}/{town.id}/")
        again = self.load(COMMUNES, cog_year=2024)
        self.assertEqual((again.added_count, again.changed_count), (0, 0))
        moved = self.load(MOVEMENTS)
        self.assertEqual(moved.added_count, 1)
        self.assertEqual(old.link_ids.other_id, town)
        self.assertEqual(self.load(MOVEMENTS).added_count, 0)

    def test_stored_as_the_orm_would(self):
        """What COPY writes is what create() writes."""
        self.load(COMMUNES)
        made = self.zone("department", "99").copy({"code": "98x", "kind": "department"})
        bulk = self.zone("commune", "99001")
        single = self.env["political.zone"].create(
            {
                "kind": "commune",
                "code": "99003",
                "name": "Essaiville",
                "parent_id": bulk.parent_id.id,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(z) - 'id' - 'code' - 'parent_path' FROM political_zone z"
            " WHERE id IN %s",
            [(bulk.id, single.id)],
        )
        [[one], [two]] = self.env.cr.fetchall()
        self.assertEqual(one, two)
        made.unlink()

    def test_register_and_both_families(self):
        """R-73: the register's own code beside the one of results files."""
        self.load(COMMUNES)
        self.load(REGISTER)
        station = self.zone("station", "75056_0101")
        self.assertEqual((station.code_alt, station.parent_id.code), ("75101_1", "75101"))
        self.assertEqual(self.zone("station", "99001_0001").name, "Bureau 1 - Mairie")

    def test_address_to_station(self):
        """By the register's table, else by the contour, else unknown and counted."""
        self.load(COMMUNES)
        self.load(REGISTER)
        self.load(REGISTER_ADDRESSES)
        job = self.load(BAN)
        # One by the register, one near it, two by nothing yet.
        self.assertEqual(job.unknown_count, 2)
        job = self.load(
            geojson(
                ({"code_bv": "99001_0001"}, square(2, 48)),
                ({"code_bv": "99001_0002"}, BOW_TIE),
            ),
            create_missing=True,
        )
        self.assertEqual((job.added_count, job.changed_count, job.mended_count), (1, 2, 1))
        self.assertEqual(job.unknown_count, 1)
        job = self.load(BAN)
        self.assertEqual((job.added_count, job.changed_count), (0, 0))
        sources = dict(
            self.env["political.address"]._read_group(
                [("commune_code", "=", "99001")], ["source"], ["__count"]
            )
        )
        self.assertEqual(sources, {"register": 1, "nearby": 1, "contour": 1, False: 1})
        person = self._person("Rue", street="2 av. du Gal. Essai", zip="99100", city="Essaiville")
        lost = self._person("Perdue", street="9 chemin Perdu", zip="99100", city="Essaiville")
        self.assertEqual(person.polling_station_id.code, "99001_0002")
        self.assertEqual(person.polling_station_source, "address")
        self.assertFalse(lost.polling_station_id)
        located = self.env["political.address"]._locate(
            [("3 bis rue de l'essai", "99 100"), ("77 r. Essai", "99100"), ("1 rue X", "99100")]
        )
        self.assertEqual([bool(place) for place in located], [True, True, False])

    def test_refused(self):
        for content, words in (
            ("<html></html>", "web page"),
            ("nom;prenom\nA;B\n", "known by its columns"),
            (b'{"type": "FeatureCollection", "features": []}', "no contour"),
            (COMMUNES[:-30], "cut"),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                self.load(content)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.load(COMMUNES, self.user_staff)

    def test_shared_files(self):
        """The real files load with the counts that their source states."""
        if not SHARED:
            self.skipTest("the folder shared/data with the real files is not beside this clone")
        job = self.load((SHARED / "geo" / "communes_cog.csv.gz").read_bytes(), cog_year=2024)
        self.assertEqual(job.rejected_count, 0)
        Zone = self.env["political.zone"].with_context(active_test=False)
        self.assertEqual(Zone.search_count([("kind", "=", "arrondissement")]), 45)
        towns = [("kind", "=", "commune"), ("cog_year", "=", 2024), ("active", "=", True)]
        self.assertEqual(Zone.search_count(towns), 34969)
        for name, kind, places, mended in (
            ("brest_bureaux_contours.geojson", "station", 122, 0),
            ("dep93_bureaux_contours_voronoi.geojson", "station", 820, 4),
            ("france_circonscriptions_2012.topo_or_geo.json", "constituency", 566, 3),
            ("paris_iris.geojson", "iris", 992, 0),
        ):
            with self.subTest(file=name):
                job = self.load((SHARED / "geo" / name).read_bytes(), create_missing=True)
                self.assertEqual((job.unmatched_count, job.mended_count), (0, mended))
                found = Zone.search_count([("kind", "=", kind), ("contour", "!=", False)])
                self.assertGreaterEqual(found, places)
        # The others are only read: what stores them is the same.
        for name, kind, places, mended in (
            ("communes_29_douarnenez_concarneau.geojson", "commune", 3, 0),
            ("dep29_communes.geojson", "commune", 277, 0),
            ("dep29_circonscriptions_brest.geojson", "constituency", 8, 0),
            ("dep69_bureaux_contours_voronoi.geojson", "station", 1306, 7),
            ("paris_bureaux_2012.geojson", "station", 867, 0),
            ("paris_secteurs_bureaux_2014.geojson", "station", 896, 0),
        ):
            with self.subTest(file=name):
                content = (SHARED / "geo" / name).read_bytes()
                found, left_out = contours.read_contours(content, prefix="29")
                self.assertEqual({one.kind for one in found}, {kind})
                self.assertEqual((len(found), left_out), (places, 0))
                self.assertEqual(sum(one.mended for one in found), mended)
        job = self.load((SHARED / "adresses" / "ban_93010_bondy.csv").read_bytes())
        self.assertEqual((job.added_count, job.unknown_count), (8413, 63))
        # 5,486 points of the register, of which 64 say again what another one says.
        job = self.load((SHARED / "adresses" / "reu_adresses_29046_douarnenez.csv").read_bytes())
        self.assertEqual(job.added_count, 5422)
