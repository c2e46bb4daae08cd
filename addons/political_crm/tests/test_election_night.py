from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import political_zone_history
from . import results_files as files
from .test_election_import import ImportCase


@tagged("post_install", "-at_install")
class TestElectionNight(ImportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.night_user = new_test_user(
            cls.env,
            "test_night",
            "political_crm.group_election_night",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.past = self.apply(files.ministry_2017()).election_id
        self.election = self.env["political.election"].create(
            {
                "name": "Présidentielle 2027",
                "code": "2027_pres_t1",
                "kind": "presidential",
                "date": "2027-04-11",
                "previous_id": self.past.id,
            }
        )
        self.candidacies = self.env["political.candidacy"].create(
            [
                {
                    "election_id": self.election.id,
                    "number": n,
                    "lastname": last,
                    "firstname": first,
                    "name": f"{first} {last}",
                }
                for n, last, first in ((1, "ÉCHANTILLON", "Anaïs"), (2, "NOUVEAU", "Luc"))
            ]
        )

    def type(self, votes, user=None, voters=80, station=None):
        form = Form(self._as(user or self.night_user, "political.election.night"))
        form.election_id = self.election
        form.zone_id = self.town
        if station:
            form.station_id = station
        form.voters, form.blank, form.spoiled = voters, 3, 2
        for n, number in enumerate(votes):
            with form.line_ids.edit(n) as line:
                line.votes = number
        return form.save()

    def test_station_by_station(self):
        night = self.type((50, 25))
        self.assertEqual((night.expected_count, night.reported_count), (2, 0))
        self.assertEqual(night.station_id.code, "99999_0001")
        self.assertEqual(night.registered, 100)
        action = night.action_save()
        following = night.browse(action["res_id"])
        self.assertEqual(following.station_id.code, "99999_1001")
        self.assertEqual(following.reported_count, 1)
        self.assertIn("Bureau 1001", following.missing)
        # 66.7 % against 60 % last time in the same station; the newcomer has no last time.
        self.assertIn("66.7", following.totals)
        self.assertIn("+6.7", following.totals)
        corrected = self.type((51, 24), station=night.station_id)
        corrected.action_save()
        results = self.env["political.result"].search([("election_id", "=", self.election.id)])
        self.assertEqual(sorted(results.mapped("votes")), [24, 51])

    def test_refused(self):
        with self.assertRaisesRegex(UserError, "do not add up"):
            self.type((50, 26)).action_save()
        with self.assertRaisesRegex(UserError, "registered"):
            self.type((50, 25), voters=101).action_save()
        self.assertFalse(
            self.env["political.turnout"].search([("election_id", "=", self.election.id)])
        )
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.type((50, 25), user=self.user_staff)

    def test_page_of_a_place(self):
        station = self.env["political.zone"].search([("code", "=", "99999_0001")])
        for zone, votes in ((station, 45), (self.town, 90), (station.constituency_id, 90)):
            zone = self._as(self.user_lead, "political.zone").browse(zone.id)
            with self.subTest(zone=zone.name):
                [ballot] = zone._history()
                self.assertEqual(ballot["election"], self.past)
                self.assertEqual(ballot["candidates"][0][3], votes)
                self.assertEqual(zone.election_count, 1)
                self.assertIn("Anaïs ÉCHANTILLON", zone.history)
        plain = self._as(self.user_plain, "political.zone").browse(station.id)
        self.assertFalse(plain.history)

    def test_printed_sheet(self):
        reports = self.env["ir.actions.report"].with_context(lang="en_US")
        [html, _type] = reports._render_qweb_html("political_crm.report_zone_sheet", self.town.ids)
        text = html.decode()
        for words in ("Essaiville", "Bureau 1001", "Anaïs ÉCHANTILLON", "60.0"):
            self.assertIn(words, text)
        # One page: of a large town the largest stations, and how many are left out.
        stations = self.town.child_ids
        turnouts = self.env["political.turnout"].search([("zone_id", "in", stations.ids)])
        turnouts[1].registered = turnouts[0].registered + 1
        with patch.object(political_zone_history, "SHEET_ROWS", 1):
            sheet = self.town._sheet_rows()
        self.assertEqual([row[0] for row in sheet["rows"]], [turnouts[1].zone_id])
        self.assertIn(f"{len(turnouts) - 1} more", sheet["note"])
        self.assertFalse(self.town._sheet_rows()["note"])
