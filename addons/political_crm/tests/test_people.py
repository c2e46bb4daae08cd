from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestPeople(PoliticalCase):
    def _create(self, **values):
        """As the lowest role that may."""
        return self._as(self.user_lead).create(
            self._person_values("Essai", branch_id=self.north.id, **values)
        )

    def test_origin_required(self):
        """R-11: no person without origin; the same person with one is taken."""
        with self.assertRaisesRegex(ValidationError, "origin"):
            self._create(political_origin=False)
        self.assertEqual(self._create().political_origin, "paper_form")

    def test_origin_required_later(self):
        """R-11: nor by writing on a contact who was there."""
        contact = self.env["res.partner"].create({"name": "Passante"})
        values = {
            "political_category": "regular",
            "company_id": self.company.id,
            "branch_id": self.north.id,
        }
        with self.assertRaisesRegex(ValidationError, "origin"):
            self._as(self.user_lead).browse(contact.id).write(values)
        self._as(self.user_lead).browse(contact.id).write({**values, "political_origin": "event"})
        self.assertEqual(contact.political_basis, "body")

    def test_origin_required_by_context(self):
        """R-11: a default from the caller's context goes the same way."""
        Partner = self._as(self.user_lead).with_context(default_political_category="regular")
        with self.assertRaisesRegex(ValidationError, "origin"):
            Partner.create({"name": "Par défaut", "company_id": self.company.id})

    def test_company_required(self):
        """R-41: each person has a controller."""
        with self.assertRaisesRegex(ValidationError, "controller"):
            self._create(company_id=False)
        with self.assertRaisesRegex(ValidationError, "another controller"):
            self._person("Mêlée", branch_id=self.other_branch.id)

    def test_database_refuses_too(self):
        """R-11: whatever writes by SQL meets the same condition."""
        self.env.flush_all()
        for column in ("political_origin", "political_basis", "political_notice", "company_id"):
            with (
                self.subTest(column=column),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(
                    f"UPDATE res_partner SET {column} = NULL WHERE id = %s",
                    [self.person_north.id],
                )

    def test_basis_and_notice_computed(self):
        """R-11: basis follows the category, notice follows the origin."""
        self.assertEqual(self.person_north.political_basis, "body")
        self.assertEqual(self.person_north.political_notice, "collection")
        self.assertTrue(self.person_north.political_notice_date)
        told = self._create(political_category="prospect", political_origin="referral")
        self.assertEqual(told.political_basis, "single")
        self.assertEqual(told.political_notice, "due")
        self.assertFalse(told.political_notice_date)
        told.political_category = "member"
        self.assertEqual(told.political_basis, "body")

    def test_body_basis_for_members_only(self):
        """Article 9(2)(d) covers members, former members and regular contacts."""
        with self.assertRaisesRegex(ValidationError, "political body"):
            self._create(political_category="occasional", political_basis="body")
        self._create(political_category="occasional", political_basis="consent")

    def test_social_is_occasional(self):
        """R-15: a like makes an occasional contact, without any consent."""
        values = self._person_values("Suiveuse", political_origin="social")
        values.pop("political_category")
        follower = self._as(self.user_staff).create(values)
        self.assertEqual(follower.political_category, "occasional")
        self.assertFalse(
            self.env["consent.state"].search([("subject_id.partner_id", "=", follower.id)])
        )
        with self.assertRaisesRegex(ValidationError, "R-15"):
            self._create(political_category="regular", political_origin="social")
        with self.assertRaisesRegex(ValidationError, "R-15"):
            follower.political_category = "regular"
        follower.write({"political_category": "regular", "political_origin": "event"})
        self.assertEqual(follower.political_basis, "body")

    def test_organisations_have_no_category(self):
        with self.assertRaisesRegex(ValidationError, "natural person"):
            self._create(is_company=True)
        with self.assertRaisesRegex(ValidationError, "natural person"):
            self.person_north.is_company = True

    def test_ordinary_contact_holds_nothing_political(self):
        """R-10: where the rules do not hide, nothing political is kept."""
        contact = self._as(self.user_staff).create({"name": "Fleuriste"})
        for values in (
            {"support_level": "1"},
            {"is_volunteer": True},
            {"branch_id": self.north.id},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                contact.write(values)

    def test_plain_user_makes_no_person(self):
        """R-10: without the right to the fields, nobody is put into the file."""
        with self.assertRaises(AccessError):
            self._as(self.user_sales).create(self._person_values("Glissée"))
        self.assertTrue(self._as(self.user_sales).create({"name": "Cliente"}))

    def test_ordinary_contact_still_writable(self):
        """The checks of the file do not stop who has no right to its fields."""
        contact = self._as(self.user_sales).create({"name": "Cliente"})
        contact.write({"company_id": self.company.id, "is_company": True, "parent_id": False})
        self.assertTrue(contact.is_company)

    def test_no_move_between_controllers(self):
        """R-41: a user of both controllers cannot hand a person over."""
        self.user_manager.company_ids += self.other_company
        person = (
            self.env["res.partner"]
            .with_user(self.user_manager)
            .with_context(allowed_company_ids=(self.company + self.other_company).ids)
            .browse(self.person_nowhere.id)
        )
        with self.assertRaisesRegex(ValidationError, "R-41"):
            person.company_id = self.other_company
        person.company_id = self.company

    def test_no_merge_between_controllers(self):
        """R-41: two controllers' cards stay two; two of one controller merge."""
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with self.assertRaisesRegex(UserError, "controllers"):
            wizard._merge((self.person_nowhere + self.person_other).ids, self.person_nowhere)
        wizard._merge((self.person_nowhere + self.person_north).ids, self.person_north)
        self.assertFalse(self.person_nowhere.exists())

    def test_support_level_export(self):
        """R-21: support leaves by no path without the right; the rest leaves with Odoo's own."""
        self.person_north.support_level = "2"
        self.user_staff.group_ids += self.env.ref("political_consent.group_consent_export")
        reason = self._as(self.user_staff, "consent.export.reason")
        reason.create({"reason": "Contrôle des droits d'export"}).action_confirm()
        person = self._as(self.user_staff).browse(self.person_north.id)
        with self.assertRaisesRegex(AccessError, "support"):
            person.export_data(["name", "support_level"])
        lead = self.env["crm.lead"].create(
            {"name": "Nord", "partner_id": person.id, "user_id": self.user_staff.id}
        )
        with self.assertRaisesRegex(AccessError, "support"):
            lead.with_user(self.user_staff).export_data(["name", "partner_id/support_level"])
        self.assertEqual(person.export_data(["city"])["datas"][0], [""])
        self.user_staff.group_ids += self.env.ref("political_crm.group_support_export")
        self.assertEqual(person.export_data(["support_level"])["datas"][0], ["2 - Support"])

    def test_support_level_not_tracked(self):
        """Tracking values would keep an opinion beyond erasure."""
        self.person_north.support_level = "1"
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = self.person_north.message_ids.tracking_value_ids
        self.assertFalse(values.filtered(lambda v: v.field_id.name == "support_level"))
        for field in self.env["res.partner"]._fields.values():
            if field.groups and "political_crm." in field.groups:
                self.assertFalse(getattr(field, "tracking", False), field.name)

    def test_no_score_on_people(self):
        """R-21: no score, sympathy or turnout is kept on a person."""
        forbidden = ("score", "sympath", "voted", "abstain", "turnout", "likelihood")
        for model in ("res.partner", "crm.lead", "res.users"):
            for name, field in self.env[model]._fields.items():
                if "political" in (field._module or ""):
                    self.assertFalse(any(word in name for word in forbidden), name)

    def test_places_never_point_to_people(self):
        """R-75: no place, result, indicator or plan has a relation to a person, on any field."""
        people = {"res.partner", "res.users", "crm.lead", "event.registration"}
        audit = {"create_uid", "write_uid"}
        prefixes = (
            "political.zone",
            "political.result",
            "political.turnout",
            "political.indicator",
            "political.election",
            "political.candidacy",
            "political.target",
        )
        checked = 0
        for name, model in self.env.registry.items():
            if not name.startswith(prefixes):
                continue
            for field in model._fields.values():
                checked += 1
                if field.name not in audit:
                    self.assertNotIn(field.comodel_name, people, f"{name}.{field.name}")
        self.assertGreater(checked, 10)

    def test_lead_needs_origin(self):
        """R-11: a lead without a contact that carries a person says where the data is from."""
        Lead = self._as(self.user_lead, "crm.lead")
        values = {
            "name": "Rencontre",
            "political_category": "regular",
            "branch_id": self.north.id,
        }
        lead = Lead.create({**values, "political_origin": "meeting"})
        self.assertEqual(lead.company_id, self.company)
        with self.assertRaisesRegex(ValidationError, "controller"):
            lead.company_id = False
        with self.assertRaisesRegex(ValidationError, "origin"):
            Lead.create(values)
