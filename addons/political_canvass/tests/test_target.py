from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CanvassCase


@tagged("post_install", "-at_install")
class TestTarget(CanvassCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        zones = cls.env["political.zone"]
        cls.town = zones.create({"name": "Essai", "kind": "commune", "code": "T9999"})
        cls.stations = zones.create(
            [
                {"name": f"B{n}", "kind": "station", "code": f"T9999_{n}", "parent_id": cls.town.id}
                for n in range(2)
            ]
        )
        election = cls.env["political.election"].create(
            {"name": "Essai", "code": "t_field", "kind": "other", "date": "2024-06-30"}
        )
        cls.env["political.turnout"].create(
            [
                {
                    "election_id": election.id,
                    "zone_id": station.id,
                    "registered": 800,
                    "voters": 400 + 50 * n,
                    "valid": 390,
                }
                for n, station in enumerate(cls.stations)
            ]
        )
        cls.plan = cls.env["political.target.plan"].create(
            {
                "name": "Plan d'essai",
                "zone_id": cls.town.id,
                "election_id": election.id,
                "company_id": cls.company.id,
            }
        )

    def test_counted_doors(self):
        """Doors counted in the field replace those guessed from registered voters."""
        buildings = self.env["canvass.building"].search([("company_id", "=", self.company.id)])
        self.assertTrue(buildings.door_ids)
        buildings.polling_station_id = self.stations[0]
        self.plan.action_score()
        by_station = {one.station_id: one for one in self.plan.score_ids}
        self.assertEqual(by_station[self.stations[0]].doors, len(buildings.door_ids))
        self.assertEqual(by_station[self.stations[1]].doors, 500)

    def test_hand_to_field(self):
        """An organiser who reads plans gets a new operation on the kept stations; who is no
        organiser, or reads no plan, is refused."""
        director = self._user(
            "director", "political_canvass.group_canvass_organiser,political_crm.group_people"
        )
        reader = self._user("reader", "political_crm.group_people")
        self.plan.action_score()
        self.plan.keep_stations(self.stations[0].ids)
        action = self.plan.with_user(director).action_field()
        operations = self.env["canvass.operation"].with_user(director)
        with Form(operations.with_context(**action["context"])) as form:
            form.branch_id = self.north
        operation = form.record
        self.assertEqual(operation.name, "Plan d'essai")
        self.assertEqual((operation.area_kind, operation.zone_ids), ("zones", self.stations[0]))
        for user in (reader, self.organiser, self.plain):
            with self.assertRaises(AccessError):
                self.plan.with_user(user).action_field()

    def test_area_of_a_plan(self):
        """An operation whose area is a plan takes the doors of its kept stations, no others; a
        plan of another controller gives no door."""
        half = len(self.buildings) // 2
        self.buildings[:half].polling_station_id = self.stations[0]
        self.buildings[half:].polling_station_id = self.stations[1]
        self.plan.action_score()
        self.plan.keep_stations(self.stations[1].ids)
        director = self._user(
            "planner", "political_canvass.group_canvass_organiser,political_crm.group_people"
        )
        operation = self._operation(area_kind="plan", plan_id=self.plan.id).with_user(director)
        operation.action_cut()
        cut = operation.turf_ids.line_ids.door_id.building_id
        self.assertEqual(cut, self.buildings[half:])
        stranger = self.plan.copy({"company_id": self.other_company.id})
        stranger.action_score()
        stranger.keep_stations(self.stations.ids)
        operation.sudo().plan_id = stranger
        with self.assertRaises(UserError):
            operation.action_cut()
