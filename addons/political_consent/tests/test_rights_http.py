import json
import re

from odoo import http
from odoo.tests.common import HttpCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestRightsHttp(HttpCase):
    """The public page, its links, and the portal (R-32, R-71)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.known = cls.env["res.partner"].create(
            {
                "name": "Olympe Essai",
                "email": "olympe.essai@example.org",
                "company_id": cls.company.id,
            }
        )

    def _post(self, url, **form):
        return self.url_open(url, data={"csrf_token": http.Request.csrf_token(self), **form})

    def _ask(self, email, kind="access", **form):
        self.authenticate(None, None)
        return self._post("/consent/rights", kind=kind, email=email, lang="en_US", **form)

    def _requests(self, email):
        return self.env["consent.right.request"].search([("requester_email", "=", email)])

    def _link(self, email):
        mail = self.env["mail.mail"].search([("email_to", "=", email)], limit=1, order="id desc")
        return re.search(r"/consent/rights/\w+/[\w-]+", mail.body_html).group()

    def test_form_is_public_and_unticked(self):
        self.authenticate(None, None)
        page = self.url_open("/consent/rights?lang=en_US")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("checked=", page.text)

    def test_same_answer_for_known_and_unknown(self):
        """No oracle: the page says the same, and sends a message, whatever is known."""
        pages = []
        for email in ("olympe.essai@example.org", "personne@example.org"):
            page = self._ask(email)
            pages.append(re.sub(r"csrf_token:\s*\"[^\"]*\"", "", page.text))
            self.assertEqual(self._requests(email).state, "unconfirmed")
            self.assertFalse(self._requests(email).activity_ids)
        self.assertEqual(*pages)

    def test_bad_form(self):
        self.assertEqual(self._ask("nowhere").status_code, 400)
        self.assertEqual(self._ask("a@example.org", kind="everything").status_code, 400)

    def test_confirm_then_answer(self):
        """A GET changes nothing; the button opens the request; the answer waits behind a link."""
        email = self.known.email
        self._ask(email, name="Olympe")
        request = self._requests(email)
        link = self._link(email)
        self.assertEqual(self.url_open(link).status_code, 200)
        self.assertEqual(request.state, "unconfirmed")
        self._post(link)
        request.invalidate_recordset()
        self.assertEqual((request.state, request.partner_ids), ("open", self.known))
        self.assertEqual(self._post(link).status_code, 404, "the link works once")
        request.sudo()._answer_access()
        self.env.flush_all()
        answer = self._link(email)
        page = self.url_open(answer)
        self.assertIn("olympe.essai@example.org", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        data = json.loads(self.url_open(f"{answer}?file=json").text)
        self.assertEqual(data["person"]["contacts"], self.known.ids)
        self.assertEqual(self.url_open(f"{answer}x").status_code, 404)

    def test_unknown_address_is_no_identity(self):
        email = "personne@example.org"
        self._ask(email)
        self._post(self._link(email))
        request = self._requests(email)
        self.assertEqual((request.state, len(request.partner_ids)), ("new", 0))

    def test_rate_limit(self):
        self.env["ir.config_parameter"].set_param("political_consent.rate_right_address", "2")
        for _turn in range(5):
            self._ask("assaillie@example.org")
        self.assertLessEqual(len(self._requests("assaillie@example.org")), 3)

    def test_portal(self):
        user = self.env["res.users"].create(
            {
                "name": "Olympe Essai",
                "login": "olympe",
                "password": "olympe-secret",
                "partner_id": self.known.id,
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        self.authenticate("olympe", "olympe-secret")
        self._post("/my/rights", kind="portability", message="Merci")
        request = self.env["consent.right.request"].search(
            [("partner_ids", "in", self.known.ids)], limit=1
        )
        self.assertEqual((request.source, request.state), ("portal", "open"))
        self.assertIn(request.name, self.url_open("/my/rights").text)
        self.assertTrue(user.share)

    def test_ledger_download_is_the_officers(self):
        login = {"name": "x", "password": "officer-secret"}
        self.env["res.users"].create(
            [
                {
                    **login,
                    "login": code,
                    "group_ids": [(6, 0, self.env.ref(f"political_consent.{group}").ids)],
                }
                for code, group in (
                    ("dpo_http", "group_consent_dpo"),
                    ("officer_http", "group_consent_user"),
                )
            ]
        )
        self.authenticate("officer_http", "officer-secret")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/consent/ledger/export").status_code, 403)
        self.authenticate("dpo_http", "officer-secret")
        page = self.url_open("/consent/ledger/export")
        self.assertEqual(json.loads(page.text.splitlines()[0])["form"], 1)
