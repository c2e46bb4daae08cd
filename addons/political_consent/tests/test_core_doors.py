import json
from urllib.parse import urlencode

from odoo.exceptions import UserError
from odoo.tests.common import new_test_user, tagged

from .common import ConsentCase
from .common_http import ConsentHttpCase


class DoorsCase(ConsentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mailing_list = cls.env["mailing.list"].create({"name": "Lettre", "is_public": True})
        cls.mailer = new_test_user(
            cls.env, "mailer", "mass_mailing.group_mass_mailing_user", email="mailer@example.org"
        )

    def contact(self, email="anne.essai@example.org"):
        return self.env["mailing.contact"].create({"name": "Essai", "email": email})

    def subscription(self, email="anne.essai@example.org"):
        return self.env["mailing.subscription"].search([("contact_id.email", "=", email)])

    def column(self):
        """What the table says, whatever the cache."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT opt_out FROM mailing_subscription WHERE list_id = %s ORDER BY id",
            [self.mailing_list.id],
        )
        return [opt_out for (opt_out,) in self.env.cr.fetchall()]


@tagged("post_install", "-at_install")
class TestClosedInTheModels(DoorsCase):
    """R-04: nothing turns into a subscription without a live answer, as any mailing user."""

    def test_create_and_write(self):
        Subscription = self.env["mailing.subscription"].with_user(self.mailer)
        vals = {"contact_id": self.contact().id, "list_id": self.mailing_list.id}
        subscription = Subscription.create({**vals, "opt_out": False})
        self.assertTrue(subscription.opt_out)
        with self.assertRaisesRegex(UserError, "sign up"):
            subscription.opt_out = False
        self.give(self.anne)
        subscription.opt_out = False
        self.assertFalse(subscription.opt_out)
        self.assertEqual(self.column(), [False])

    def test_allowed_neighbour_is_subscribed_at_once(self):
        self.give(self.anne)
        contacts = self.contact() + self.contact("basile.essai@example.org")
        self.mailing_list.with_user(self.mailer).write(
            {"subscription_ids": [(0, 0, {"contact_id": c.id}) for c in contacts]}
        )
        self.assertFalse(self.subscription().opt_out)
        self.assertTrue(self.subscription("basile.essai@example.org").opt_out)

    def test_many2many_commands(self):
        """Core writes the table behind the model's back: the column's default closes it."""
        self.give(self.anne)
        Contact = self.env["mailing.contact"].with_user(self.mailer)
        Contact.create(
            [
                {"email": email, "list_ids": [(4, self.mailing_list.id)]}
                for email in ("anne.essai@example.org", "basile.essai@example.org")
            ]
        )
        self.assertEqual(self.column(), [False, True])
        third = self.contact("carl@example.org")
        self.mailing_list.with_user(self.mailer).write({"contact_ids": [(4, third.id)]})
        self.assertEqual(self.column(), [False, True, True])

    def test_wizards(self):
        """Import, add to list and merge of lists."""
        self.give(self.anne)
        self.env["mailing.contact.import"].with_user(self.mailer).create(
            {
                "mailing_list_ids": [(4, self.mailing_list.id)],
                "contact_list": "anne.essai@example.org\nbasile.essai@example.org",
            }
        ).action_import()
        self.assertFalse(self.subscription().opt_out)
        self.assertTrue(self.subscription("basile.essai@example.org").opt_out)
        other = self.env["mailing.list"].create(
            {"name": "Autre", "consent_purpose_id": self._purpose("event").id}
        )
        self.env["mailing.contact.to.list"].with_user(self.mailer).create(
            {"mailing_list_id": other.id, "contact_ids": [(4, self.subscription().contact_id.id)]}
        ).action_add_contacts()
        self.assertEqual(other.subscription_ids.mapped("opt_out"), [True])
        merged = self.env["mailing.list"].create(
            {"name": "Fusion", "consent_purpose_id": self._purpose("event").id}
        )
        merged.with_user(self.mailer).action_merge(self.mailing_list, False)
        self.assertEqual(merged.subscription_ids.mapped("opt_out"), [True])

    def _purpose(self, code):
        return self.env["consent.purpose"]._get(code, self.company)

    def test_changed_address(self):
        """R-34: a subscription does not follow to another address."""
        self.give(self.anne)
        contact = self.contact()
        self.mailing_list.write({"subscription_ids": [(0, 0, {"contact_id": contact.id})]})
        self.assertFalse(self.subscription().opt_out)
        contact.with_user(self.mailer).email = "basile.essai@example.org"
        self.assertTrue(contact.subscription_ids.opt_out)

    def test_closing_a_subscription_is_a_withdrawal(self):
        """R-04: by a mailing user's hand too."""
        self.join(self.basile)
        self.give(self.anne)
        contact = self.contact()
        self.mailing_list.write({"subscription_ids": [(0, 0, {"contact_id": contact.id})]})
        self.subscription().with_user(self.mailer).opt_out = True
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertFalse(self.reason(self.basile, "membership"))

    def test_withdrawal_closes_the_subscription(self):
        self.give(self.anne)
        contact = self.contact()
        self.mailing_list.write({"subscription_ids": [(0, 0, {"contact_id": contact.id})]})
        self.withdraw(self.anne)
        self.assertTrue(self.subscription().opt_out)

    def test_blacklists(self):
        """R-04, R-29: in is a withdrawal from every purpose of the channel; out reopens nothing."""
        self.join(self.anne)
        self.give(self.anne)
        self.give(self.anne, "event", "email")
        self.give(self.anne, "sms_mobilisation", "sms")
        blacklist = self.env["mail.blacklist"].with_user(self.mailer)
        entry = blacklist._add("Anne.ESSAI@example.org")
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertEqual(self.reason(self.anne, "event"), "opposed")
        self.assertFalse(self.reason(self.anne, "membership"))
        self.assertFalse(self.reason(self.anne, "sms_mobilisation", "sms"))
        for attempt in (
            lambda: blacklist._remove("anne.essai@example.org"),
            lambda: entry.write({"active": False}),
            lambda: entry.action_archive(),
            lambda: entry.write({"email": "else@example.org"}),
            lambda: entry.sudo().unlink(),
        ):
            with self.assertRaisesRegex(UserError, "left alone"):
                attempt()
        self.env["phone.blacklist"].with_user(self.mailer).sudo().add("+33199001234")
        self.assertEqual(self.reason(self.anne, "sms_mobilisation", "sms"), "opposed")
        self.assertEqual(
            {e.act for e in self.env["consent.event"].search([("means", "=", "blacklist")])},
            {"none"},
        )

    def test_chatter_holds_no_address(self):
        entry = self.env["mail.blacklist"]._add("anne.essai@example.org", message="<p>demande</p>")
        self.env.flush_all()
        self.assertFalse(entry.message_ids.tracking_value_ids)
        self.assertNotIn("anne", " ".join(str(m.body) for m in entry.message_ids))

    def test_erased_address_may_leave_the_blacklist(self):
        """R-30: once its hash is suppressed, the clear address goes."""
        entry = self.env["mail.blacklist"]._add("anne.essai@example.org")
        key = self.env["consent.key"]._digest("email", "anne.essai@example.org")
        self.env["consent.suppression"]._add(self.company, [key], "erased")
        entry.unlink()
        self.assertFalse(entry.exists())
        self.assertEqual(self.reason(self.anne), "opposed")


@tagged("post_install", "-at_install")
class TestCoreRoutes(ConsentHttpCase, DoorsCase):
    def rpc(self, url, **params):
        response = self.url_open(
            url,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
        )
        return json.loads(response.text)["result"]

    def mailing(self):
        return self.env["mailing.mailing"].create(
            {
                "subject": "Lettre",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "consent_purpose_id": self.newsletter.id,
            }
        )

    def subscribe(self, email):
        return self.rpc(
            "/website_mass_mailing/subscribe",
            list_id=self.mailing_list.id,
            value=email,
            subscription_type="email",
        )

    def test_newsletter_block(self):
        """R-35, R-71: the block asks to confirm, says the same to everybody, and works."""
        self.give(self.anne)
        self.withdraw(self.anne)
        answers = {
            json.dumps(self.subscribe(email))
            for email in ("anne.essai@example.org", "zoe@example.org", "zoe@example.org", "x")
        }
        self.assertEqual(len(answers), 1)
        self.assertFalse(self.mailing_list.subscription_ids)
        self.assertEqual(self.reason(self.anne), "opposed")
        links = self.deliver()
        self.assertEqual(len(links), 3)
        for link in links:
            self.submit(link, {})
        self.assertFalse(self.reason(self.anne))
        self.mailing_list.invalidate_recordset()
        opened = self.mailing_list.subscription_ids.filtered(lambda s: not s.opt_out)
        self.assertEqual(
            sorted(opened.contact_id.mapped("email")),
            ["anne.essai@example.org", "zoe@example.org"],
        )

    def test_is_subscriber_tells_nothing(self):
        self.give(self.anne)
        self.mailing_list.write({"subscription_ids": [(0, 0, {"contact_id": self.contact().id})]})
        self.subscribe("anne.essai@example.org")
        answer = self.rpc(
            "/website_mass_mailing/is_subscriber",
            list_id=self.mailing_list.id,
            subscription_type="email",
        )
        self.assertEqual(answer, {"is_subscriber": False, "value": None})

    def test_unsubscribe_link(self):
        """R-04: core's link shows a button; pressing it withdraws; a wrong link does nothing."""
        self.give(self.anne)
        mailing = self.mailing()
        url = mailing._get_unsubscribe_url("anne.essai@example.org", self.anne.id)
        url = url[url.index("/mailing/") :]
        page = self.page(url)
        self.assertFalse(self.reason(self.anne))
        self.submit(page.xpath("//form/@action")[0], {}, page=page)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertEqual(self.events(action="withdrawn").means, "unsubscribe")
        self.give(self.anne)
        plain = url.replace("confirm_unsubscribe", "unsubscribe")
        page = self.page(plain)
        self.assertFalse(self.reason(self.anne))
        self.submit(plain.split("?")[0], {}, page=page)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.give(self.basile)
        wrong = url.replace("anne.essai", "basile.essai")
        self.assertIn(self.url_open(wrong).status_code, (400, 401, 403))
        self.assertFalse(self.reason(self.basile))

    def test_unsubscribe_one_click(self):
        """R-03: core's own header link, as the mail program posts it."""
        self.give(self.anne)
        mailing = self.mailing()
        url = mailing._get_unsubscribe_oneclick_url("anne.essai@example.org", self.anne.id)
        url = url[url.index("/mailing/") :]
        response = self.url_open(url, data={"List-Unsubscribe": "One-Click"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertEqual(self.events(action="withdrawn").means, "one_click")

    def test_preference_routes(self):
        """Core's preference page leaves at once, joins by a message, and never lifts."""
        self.give(self.anne)
        self.mailing_list.write({"subscription_ids": [(0, 0, {"contact_id": self.contact().id})]})
        mailing = self.mailing()
        sign = {
            "mailing_id": mailing.id,
            "document_id": self.anne.id,
            "email": "anne.essai@example.org",
            "hash_token": mailing._generate_mailing_recipient_token(
                self.anne.id, "anne.essai@example.org"
            ),
        }
        page = self.page("/consent/signup/newsletter")
        token = page.xpath("//input[@name='csrf_token']/@value")[0]
        self.rpc("/mailing/list/update", **sign, lists_optin_ids=[], csrf_token=token)
        self.assertEqual(self.reason(self.anne), "opposed")
        self.assertTrue(self.subscription().opt_out)
        self.rpc(
            "/mailing/list/update", **sign, lists_optin_ids=self.mailing_list.ids, csrf_token=token
        )
        self.assertTrue(self.subscription().opt_out)
        self.assertEqual(len(self.deliver()), 1)
        self.rpc("/mailing/blocklist/add", **sign)
        self.assertEqual(self.rpc("/mailing/blocklist/remove", **sign), "error")
        self.assertTrue(self.env["mail.blacklist"].search([]).active)
        self.assertEqual(self.reason(self.anne), "opposed")

    def test_sms_link(self):
        """R-04: the link under an SMS: button, then withdrawal for that purpose."""
        self.give(self.anne, "sms_mobilisation", "sms")
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "SMS",
                "mailing_type": "sms",
                "body_plaintext": "x",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "consent_purpose_id": self.env["consent.purpose"]._get("sms_mobilisation").id,
            }
        )
        trace = self.env["mailing.trace"].create(
            {
                "trace_type": "sms",
                "model": "res.partner",
                "res_id": self.anne.id,
                "mass_mailing_id": mailing.id,
                "sms_number": "+33199001234",
                "sms_code": "abc",
            }
        )
        url = f"/sms/{mailing.id}/unsubscribe/{trace.sms_code}"
        page = self.page(url + "?sms_number=%2B33199001234")
        self.assertFalse(self.reason(self.anne, "sms_mobilisation", "sms"))
        self.submit(url, {}, page=page)
        self.assertEqual(self.reason(self.anne, "sms_mobilisation", "sms"), "opposed")

    def test_unfollow_link(self):
        """The link under a notification acts on POST only."""
        record = self.basile
        record.message_subscribe([self.anne.id])
        params = {"model": "res.partner", "res_id": str(record.id), "pid": str(self.anne.id)}
        token = record._encode_link("/mail/unfollow", params)
        url = f"/mail/unfollow?{urlencode({**params, 'token': token})}"
        page = self.page(url)
        self.assertIn(self.anne, record.message_partner_ids)
        self.submit("/mail/unfollow", {}, page=page)
        record.invalidate_recordset()
        self.assertNotIn(self.anne, record.message_partner_ids)
