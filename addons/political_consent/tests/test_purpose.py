from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ConsentCase

# What article 13 asks a notice to say, by words that stand in every French notice shipped.
NOTICE_KEYS = [
    "Qui est responsable",
    "À quoi servent",
    "Base légale",
    "Qui les reçoit",
    "Durée",
    "facultatif",
    "retirer votre accord",
    "l'accès",
    "rectification",
    "effacement",
    "limitation",
    "portable",
    "opposer",
    "CNIL",
]
SHIPPED = {
    "newsletter",
    "sms_mobilisation",
    "event",
    "membership",
    "canvass_followup",
    "petition",
    "targeting",
}


@tagged("post_install", "-at_install")
class TestPurpose(ConsentCase):
    def test_shipped_purposes_can_collect(self):
        """R-24, R-43, R-78: each ships with term, source, and wordings in both languages."""
        purposes = self.env["consent.purpose"].search([("company_id", "=", self.company.id)])
        self.assertLessEqual(SHIPPED, set(purposes.mapped("code")))
        for purpose in purposes:
            self.assertTrue(purpose.is_open, purpose.code)
            for channel in purpose._channels():
                for lang in ("fr_FR", "en_US"):
                    wording = self.env["consent.wording"]._published(purpose, channel, lang)
                    self.assertEqual(wording.lang, lang, f"{purpose.code} {channel}")
                    self.assertNotIn("{", wording.text + wording.notice)

    def test_notice_says_what_the_law_asks(self):
        """R-24: every key of article 13 stands in the notice."""
        for wording in self.env["consent.wording"].search([("lang", "=", "fr_FR")]):
            for key in NOTICE_KEYS:
                self.assertIn(key, wording.notice, wording.code)
            self.assertIn(wording.company_id.name, wording.notice)

    def test_new_controller_has_its_own(self):
        """R-41: a company made later gets purposes and wordings in its own name."""
        purpose = self.env["consent.purpose"]._get("newsletter", self.other_company)
        wording = self.env["consent.wording"]._published(purpose, "email", "fr_FR")
        self.assertIn("Autre liste", wording.text)

    def test_renamed_controller_is_named_anew(self):
        """R-24, R-36: new versions bear the new name, the old ones stay as they were read."""
        event = self.give(self.anne)
        old = event.wording_id
        text = old.text
        self.company.name = "Parti Rebaptisé"
        new = self.env["consent.wording"]._published(self.newsletter, "email", "fr_FR")
        self.assertEqual(new.version, old.version + 1)
        self.assertIn("Parti Rebaptisé", new.text)
        self.assertIn("Parti Rebaptisé", new.notice)
        self.assertEqual((old.text, old.state), (text, "retired"))
        self.company.name = "Parti Rebaptisé"
        again = self.env["consent.wording"]._published(self.newsletter, "email", "fr_FR")
        self.assertEqual(again, new, "the same name makes no version")

    def test_published_wording_never_changes(self):
        """R-36: editing makes a new version; what was agreed to keeps pointing at the old one."""
        event = self.give(self.anne)
        old = event.wording_id
        for values in ({"text": "autre"}, {"notice": "autre"}, {"code": "x"}):
            with self.assertRaises(UserError):
                old.with_user(self.dpo).write(values)
        with self.assertRaises(UserError):
            old.with_user(self.dpo).unlink()
        action = old.with_user(self.dpo).action_new_version()
        draft = self.env["consent.wording"].browse(action["res_id"]).with_user(self.dpo)
        draft.text = "J'accepte autrement de recevoir la lettre de {controller}."
        draft.action_publish()
        self.assertEqual((old.state, draft.state), ("retired", "published"))
        self.assertEqual(draft.version, old.version + 1)
        self.assertNotEqual(draft.sha256, old.sha256)
        self.assertEqual(event.wording_sha256, old.sha256)
        self.assertFalse(self.reason(self.anne), "the consent given to the old text still holds")

    def test_nothing_is_collected_without_term_or_wording(self):
        """R-24, R-43: no wording is published for a purpose without its term."""
        purpose = self.env["consent.purpose"].create(
            {"name": "Sans terme", "code": "termless", "allow_email": True, "description": "…"}
        )
        wording = self.env["consent.wording"].create(
            {"purpose_id": purpose.id, "channel": "email", "lang": "fr_FR", "text": "J'accepte"}
        )
        with self.assertRaises(UserError):
            wording.action_publish()
        with self.assertRaises(UserError):
            self.anne.sudo().consent_record(
                "termless", "email", "given", {"means": "paper", "wording_code": "x"}
            )
        purpose.write({"retention_months": 12, "retention_source": "décision"})
        wording.action_publish()
        self.assertTrue(purpose.is_open)

    def test_meaning_is_frozen_once_used(self):
        """A purpose that people agreed to keeps its controller, basis and flags."""
        self.give(self.anne)
        purpose = self.newsletter.with_user(self.dpo)
        for values in ({"legal_basis": "membership"}, {"code": "n2"}, {"targeting": True}):
            with self.assertRaises(UserError):
                purpose.write(values)
        purpose.write({"sequence": 3, "legal_basis": "consent"})

    def test_officers_do_not_edit_purposes(self):
        """Least privilege: who records consents does not decide what for."""
        with self.assertRaises(AccessError):
            self.newsletter.with_user(self.officer).write({"name": "x"})
        self.newsletter.with_user(self.dpo).write({"sequence": 4})
