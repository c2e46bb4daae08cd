from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import PoliticalCase

THROUGH = (
    [("polling_station_id.result_ids.votes", ">", 10)],
    [("polling_station_id.turnout_ids.voters", ">", 10)],
    [("polling_station_id.indicator_value_ids.value", ">", 10)],
    [("polling_station_id.parent_id.child_ids.result_ids.candidacy_id.bloc_id", "!=", False)],
    [("polling_station_id", "any", [("result_ids", "any", [("votes", ">", 10)])])],
    ["!", ("polling_station_id.result_ids", "=", False)],
    ["|", ("name", "=", "x"), ("child_ids.polling_station_id.turnout_ids", "!=", False)],
)


@tagged("post_install", "-at_install")
class TestPlacesOnly(PoliticalCase):
    """R-75: people are never reached through what their place voted."""

    def users(self):
        return (
            self.user_lead,
            self.user_staff,
            self.user_manager,
            self.user_dpo,
            self.env.ref("base.user_admin"),
            self.env.ref("base.user_root"),
        )

    def test_searches(self):
        for user in self.users():
            Partner = self._as(user)
            for domain in THROUGH:
                with self.subTest(user=user.login, domain=domain), self.assertRaises(AccessError):
                    Partner.search(domain)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                Partner.search_count(THROUGH[0])
        # Where somebody votes may still be asked.
        found = self._as(self.user_staff).search([("polling_station_id.code", "=like", "9%")])
        self.assertFalse(found)

    def test_from_other_models(self):
        for model, path in (
            ("crm.lead", "partner_id.polling_station_id.result_ids"),
            ("res.users", "partner_id.polling_station_id.result_ids"),
            ("political.branch", "user_ids.partner_id.polling_station_id.turnout_ids"),
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].search([(path, "!=", False)])

    def test_groupings_and_segments(self):
        Partner = self._as(self.user_manager)
        with self.assertRaises(AccessError):
            Partner.formatted_read_group(THROUGH[0], ["branch_id"], ["__count"])
        for spec in ("polling_station_id.result_ids", "polling_station_id.turnout_ids:recordset"):
            with self.subTest(spec=spec), self.assertRaises(AccessError):
                Partner._read_group([], [spec.partition(":")[0]], ["__count"])
            with self.subTest(sets=spec), self.assertRaises(AccessError):
                Partner.formatted_read_grouping_sets(
                    [], [["branch_id"], [spec.partition(":")[0]]], ["__count"]
                )
        with self.assertRaises(AccessError):
            self.env["consent.gate"].with_user(self.user_manager).audience(
                "newsletter", "email", THROUGH[0]
            )

    def test_saved_filters_and_mailings(self):
        stored = self._as(self.user_manager, "ir.filters").create(
            {"name": "Par résultat", "model_id": "res.partner", "domain": repr(THROUGH[0])}
        )
        with self.assertRaises(AccessError):
            self._as(self.user_manager).search(Domain(stored._get_eval_domain()))
        mailing = self._as(self.user_manager, "mailing.mailing").create(
            {
                "subject": "Essai",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "consent_purpose_id": self.env["consent.purpose"]
                ._get("newsletter", self.company)
                .id,
            }
        )
        with self.assertRaises(AccessError):
            mailing.mailing_domain = repr(THROUGH[0])
        mailing.invalidate_recordset(flush=False)
        self.env.cr.execute(
            "UPDATE mailing_mailing SET mailing_domain = %s WHERE id = %s",
            [repr(THROUGH[0]), mailing.id],
        )
        with self.assertRaises(AccessError):
            mailing._get_recipients()

    def test_exports_and_nested_reads(self):
        person = self.person_north
        with self.assertRaises(AccessError):
            person.export_data(["name", "polling_station_id/result_ids/votes"])
        spec = {"polling_station_id": {"fields": {"turnout_ids": {"fields": {"voters": {}}}}}}
        with self.assertRaises(AccessError):
            person.web_read(spec)
        person.web_read({"name": {}, "polling_station_id": {"fields": {"display_name": {}}}})

    def test_places_themselves_are_free(self):
        Zone = self._as(self.user_lead, "political.zone")
        Zone.search([("result_ids.votes", ">", 10), ("turnout_ids.election_id", "!=", False)])
        self._as(self.user_lead, "political.result").search([("zone_id.parent_id.code", "=", "x")])

    def test_schema(self):
        """No field leads from a place, or from what is told of it, to a contact."""
        for name, model in self.env.registry.items():
            if not name.startswith(("political.zone", "political.result", "political.indicator")):
                continue
            for field in model._fields.values():
                if field.name in ("create_uid", "write_uid"):
                    continue
                with self.subTest(field=str(field)):
                    self.assertNotIn(field.comodel_name, ("res.partner", "res.users"))
