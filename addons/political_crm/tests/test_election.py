from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PoliticalCase

FACTS = (
    "political.election",
    "political.nuance",
    "political.bloc",
    "political.candidacy",
    "political.turnout",
    "political.result",
    "political.indicator",
    "political.indicator.value",
    "political.zone.link",
)


@tagged("post_install", "-at_install")
class TestElection(PoliticalCase):
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
                "parent_id": cls.town.id,
            }
        )
        cls.bloc = cls.env["political.bloc"].create({"name": "Bloc d'essai"})
        cls.nuance = cls.env["political.nuance"].create(
            {"code": "ESS", "name": "Essai", "bloc_id": cls.bloc.id}
        )
        cls.election = cls.env["political.election"].create(
            {
                "name": "Ballot d'essai",
                "code": "2022_essai_t1",
                "kind": "legislative",
                "date": "2022-06-12",
            }
        )
        cls.candidacy = cls.env["political.candidacy"].create(
            {
                "election_id": cls.election.id,
                "number": 1,
                "lastname": "LÉ PÎN-ESSAI",
                "firstname": "Zoé",
                "name": "Zoé LÉ PÎN-ESSAI",
                "nuance_id": cls.nuance.id,
            }
        )

    def test_facts_reach_no_person(self):
        """R-75: none of these models has a field that leads to a contact or a user."""
        for model in FACTS:
            for name, field in self.env[model]._fields.items():
                if name in ("create_uid", "write_uid"):
                    continue
                with self.subTest(field=f"{model}.{name}"):
                    self.assertNotIn(field.comodel_name, ("res.partner", "res.users"))
        for model in ("political.turnout", "political.result", "political.indicator.value"):
            self.assertNotIn("create_uid", self.env[model]._fields)

    def test_candidacy_follows_the_bloc_of_its_nuance(self):
        self.assertEqual(self.candidacy.bloc_id, self.bloc)
        self.assertEqual(self.candidacy.key, "le pin essai zoe")
        other = self.env["political.bloc"].create({"name": "Autre bloc"})
        self.nuance.bloc_id = other
        self.assertEqual(self.candidacy.bloc_id, other)
        self.candidacy.bloc_id = self.bloc
        self.assertEqual(self.candidacy.bloc_id, self.bloc)

    def test_a_place_has_one_result(self):
        values = {"candidacy_id": self.candidacy.id, "zone_id": self.station.id, "votes": 12}
        result = self.env["political.result"].create(values)
        self.assertEqual(result.election_id, self.election)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["political.result"].create(values)

    def test_who_reads_and_who_writes(self):
        """Public facts: read by the party's people, written by administrators; counts also by
        those who type them on election night."""
        night = new_test_user(
            self.env, "test_night", "political_crm.group_election_night", company_id=self.company.id
        )
        for model in FACTS:
            with self.subTest(model=model):
                self.assertTrue(self._as(self.user_lead, model).has_access("read"))
                self.assertFalse(self._as(self.user_staff, model).has_access("write"))
                self.assertTrue(self._as(self.user_manager, model).has_access("write"))
                counts = model in ("political.turnout", "political.result")
                self.assertEqual(self._as(night, model).has_access("write"), counts)
                with self.assertRaises(AccessError), mute_logger("odoo.models"):
                    self._as(self.user_plain, model).search([])
