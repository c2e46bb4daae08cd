from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger

from ..lib import town
from .common import PoliticalCase


class TestTown(BaseCase):
    def test_spellings(self):
        same = ("Saint-Denis", "ST DENIS", "st-denis cedex 1", "Saint Denis", "SAINT–DENIS")
        self.assertEqual({town.plain(name) for name in same}, {"saint denis"})
        self.assertEqual(town.plain("L'Haÿ-les-Roses"), town.plain("L HAY LES ROSES"))
        self.assertEqual(town.plain("Les Lilas"), town.plain("LILAS"))
        self.assertEqual(town.plain("Paris 11e arrondissement"), "paris")
        self.assertEqual(town.plain(None), "")

    def test_codes(self):
        self.assertEqual(town.department("93140"), ("93",))
        self.assertEqual(town.department("97400"), ("974",))
        self.assertEqual(town.department("20000"), ("2A", "2B"))
        self.assertEqual(town.department("abc"), ())
        self.assertEqual(town.arrondissement("75011"), "75111")
        self.assertEqual(town.arrondissement("75116"), "75116")
        self.assertEqual(town.arrondissement("69003"), "69383")
        self.assertEqual(town.arrondissement("13016"), "13216")
        self.assertIsNone(town.arrondissement("75021"))


@tagged("post_install", "-at_install")
class TestPlace(PoliticalCase):
    """Branch and polling station from the address, as long as nobody chose them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.department = cls._zone("Département 98", "department", "989")
        cls.town, cls.village = (
            cls._zone(name, "commune", code, cls.department)
            for name, code in (("Grande-Ville", "98901"), ("Saint-Petit", "98902"))
        )
        cls.booths = [
            cls._zone(f"Bureau {n}", "station", f"98901_000{n}", cls.town) for n in (1, 2)
        ]
        cls.only_booth = cls._zone("Mairie", "station", "98902_0001", cls.village)
        cls.federation.zone_ids = cls.department
        cls.north.zone_ids = cls.town
        cls.south.zone_ids = cls.booths[1]

    @classmethod
    def _zone(cls, name, kind, code, parent=None):
        return cls.env["political.zone"].create(
            {"name": name, "kind": kind, "code": code, "parent_id": parent and parent.id}
        )

    def _new(self, town_name, user=None, zip_code="98900", **values):
        return self._as(user or self.user_staff).create(
            self._person_values("Arrivée", zip=zip_code, city=town_name, **values)
        )

    def test_nearest_branch(self):
        """The section of the town before the federation around it; the station's before both."""
        self.assertEqual(self._new("GRANDE VILLE").branch_id, self.north)
        self.assertEqual(self._new("st petit").branch_id, self.federation)
        self.assertFalse(self._new("Ailleurs").branch_id)
        at_booth = self._new("Grande-Ville", polling_station_id=self.booths[1].id)
        self.assertEqual(at_booth.branch_id, self.south)
        self.assertEqual(at_booth.polling_station_source, "typed")

    def test_only_station_of_a_town(self):
        person = self._new("Saint-Petit")
        self.assertEqual(person.polling_station_id, self.only_booth)
        self.assertEqual(person.polling_station_source, "town")
        self.assertFalse(self._new("Grande-Ville").polling_station_id)

    def test_chosen_branch_stays(self):
        """A person may choose another branch; a corrected address does not take it away."""
        person = self._new("Grande-Ville", branch_id=self.south.id)
        person.write({"city": "Saint-Petit"})
        self.assertEqual(person.branch_id, self.south)
        self.person_nowhere.write({"zip": "98900", "city": "Grande Ville"})
        self.assertEqual(self.person_nowhere.branch_id, self.north)

    def test_lead_keeps_whom_they_meet(self):
        """A local lead who enters somebody from elsewhere still sees them."""
        person = self._new("Saint-Petit", user=self.user_lead)
        self.assertEqual(person.branch_id, self.north)
        form = Form(
            self._as(self.user_lead).with_context(
                default_political_category="regular", default_is_company=False
            )
        )
        form.lastname = "Formulaire"
        form.political_origin = "meeting"
        form.city, form.zip = "Grande-Ville", "98900"
        self.assertEqual(form.save().branch_id, self.north)

    def test_other_controllers_branches_apart(self):
        """R-41"""
        self.other_branch.zone_ids = self.town
        self.assertEqual(self._new("Grande-Ville").branch_id, self.north)

    def test_again_by_hand(self):
        people = self._as(self.user_staff).browse((self.person_nowhere + self.person_south).ids)
        self.env.cr.execute(
            "UPDATE res_partner SET zip = '98900', city = 'Grande-Ville' WHERE id = ANY(%s)",
            [people.ids],
        )
        self.env.invalidate_all()
        people.action_place()
        self.assertEqual(people[0].branch_id, self.north)
        self.assertEqual(people[1].branch_id, self.south)

    # ---------------------------------------------------------------- deceased, moved

    def _change(self, person, user=None, **values):
        return self._as(user or self.user_lead, "political.change").create(
            {"partner_id": person.id, **values}
        )

    def test_moved(self):
        """The new address finds station and branch again; the old household stays behind."""
        other = self._person("Nord", firstname="Alix", branch_id=self.north.id)
        household = self.env["political.household"].create(
            {"partner_ids": [(6, 0, (self.person_north + other).ids)]}
        )
        wizard = self._change(self.person_north, zip="98900", city="Saint-Petit", street="2 place")
        wizard.action_apply()
        self.assertEqual(self.person_north.branch_id, self.federation)
        self.assertEqual(self.person_north.polling_station_id, self.only_booth)
        self.assertEqual(household.partner_ids, other)

    def test_moved_without_address(self):
        self.person_north.write({"zip": "98900", "city": "Grande-Ville", "street": "1 rue"})
        self._change(self.person_north, address_known=False).action_apply()
        self.assertFalse(self.person_north.street or self.person_north.city)
        self.assertEqual(self.person_north.branch_id, self.north)

    def test_deceased(self):
        """Nobody writes to the dead, not even what the statutes send."""
        person = self.person_north
        person.sudo().consent_record(
            "newsletter",
            "email",
            "given",
            {"means": "paper", "wording_code": "newsletter-email-fr_FR-v1"},
        )
        self.env["political.mandate"].create(
            {
                "partner_id": person.id,
                "office_id": self.env.ref("political_crm.office_mayor").id,
                "date_start": "2020-06-28",
            }
        )
        self._change(person, kind="deceased", day="2026-02-03").action_apply()
        self.assertFalse(person.active)
        self.assertEqual(str(person.mandate_ids.date_end), "2026-02-03")
        state = self.env["consent.state"].search([("subject_id.partner_id", "=", person.id)])
        self.assertEqual(state.action, "expired")
        gate = self.env["consent.gate"].sudo()
        for code in ("newsletter", "membership"):
            purpose = self.env["consent.purpose"]._get(code, self.company)
            reasons = gate._reasons(person.ids, gate._gate_request(purpose, "email"))
            self.assertEqual(reasons[person.id], "deceased")
        self.assertTrue(person.do_not_contact)
        self.assertNotEqual(person.political_category, "member")

    def test_change_refuses(self):
        with self.assertRaisesRegex(UserError, "postcode"):
            self._change(self.person_north).action_apply()
        with self.assertRaisesRegex(UserError, "still to come"):
            self._change(self.person_north, kind="deceased", day="2999-01-01").action_apply()
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self._change(self.person_south, kind="deceased").action_apply()
