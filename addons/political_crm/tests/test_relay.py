from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import email_normalize, mute_logger

from .common import PoliticalCase


@tagged("post_install", "-at_install")
class TestRelay(PoliticalCase, MockEmail):
    """A lead writes to their people and sees no address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = "parti@example.org"
        cls.user_relay = new_test_user(
            cls.env,
            login="test_relay",
            groups="political_crm.group_branch_relay",
            email="referente@example.org",
            context={"no_reset_password": True},
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        ).with_company(cls.company)
        cls.user_relay.branch_ids = cls.north
        cls.second = cls._person("Deux", branch_id=cls.north.id)
        cls.newsletter = cls.env["consent.purpose"]._get("newsletter", cls.company)

    @classmethod
    def _give(cls, people, purpose="newsletter", branch=None):
        proof = {"means": "paper", "wording_code": f"{purpose}-email-fr_FR-v1"}
        if branch:
            proof["list_code"] = branch.consent_list_id.code
        people.sudo().with_company(cls.company).consent_record(purpose, "email", "given", proof)

    def _relay(self, user=None, **values):
        return self._as(user or self.user_relay, "political.relay").create(
            {"subject": "Samedi", "body": "On se retrouve au marché.", **values}
        )

    def _queue(self):
        with self.mock_mail_gateway(mail_unlink_sent=False), self.enter_registry_test_mode():
            self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").sudo().method_direct_trigger()
            waiting = self.env["mail.mail"].sudo().search([("state", "=", "outgoing")])
            self.env["mail.mail"].sudo().process_email_queue(waiting.ids)
        return sorted(email_normalize(mail["email_to"][0]) for mail in self._mails)

    def test_sees_people_and_no_address(self):
        """R-45 in spirit: the relay replaces the number that is not shown."""
        person = self._as(self.user_relay).browse(self.person_north.id)
        [row] = person.read(["name", "email", "phone", "street"])
        self.assertEqual(row["name"], "Camille Nord")
        self.assertFalse(row["email"] or row["phone"] or row["street"])
        people = self._as(self.user_relay)
        self.assertFalse(people.search_read([("email", "ilike", "nord")], ["name"]))
        self.assertTrue(people.search_read([("complete_name", "ilike", "nord")], ["name"]))
        with self.assertRaises(AccessError):
            person.write({"phone": "+33 2 61 91 00 00"})

    def test_whole_list_is_no_targeting(self):
        """R-20: everybody who joined the branch's list gets it, whoever may be targeted."""
        self._give(self.person_north | self.person_south, branch=self.north)
        self._give(self.second)
        relay = self._relay(mode="list", branch_id=self.north.id)
        self.assertEqual((relay.allowed_count, relay.held_count), (2, 0))
        relay.action_send()
        self.assertFalse(relay.sudo().mailing_id.consent_segmented)
        self.assertEqual(self._queue(), ["nord@example.org", "sud@example.org"])
        self.assertEqual((relay.state, relay.sent_count), ("sent", 2))

    def test_any_choice_is_targeting(self):
        """R-20, R-21, R-22: people chosen within the list get it only when they agreed to be
        targeted, and gave their data themselves."""
        people = self.person_north | self.second
        told = self._person("Signalée", branch_id=self.north.id, political_origin="referral")
        self._give(people | told)
        self._give(people[0] | told, "targeting")
        relay = self._relay(
            partner_ids=[(6, 0, (people | told).ids)], purpose_id=self.newsletter.id
        )
        self.assertEqual((relay.allowed_count, relay.held_count), (1, 2))
        relay.action_send()
        self.assertEqual(self._queue(), ["nord@example.org"])
        self.assertFalse(relay.partner_ids, "whom it was for is not kept here")

    def test_letter_to_one_person(self):
        """One person is written to without purpose, when they agreed to e-mail or wrote first."""
        relay = self._relay(partner_ids=[(6, 0, self.person_north.ids)])
        self.person_north.political_category = "regular"
        with self.assertRaisesRegex(UserError, "nobody"):
            relay.action_send()
        self._give(self.person_north)
        relay.invalidate_recordset()
        with self.mock_mail_gateway():
            relay.action_send()
        [mail] = self._mails
        self.assertEqual(email_normalize(mail["email_to"][0]), "nord@example.org")
        self.assertIn("parti@example.org", mail["email_from"])
        self.assertNotIn("referente@example.org", str(mail))

    def test_many_need_a_purpose(self):
        relay = self._relay(partner_ids=[(6, 0, (self.person_north | self.second).ids)])
        with self.assertRaisesRegex(UserError, "purpose"):
            relay.action_send()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_nobody_out_of_sight(self):
        """R-10, R-41: neither another branch's people nor its list."""
        with self.assertRaises(AccessError):
            self._relay(partner_ids=[(6, 0, self.person_south.ids)])
        with self.assertRaises(AccessError):
            self._relay(mode="list", branch_id=self.south.id)
        relay = self._relay(partner_ids=[(6, 0, self.person_north.ids)])
        with self.assertRaises(AccessError):
            relay.write({"partner_ids": [(4, self.person_other.id)]})
        self.person_north.branch_id = self.south
        self._give(self.person_north)
        with self.assertRaises(AccessError):
            relay.action_send()

    def test_only_the_author_sends_once(self):
        self._give(self.person_north)
        relay = self._relay(partner_ids=[(6, 0, self.person_north.ids)])
        with self.assertRaisesRegex(AccessError, "another user"):
            self._as(self.user_manager, "political.relay").browse(relay.id).action_send()
        with self.mock_mail_gateway():
            relay.action_send()
        with self.assertRaisesRegex(UserError, "already"):
            relay.action_send()
        with self.assertRaisesRegex(UserError, "new one"):
            relay.body = "Autre chose"

    def test_no_relay_for_others(self):
        with self.assertRaises(AccessError):
            self._relay(user=self.user_plain)
        with self.assertRaises(AccessError):
            self._relay(user=self.user_finance)

    def test_flood_is_refused(self):
        self.env["ir.config_parameter"].set_param("political_consent.rate_relay", "1")
        self._give(self.person_north)
        with self.mock_mail_gateway():
            self._relay(partner_ids=[(6, 0, self.person_north.ids)]).action_send()
            with self.assertRaisesRegex(UserError, "Wait"):
                self._relay(partner_ids=[(6, 0, self.person_north.ids)]).action_send()
