import contextlib
import inspect
import json
from datetime import datetime, timedelta

from odoo import http
from odoo.addons.mail.tools.discuss import Store
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests.common import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ConsentCase

# What core says of calls that nobody should make.
NOISE = ("odoo.sql_db", "py.warnings", "odoo.addons.mail.models.mail_thread")


class _TakenBackError(Exception):
    """Ends a savepoint."""


@tagged("post_install", "-at_install")
class TestExport(ConsentCase):
    """People's data leaves with a right, a reason and a trace (R-42, R-70)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exporter = cls._user("exporter", "political_consent.group_consent_export")
        cls.core_exporter = cls._user("core_exporter", "base.group_user,base.group_allow_export")
        cls.people = cls.env["res.partner"].create(
            [
                {
                    "name": f"Figurant {i}",
                    "email": f"figurant{i}@example.org",
                    "company_id": cls.company.id,
                }
                for i in range(50)
            ]
        )
        cls.log = cls.env["consent.access.log"]

    def _permit(self, reason="Étiquettes pour l'imprimeur"):
        self.env["consent.export.reason"].with_user(self.exporter).create(
            {"reason": reason}
        ).action_confirm()

    def _logged(self, kind, user=None):
        return self.log.search([("kind", "=", kind), ("user_id", "=", (user or self.exporter).id)])

    def test_export_needs_right_and_reason(self):
        with self.assertRaises(AccessError):
            self.anne.with_user(self.core_exporter).export_data(["name", "email"])
        with self.assertRaises(AccessError):
            self.anne.with_user(self.exporter).export_data(["name", "email"])
        with self.assertRaises(UserError):
            self._permit("test")
        self._permit()
        rows = self.anne.with_user(self.exporter).export_data(["name", "email"])["datas"]
        self.assertEqual(rows[0], [self.anne.name, self.anne.email])
        self.assertIn(self.exporter.name, rows[-1][0])
        self.assertIn("imprimeur", rows[-1][0])
        row = self._logged("export")
        self.assertEqual((row.count, row.model), (1, "res.partner"))
        self.assertNotIn(self.anne.name, str(row.read()))

    def test_roundabout_paths_are_exports_too(self):
        """A path from another model to people's fields asks for the same right."""
        users = self.core_exporter.with_user(self.core_exporter)
        with self.assertRaises(AccessError):
            users.export_data(["partner_id/email"])
        with self.assertRaises(AccessError):
            self.company.with_user(self.core_exporter).export_data(["partner_id/child_ids/name"])
        data = self.env.ref("base.fr").with_user(self.core_exporter).export_data(["code"])
        self.assertEqual(data["datas"], [["FR"]])

    def test_only_holders_give_reasons(self):
        with self.assertRaises(AccessError):
            self.env["consent.export.reason"].with_user(self.officer).create({"reason": "x" * 20})

    def test_vcard(self):
        with self.assertRaises(AccessError):
            self.anne.with_user(self.officer)._get_vcard_file()
        self.assertTrue(self.officer.partner_id.with_user(self.officer)._get_vcard_file())
        self._permit()
        self.assertTrue(self.anne.with_user(self.exporter)._get_vcard_file())
        self.assertEqual(len(self._logged("vcard")), 1)

    def test_printed_lists(self):
        report = self.env["ir.actions.report"].create(
            {
                "name": "Étiquettes",
                "model": "res.partner",
                "report_type": "qweb-html",
                "report_name": "web.report_layout",
            }
        )
        with self.assertRaises(AccessError):
            report.with_user(self.officer)._get_rendering_context(report, self.people.ids, {})
        report.with_user(self.officer)._get_rendering_context(report, self.anne.ids, {})
        self._permit()
        data = report.with_user(self.exporter)._get_rendering_context(report, self.people.ids, {})
        self.assertIn("imprimeur", data["consent_watermark"])

    def test_bulk_reads_are_logged(self):
        """R-70: large reads by any method, with a number and no content."""
        Partner = self.env["res.partner"].with_user(self.officer)
        domain = [("id", "in", self.people.ids)]
        Partner.search_read(domain, ["name"])
        Partner.search_read(domain, ["email"], limit=5)
        self.assertFalse(self._logged("read", self.officer))
        Partner.search_read(domain, ["name", "email"])
        Partner.browse(self.people.ids).read(["phone"])
        Partner.web_search_read(domain, {"email": {}})
        self.assertEqual(self._logged("read", self.officer).mapped("count"), [50] * 3)
        Partner.formatted_read_group(domain, ["email"], ["__count"])
        Partner.formatted_read_group(domain, ["name"], ["__count"])
        self.assertEqual(self._logged("group", self.officer).mapped("count"), [50])

    def test_daily_cap(self):
        self.env["ir.config_parameter"].set_param("political_consent.daily_cap", "120")
        people = self.people.with_user(self.officer)
        people.read(["email"])
        people.read(["email"])
        with self.assertRaises(AccessError):
            people.read(["email"])
        people.read(["name"])
        self.people.with_user(self.dpo).read(["email"])

    def test_details_masked(self):
        """E-mail, phone and street only for those who need them; colleagues' cards stay open."""
        anne = self.anne.with_user(self.internal)
        (row,) = anne.read(["name", "email", "phone", "street", "contact_address"])
        self.assertEqual(row["name"], self.anne.name)
        self.assertFalse(row["email"] or row["phone"] or row["street"] or row["contact_address"])
        (row,) = anne.web_read({"email": {}, "display_name": {}})
        self.assertFalse(row["email"])
        shown = anne.with_context(show_email=True, show_address=True).read(["display_name"])
        self.assertNotIn("@", shown[0]["display_name"])
        (row,) = anne.with_user(self.officer).read(["email"])
        self.assertEqual(row["email"], self.anne.email)
        card = self.officer.partner_id.with_user(self.internal).read(["email"])
        self.assertEqual(card[0]["email"], self.officer.email)

    def test_hidden_addresses_are_not_searched(self):
        """Whoever asks for an address, by whichever method and model, learns of no owner."""
        Partner = self.env["res.partner"].with_user(self.internal)
        lead = self.env["crm.lead"].create({"name": "Piste", "partner_id": self.anne.id})
        Lead = self.env["crm.lead"].with_user(self._user("seller", "sales_team.group_sale_manager"))
        seen = [("id", "in", (self.anne + self.officer.partner_id).ids)]
        asked = ("email", "=", self.anne.email)
        for domain in (
            [asked],
            [("email", "ilike", "anne")],
            [("email_normalized", "=", self.anne.email)],
            [("phone_sanitized", "!=", False), ("id", "=", self.anne.id)],
            [("street", "!=", "x"), ("id", "=", self.anne.id)],
            [("parent_id", "any", [asked])],
            [("child_ids.email", "=", self.anne.email)],
            [("display_name", "=", self.anne.email)],
            ["&", ("id", "=", self.anne.id), "!", ("email", "!=", self.anne.email)],
        ):
            with self.subTest(domain=domain):
                self.assertFalse(Partner.search(domain))
                self.assertEqual(Partner.search_count(domain), 0)
                self.assertFalse(Partner.search_read(domain, ["name"]))
                self.assertFalse(Partner.web_search_read(domain, {"name": {}})["records"])
                self.assertFalse(Partner.formatted_read_group(domain, ["name"], ["__count"]))
        self.assertFalse(Partner.name_search(self.anne.email))
        self.assertFalse(Partner.name_search(self.anne.email, operator="="))
        self.assertTrue(Partner.name_search(self.anne.name))
        self.assertEqual(Lead.search([("id", "=", lead.id)]), lead)
        self.assertFalse(Lead.search([("id", "=", lead.id), ("partner_id.email", "!=", False)]))
        officers = Partner.search([("email", "=", self.officer.email)])
        self.assertEqual(officers, self.officer.partner_id)
        ranked = [Partner.search(seen, order=f"street {way}").ids for way in ("asc", "desc")]
        self.assertEqual(*ranked)
        # A box that searches names and addresses still finds names.
        either = ["|", ("complete_name", "ilike", self.anne.name), ("email", "ilike", "anne")]
        self.assertIn(self.anne, Partner.search(either))
        self.assertIn(self.anne, self.env["res.partner"].with_user(self.officer).search([asked]))

    def test_hidden_addresses_are_not_grouped(self):
        Partner = self.env["res.partner"].with_user(self.internal)
        Lead = self.env["crm.lead"].with_user(self._user("seller", "sales_team.group_sale_manager"))
        one = [("id", "=", self.anne.id)]
        for call in (
            lambda: Partner.formatted_read_group(one, ["email"], ["__count"]),
            lambda: Partner.formatted_read_group(one, [], ["email:max"]),
            lambda: Partner.formatted_read_grouping_sets(one, [["name"], ["email"]], ["__count"]),
            lambda: Partner.formatted_read_group(
                one, ["name"], ["__count"], having=[("street:max", "=", "x")]
            ),
            lambda: Partner.formatted_read_group(one, ["name"], ["__count"], order="phone:max"),
            lambda: Lead.formatted_read_group([], ["partner_id.email"], ["__count"]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_members_logins_are_addresses(self):
        """A member's login is their address: it is for who may read addresses."""
        member = self._user("anne@example.org", "base.group_portal")
        users = self.env["res.users"]
        self.assertFalse(users.with_user(self.internal).search([("id", "=", member.id)]))
        with self.assertRaises(AccessError):
            member.with_user(self.internal).read(["login"])
        self.assertTrue(users.with_user(self.internal).search([("id", "=", self.officer.id)]))
        self.assertEqual(member.with_user(self.officer).login, "anne@example.org")
        card = member.partner_id.with_user(self.internal)
        (row,) = card.web_read({"display_name": {}, "user_ids": {}})
        self.assertEqual(row["user_ids"], [])

    def test_no_method_tells_hidden_addresses(self):
        """Every method that a program may call on a contact, with what it takes at most."""
        anne = self.anne.with_user(self.internal)
        fields = ["email", "phone"]
        spec = {name: {} for name in fields}
        tried, told = 0, []
        for name in self._public_methods(anne):
            for args in ([anne.ids], [anne.ids, fields], ["email"], [anne.ids, {}, fields, spec]):
                answer = self._called(anne, name, args)
                tried += 1
                if self.anne.email in answer or self.anne.phone in answer:
                    told.append(name)
        self.assertGreater(tried, 300)
        self.assertEqual(told, [])
        officer = self.anne.with_user(self.dpo)
        self.assertIn(self.anne.email, self._called(officer, "read", [anne.ids, fields]))

    def _public_methods(self, records):
        """Names of what may be called from outside and does not write by its very name."""
        kind = type(records)
        for name in dir(kind):
            method = getattr(kind, name)
            if name.startswith("_") or inspect.isclass(method) or not callable(method):
                continue
            if name in ("unlink", "write", "create", "copy", "web_save", "load"):
                continue
            if not any(
                getattr(getattr(base, name, None), "_api_private", False) for base in kind.mro()
            ):
                yield name

    def _called(self, records, name, args):
        """What a call from outside answers, as text; whatever it did is taken back."""
        answer = ""
        with mute_logger(*NOISE), contextlib.suppress(Exception), self.cr.savepoint():
            answer = json.dumps(call_kw(records.browse(), name, args, {}), default=str)
            raise _TakenBackError
        return answer

    def test_cards_of_discussions(self):
        """What discussions show beside a message, in a mention and among the recipients."""
        people = self.anne + self.officer.partner_id
        for reader, shown in ((self.internal, False), (self.officer, self.anne.email)):
            cards = people.with_user(reader)
            for asked in (cards, cards.sudo()):
                told = Store().add(asked).get_result()["res.partner"]
                mails = {card["id"]: card["email"] for card in told}
                self.assertEqual(mails[self.anne.id], shown)
                self.assertEqual(mails[self.officer.partner_id.id], self.officer.email)
            mentioned = cards.get_mention_suggestions(self.anne.name)["res.partner"]
            self.assertEqual({card["email"] for card in mentioned}, {shown})
            (recipient,) = cards[0]._message_get_suggested_recipients(reply_discussion=True)
            self.assertEqual(recipient["partner_id"], self.anne.id)
            self.assertEqual(recipient["email"], shown)

    def test_core_flows_still_run_without_details(self):
        """A user without them writes to a person whose address they cannot see."""
        message = (
            self.env["mail.thread"]
            .with_user(self.internal)
            .message_notify(body="Bonjour", partner_ids=self.officer.partner_id.ids)
        )
        self.assertEqual(message.notified_partner_ids, self.officer.partner_id)
        view = self.env["res.partner"].with_user(self.internal).get_views([(False, "form")])
        self.assertIn("email", view["models"]["res.partner"]["fields"])

    def test_log_ends_after_a_year(self):
        self.log.with_user(self.officer)._note("read", "res.partner", 50)
        self.env.cr.execute("UPDATE consent_access_log SET at = at - interval '13 months'")
        self.log.with_user(self.officer)._note("read", "res.partner", 60)
        self.log._gc_log()
        self.assertEqual(self._logged("read", self.officer).mapped("count"), [60])

    def test_log_is_the_officers(self):
        with self.assertRaises(AccessError):
            self.log.with_user(self.officer).search([])
        with self.assertRaises(AccessError):
            self.log.with_user(self.dpo).create({"kind": "read", "model": "x"})
        self.log.with_user(self.dpo).search([])


@tagged("post_install", "-at_install")
class TestExportHttp(HttpCase):
    """The routes that take data out (R-42)."""

    def _login(self, login, groups):
        user = self.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "password": f"{login}-secret",
                "group_ids": [(6, 0, [self.env.ref(group).id for group in groups])],
            }
        )
        self.authenticate(login, f"{login}-secret")
        return user

    def _csv(self, partner):
        data = {
            "model": "res.partner",
            "fields": [{"name": "name", "label": "Name"}, {"name": "email", "label": "E-mail"}],
            "ids": partner.ids,
            "domain": [],
            "import_compat": False,
            "context": {},
        }
        form = {"data": json.dumps(data), "csrf_token": http.Request.csrf_token(self)}
        return self.url_open("/web/export/csv", data=form)

    def _by_key(self, user, method, **params):
        """Call a method of contacts as another program does, with a key of the user's own."""
        keys = self.env["res.users.apikeys"].with_user(user)
        key = keys._generate("rpc", "essai", datetime.now() + timedelta(days=1))
        self.env.flush_all()
        headers = {"Authorization": f"Bearer {key}", "X-Odoo-Database": self.env.cr.dbname}
        with mute_logger("odoo.http"):
            return self.url_open(f"/json/2/res.partner/{method}", json=params, headers=headers)

    def test_other_programs(self):
        """R-42: JSON-2 masks, refuses and marks as the screens do. (What it logs of a large read
        leaves after its read-only transaction, which only a real server ends.)"""
        people = self.env["res.partner"].create(
            [{"name": f"Figurant {n}", "email": f"figurant{n}@example.org"} for n in range(50)]
        )
        among, fields = [["id", "in", people.ids]], ["name", "email"]
        reader = self._login("reader2", ["base.group_user"])
        rows = self._by_key(reader, "search_read", domain=among, fields=fields).json()
        self.assertEqual({row["email"] for row in rows}, {False})
        for user in (reader, self._login("exporter3", ["political_consent.group_consent_export"])):
            for method, params in (
                ("export_data", {"ids": people.ids, "fields_to_export": fields}),
                *(
                    ("formatted_read_group", {"domain": among, "groupby": by, "aggregates": what})
                    for by, what in ((["email"], ["__count"]), ([], ["email:array_agg"]))
                    if user == reader
                ),
            ):
                with self.subTest(user=user.login, method=method):
                    answer = self._by_key(user, method, **params)
                    self.assertEqual(answer.status_code, 403)
                    self.assertNotIn("figurant1@example.org", answer.text)
        self.env["consent.export.reason"].with_user(user).create(
            {"reason": "Annuaire du bureau"}
        ).action_confirm()
        answer = self._by_key(user, "export_data", ids=people.ids, fields_to_export=fields)
        self.assertIn("figurant1@example.org", answer.text)
        self.assertIn("Annuaire du bureau", answer.text)
        logged = self.env["consent.access.log"].search(
            [("user_id", "=", user.id), ("kind", "=", "export")]
        )
        self.assertEqual(logged.count, 50)

    def test_routes(self):
        partner = self.env["res.partner"].create(
            {"name": "Figurante", "email": "figurante@example.org"}
        )
        self.env["ir.config_parameter"].set_param("web.json.enabled", "True")
        user = self._login("exporter2", ["political_consent.group_consent_export"])
        card = f"/web/partner/vcard?partner_ids={partner.id}"
        json_route = f"/json/1/contacts/{partner.id}"
        browser = {
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "none",
            "Sec-Fetch-User": "?1",
        }
        with mute_logger("odoo.http"):
            refused = self.url_open(card)
        self.assertNotIn("figurante@example.org", refused.text)
        self.assertNotEqual(refused.status_code, 200)
        with mute_logger("odoo.http"):
            refused = self.url_open(json_route, headers=browser)
        self.assertEqual(refused.status_code, 403)
        self.assertNotIn("figurante@example.org", refused.text)
        self.env["consent.export.reason"].with_user(user).create(
            {"reason": "Annuaire du bureau"}
        ).action_confirm()
        self.env.flush_all()
        self.assertIn("figurante@example.org", self.url_open(card).text)
        answer = self._csv(partner)
        self.assertIn("figurante@example.org", answer.text)
        self.assertIn("Annuaire du bureau", answer.text)
        self.assertIn("figurante@example.org", self.url_open(json_route, headers=browser).text)
