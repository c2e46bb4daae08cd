from odoo.exceptions import ValidationError
from odoo.modules.module import Manifest
from odoo.tests import tagged

from .common import PoliticalCase

ENRICHMENT = {
    "partner_autocomplete",
    "crm_iap_enrich",
    "crm_iap_mine",
    "website_crm_iap_reveal",
}


@tagged("post_install", "-at_install")
class TestEnrichment(PoliticalCase):
    """R-14: nobody is completed from networks or third parties.

    That no call leaves is shown on a real server, in the project's tests/test_no_enrichment.py:
    under this runner core refuses to call out anyway.
    """

    def test_not_in_the_closure(self):
        seen, todo = set(), ["political_crm"]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += Manifest.for_addon(name).get("depends", [])
        self.assertIn("crm", seen)
        self.assertFalse(seen & ENRICHMENT)
        self.assertNotIn("account", seen, "dues and gifts need no accounting")

    def test_not_installed(self):
        present = self.env["ir.module.module"].search(
            [("name", "in", list(ENRICHMENT)), ("state", "=", "installed")]
        )
        self.assertFalse(present.mapped("name"))

    def test_setting_is_manual(self):
        setting = self.env["ir.config_parameter"].get_param("crm.iap.lead.enrich.setting")
        self.assertEqual(setting, "manual")

    def test_refused_even_when_one_comes_later(self):
        Account = self.env["iap.account"]
        for service in ("partner_autocomplete", "reveal"):
            with self.subTest(service=service):
                with self.assertRaisesRegex(ValidationError, "outside sources"):
                    Account.get(service)
                self.assertFalse(Account.get(service, force_create=False))
                self.assertEqual(Account.get_credits(service), 0)
        with self.assertRaisesRegex(ValidationError, "outside sources"):
            self.env["iap.enrich.api"]._request_enrich({1: "someone@example.org"})
        self.assertTrue(Account.get("sms"))
