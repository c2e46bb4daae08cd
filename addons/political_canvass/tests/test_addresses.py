import base64
import gzip
from pathlib import Path
from unittest.mock import patch

from odoo.addons.political_crm.lib import copying
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged
from odoo.tools import file_path

from ..lib import addresses
from .common import CanvassCase, address_file, grid

SHARED = Path(__file__).parents[4] / "shared" / "data" / "adresses" / "ban_93010_bondy.csv"


@tagged("post_install", "-at_install")
class TestAddressFile(BaseCase):
    """The parser alone: a file is read whole or refused whole."""

    def assertBad(self, code, content, **details):  # noqa: N802
        with self.assertRaises(addresses.AddressFileError) as error:
            addresses.parse(content)
        self.assertEqual(error.exception.code, code)
        for name, value in details.items():
            self.assertEqual(error.exception.details[name], value)

    def test_read(self):
        content = address_file([{"id": "a_1", "numero": "12", "rep": "bis"}])
        expected = addresses.Address(
            "a_1", 12, "bis", "Rue de l'Essai", "99999", "Essai-sur-Test", "99999", 48.9, 2.48, ""
        )
        self.assertEqual(addresses.parse(content).addresses, [expected])
        self.assertEqual(addresses.parse(gzip.compress(content)).addresses, [expected])
        self.assertEqual(addresses.parse(b"\xef\xbb\xbf" + content).addresses, [expected])
        windows = content.replace(b"\n", b"\r\n")
        self.assertEqual(addresses.parse(windows).addresses, [expected])
        commas = address_file([{"id": "a_1", "numero": "12", "rep": "bis"}], delimiter=",")
        self.assertEqual(addresses.parse(commas).addresses, [expected])

    def test_columns_in_any_order(self):
        header = ["lat", "lon", "nom_commune", "code_postal", "nom_voie", "numero", "id"]
        found = addresses.parse(address_file([{"id": "99999_1"}], header)).addresses[0]
        self.assertEqual((found.lat, found.lon, found.city_code), (48.9, 2.48, ""))

    def test_not_an_address_file(self):
        self.assertBad("empty", b" \n ")
        self.assertBad("html", b"<!DOCTYPE html><html><body>Login</body></html>")
        self.assertBad("html", b"\xef\xbb\xbf  <html>")
        self.assertBad("binary", b"PK\x03\x04\x00\x00")
        self.assertBad("columns", b"a;b;c\n1;2;3\n")
        self.assertBad("empty", address_file([]))

    def test_cut_short(self):
        content = address_file(grid(5))
        self.assertBad("short_line", content[: len(content) - 40])
        self.assertBad("gzip", gzip.compress(content)[:-20])
        quoted = address_file([{"id": "a_1", "nom_voie": '"Rue'}])
        self.assertBad("quotes", quoted)

    def test_other_encoding_names_the_line(self):
        content = address_file([{"id": "a_1"}, {"id": "a_2", "nom_voie": "Allée"}])
        self.assertBad("encoding", content.decode().encode("latin-1"), line=3)

    def test_odd_lines_are_set_aside(self):
        rows = [*grid(6), {"id": "z_1", "lat": "north"}, {"id": "99999_0001_00001"}]
        found = addresses.parse(address_file(rows))
        self.assertEqual(len(found.addresses), 36)
        self.assertEqual(found.rejected, [(38, "point")])
        self.assertEqual(found.repeated, 1)

    def test_mostly_odd_lines_are_a_bad_file(self):
        rows = [{"id": f"a_{n}", "lat": "0", "lon": "0"} for n in range(5)]
        self.assertBad("unusable", address_file(rows), line=2, reason="point")


@tagged("post_install", "-at_install")
class TestAddressImport(CanvassCase):
    def _wizard(self, content, user=None, branch=None):
        return self._as(user or self.organiser, "canvass.address.import").create(
            {
                "file": base64.b64encode(content),
                "branch_id": (branch or self.north).id,
                "company_id": self.company.id,
            }
        )

    def _rows(self, table):
        # xmin changes with every UPDATE, were it to the same values
        self.env.cr.execute(f"SELECT id, xmin::text, * FROM {table} ORDER BY id")
        return self.env.cr.fetchall()

    def test_counts(self):
        rows = grid(8, lat=48.8)
        rows[0]["id"] = "99999_9999_00001"
        wizard = self._wizard(address_file([*rows, {"id": "x", "numero": "douze"}]))
        wizard.action_load()
        # 36 of the 64 codes are those of the buildings that are there, at another point
        self.assertEqual(
            (wizard.created_count, wizard.updated_count, wizard.unchanged_count),
            (64 - 35, 35, 0),
        )
        self.assertEqual((wizard.door_count, wizard.rejected_count), (29, 1))
        self.assertIn("66", wizard.rejected_lines)

    def test_second_load_changes_nothing(self):
        content = address_file(grid(6))
        before = [self._rows("canvass_building"), self._rows("canvass_door")]
        wizard = self._wizard(content)
        wizard.action_load()
        self.assertEqual(
            (wizard.created_count, wizard.updated_count, wizard.unchanged_count), (0, 0, 36)
        )
        self.assertEqual(wizard.door_count, 0)
        self.assertEqual(before, [self._rows("canvass_building"), self._rows("canvass_door")])

    def test_correction_keeps_what_the_field_learnt(self):
        building = self.buildings[0]
        building.write({"access_note": "Code 24A7", "do_not_knock": True})
        door = self.env["canvass.door"].create({"building_id": building.id, "name": "B"})
        row = {"id": building.code, "numero": 7, "nom_voie": "Rue corrigée"}
        wizard = self._wizard(address_file([row]), branch=self.south)
        wizard.action_load()
        self.assertEqual((wizard.created_count, wizard.updated_count), (0, 1))
        self.assertEqual((building.address, building.side), ("7 Rue corrigée", "odd"))
        self.assertEqual((building.access_note, building.branch_id), ("Code 24A7", self.north))
        self.assertTrue(building.do_not_knock)
        self.assertIn(door, building.door_ids)

    def test_equals_what_the_orm_writes(self):
        """Promise 7: the rows are those of create(), for a plain, an even, and a nameless place."""
        rows = [
            {"id": "e_1", "numero": 3, "rep": "bis", "nom_voie": "Rue Une"},
            {"id": "e_2", "numero": 4, "nom_voie": "Rue Une"},
            {"id": "e_3", "numero": 0, "nom_voie": "Le Hameau"},
        ]
        loaded = self._load(rows, self.north).sorted("id")
        created = self.env["canvass.building"].create(
            [
                {
                    "number": building.number,
                    "suffix": building.suffix,
                    "street": building.street,
                    "zip": building.zip,
                    "city": building.city,
                    "city_code": building.city_code,
                    "latitude": building.latitude,
                    "longitude": building.longitude,
                    "branch_id": building.branch_id.id,
                    "company_id": building.company_id.id,
                    "door_ids": [(0, 0, {})],
                }
                for building in loaded
            ]
        )
        self.env.flush_all()
        for table, ours, theirs, apart in (
            ("canvass_building", loaded, created, ("id", "code")),
            ("canvass_door", loaded.door_ids, created.door_ids, ("id", "building_id")),
        ):
            one, two = self._dicts(table, ours), self._dicts(table, theirs)
            for row in one + two:
                for name in apart:
                    del row[name]
            self.assertEqual(one, two, table)

    def _dicts(self, table, records):
        self.env.cr.execute(
            f"SELECT * FROM {table} WHERE id = ANY(%s) ORDER BY id",
            [records.ids],
        )
        return self.env.cr.dictfetchall()

    def test_odd_characters(self):
        """A backslash, a tab or a line end in a cell end neither the cell nor the line."""
        rows = [
            {"id": "o_1", "nom_voie": "Rue du C\\Nord"},
            {"id": "o_2", "nom_voie": '"Cour ""A""\tdu\nfond"'},
        ]
        found = self._load(rows, self.north).sorted("code")
        self.assertEqual(found.mapped("street"), ["Rue du C\\Nord", 'Cour "A" du fond'])
        self.assertEqual(found.mapped("suffix"), [False, False])

    def test_bad_file_writes_nothing(self):
        good = address_file(grid(7))
        before = self._rows("canvass_building")
        for content, said in (
            (b"<html>login</html>", "web page"),
            (good[:-30], "cut short"),
            (b"a;b\n1;2\n", "nom_voie"),
            (good.decode().replace("Rue 1", "Allée 1").encode("latin-1"), "UTF-8"),
            (b"", "empty"),
            (gzip.compress(good)[:-9], "damaged"),
        ):
            with self.subTest(said), self.assertRaisesRegex(UserError, said):
                self._wizard(content or b"\n").action_load()
            self.assertEqual(before, self._rows("canvass_building"))

    def test_rights(self):
        """Leads do not load addresses; organisers do, for branches of their own controller."""
        content = address_file(grid(2))
        with self.assertRaises(AccessError):
            self._wizard(content, user=self.lead)
        with self.assertRaises(UserError):
            self._wizard(content, branch=self.foreign).action_load()
        self._wizard(content).action_load()

    def test_controllers_do_not_share_buildings(self):
        """R-41: the neighbour's load of the same town makes the neighbour's own rows."""
        foreign = self._load(grid(6), self.foreign)
        self.assertEqual(len(foreign), 36)
        self.assertFalse(foreign & self.buildings)

    def test_polling_station(self):
        zone = self.env["political.zone"].create(
            {"name": "Bureau 1", "kind": "station", "code": "99999_0001", "code_alt": "99999_1"}
        )
        header = ["id", "number", "suffix", "street", "zip", "city", "lon", "lat", "station"]
        rows = [
            {
                "id": "s_1",
                "number": 1,
                "street": "Rue",
                "zip": "9",
                "city": "E",
                "station": "99999_1",
            },
            {"id": "s_2", "number": 2, "street": "Rue", "zip": "9", "city": "E", "station": "none"},
        ]
        content = address_file(rows, header)
        self._wizard(content).action_load()
        found = self.env["canvass.building"].search([("code", "in", ["s_1", "s_2"])])
        self.assertEqual(found.polling_station_id, zone)
        self.assertEqual(found.mapped(lambda b: bool(b.polling_station_id)), [True, False])
        # a file without stations or commune codes does not take them away
        plain = address_file([{"id": "s_1", "numero": 1, "nom_voie": "Rue"}])
        self._wizard(plain).action_load()
        self.assertEqual(found[0].polling_station_id, zone)

    def test_station_of_the_register(self):
        """A file of the BAN names no station: the register does, before it or after it, and what
        a building has already stays."""
        zones = self.env["political.zone"].create(
            [{"name": f"Bureau {n}", "kind": "station", "code": f"99999_000{n}"} for n in (1, 2)]
        )
        known = [
            (f"r_{n}", "99999", n, "", "essai", "99999", 2.48, 48.9, "99999_0001")
            for n in (1, 2, 3)
        ]
        addresses_known = self.env["political.address"]
        addresses_known._store_addresses(known[:1])
        rows = [{"id": f"r_{n}", "numero": n, "nom_voie": "Rue"} for n in (1, 2, 3)]
        first, second, third = self._load(rows, self.north).sorted("code")
        self.assertEqual(first.polling_station_id, zones[0])
        self.assertFalse(second.polling_station_id | third.polling_station_id)
        third.polling_station_id = zones[1]
        addresses_known._store_addresses(known)
        addresses_known._assign_stations(["99999"])
        self.assertEqual(second.polling_station_id, zones[0])
        self._load(rows, self.north)
        self.assertEqual((first | second).polling_station_id, zones[0])
        self.assertEqual(third.polling_station_id, zones[1])

    def test_bondy(self):
        """The town's 8,413 addresses, twice; the file of the shared data, or the demo's extract."""
        if SHARED.exists():
            content = SHARED.read_bytes()
        else:
            content = Path(file_path("political_crm/demo/bondy_addresses.csv")).read_bytes()
        tables = ("canvass_building", "canvass_door")
        kept = [self._keys_and_indexes(table) for table in tables]
        first = self._wizard(content)
        with (
            patch.object(copying, "MANY", 1000),
            patch.object(copying, "_lock", side_effect=copying._lock) as lock,
        ):
            first.action_load()
            self.assertEqual(lock.call_count, 2)
            self.assertEqual(kept, [self._keys_and_indexes(table) for table in tables])
            self.assertEqual((first.created_count, first.door_count), (8413, 8413))
            self.assertEqual((first.rejected_count, first.repeated_count), (0, 0))
            before = [self._rows(table) for table in tables]
            again = self._wizard(content)
            again.action_load()
            # a town that is there already takes no lock from anybody
            self.assertEqual(lock.call_count, 2)
        self.assertEqual(
            (again.created_count, again.updated_count, again.unchanged_count), (0, 0, 8413)
        )
        self.assertEqual(before, [self._rows(table) for table in tables])

    def _keys_and_indexes(self, table):
        return (
            copying._foreign_keys(self.env.cr, table),
            sorted(copying._indexes(self.env.cr, table)),
        )
