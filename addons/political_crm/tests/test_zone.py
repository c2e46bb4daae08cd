from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestZone(PoliticalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Zone = cls.env["political.zone"]
        cls.town = Zone.create({"name": "Essaiville", "kind": "commune", "code": "99999"})
        cls.station = Zone.create(
            {
                "name": "Bureau 1",
                "kind": "station",
                "code": "99999_0001",
                "code_alt": "99999_1",
                "parent_id": cls.town.id,
            }
        )

    def test_found_by_either_code(self):
        """R-73: results files and the electoral register number stations differently."""
        Zone = self._as(self.user_plain, "political.zone")
        for text in ("99999_0001", "99999_1"):
            self.assertEqual(Zone.name_search(text)[0][0], self.station.id)
        self.assertEqual(self.station.display_name, "Bureau 1 (Essaiville)")

    def test_code_once_a_year(self):
        Zone = self.env["political.zone"]
        values = {"name": "Bureau 1", "kind": "station", "code": "99999_0001"}
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            Zone.create(values)
        Zone.create({**values, "cog_year": 2024})

    def test_no_cycle(self):
        with self.assertRaises(UserError):
            self.town.parent_id = self.station

    def test_kind_of_memberships(self):
        with self.assertRaisesRegex(ValidationError, "another kind"):
            self.station.constituency_id = self.town

    def test_person_votes_in_a_station(self):
        with self.assertRaisesRegex(ValidationError, "polling station"):
            self.person_north.polling_station_id = self.town
        self.person_north.polling_station_id = self.station

    def test_places_are_public_and_kept_by_managers(self):
        self.assertTrue(self._as(self.user_plain, "political.zone").search_count([]))
        for user in (self.user_plain, self.user_staff):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, "political.zone").browse(self.town.id).write({"name": "Autre"})
        self._as(self.user_manager, "political.zone").browse(self.town.id).write({"name": "Autre"})
