import re

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .membership_common import MembershipCase


@tagged("post_install", "-at_install")
class TestPayOnline(HttpCase, MembershipCase):
    """With a provider of core's kind that answers when the test says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].search([], limit=1)
        cls.website.user_id.company_ids += cls.company
        cls.website.user_id.company_id = cls.company
        cls.website.company_id = cls.company
        cls.method = cls.env.ref("payment.payment_method_unknown")
        form = cls.env["ir.ui.view"].create(
            {"name": "Form", "type": "qweb", "arch": "<form action='x' method='post'/>"}
        )
        cls.provider = cls.env["payment.provider"].create(
            {
                "name": "Prestataire d'essai",
                "code": "none",
                "state": "test",
                "is_published": True,
                "company_id": cls.company.id,
                "payment_method_ids": [Command.set(cls.method.ids)],
                "redirect_form_view_id": form.id,
                "available_currency_ids": [Command.set(cls.env.ref("base.EUR").ids)],
            }
        )
        cls.method.active = True
        cls.line = cls.env["political.membership"]._open(cls.person_north, cls.rate)
        cls.line._payer().nationality_id = cls.france

    def setUp(self):
        super().setUp()
        self.website.domain = self.base_url()

    def _url(self, record=None):
        return f"/membership/pay/{self.env['political.pay.desk']._token(record or self.line)}"

    def _start(self, record=None, **values):
        return self.make_jsonrpc_request(
            f"{self._url(record)}/transaction",
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "flow": "redirect",
                "amount": 1,
                **values,
            },
        )

    def _transaction(self, record=None, **values):
        reference = self._start(record, **values)["reference"]
        return self.env["payment.transaction"].search([("reference", "=", reference)])

    def _done(self, tx):
        tx._set_done()
        tx._post_process()
        return tx.political_payment_ids

    def test_amount_is_the_servers(self):
        """R-53: whatever amount the browser sends; the payment waits and counts from here."""
        page = self.url_open(self._url())
        self.assertEqual(page.status_code, 200)
        tx = self._transaction(amount=0.01)
        self.assertEqual(tx.amount, 60)
        payment = tx.political_payment_ids
        self.assertEqual((payment.state, payment.membership_id), ("pending", self.line))
        self.assertEqual(payment._totals(payment.payer_id, payment.year)["party"], 60)
        self._done(tx)
        self.assertEqual((payment.state, self.line.state), ("received", "active"))
        mail = self.env["mail.mail"].search([("model", "=", "political.payment")])
        self.assertEqual(mail.consent_route, "transaction")
        text = self.url_open(self._url().replace("/pay/", "/paid/")).text
        self.assertIn("h1", text)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._start()

    def test_provider_says_it_twice(self):
        """A callback that comes twice is money once."""
        tx = self._transaction()
        payment = self._done(tx)
        tx._set_done()
        tx._post_process()
        tx._post_process()
        self.assertEqual(self.line.amount_paid, 60)
        self.assertEqual(len(self.line.payment_ids), 1)
        self.assertEqual(payment.state, "received")

    def test_two_pages_open(self):
        """Both are paid: the first is kept, the second goes back."""
        one = self._transaction()
        two = self._transaction()
        self.assertEqual(one.political_payment_ids.state, "cancelled")
        kept = self._done(two)
        late = self._done(one)
        self.assertEqual((kept.state, late.state), ("received", "to_refund"))
        self.assertEqual(late.refund_reason, "double")
        self.assertEqual(self.line.amount_paid, 60)

    def test_provider_is_busy(self):
        """Nobody pays beside a payment that the provider works on."""
        tx = self._transaction()
        tx._set_pending()
        with self.assertRaises(UserError):
            self.env["political.pay.desk"]._start(self.line, lambda amount: None)
        tx._set_done()
        tx._post_process()
        self.assertEqual(self.line.state, "active")

    def test_refused_by_the_provider(self):
        tx = self._transaction()
        tx._set_canceled()
        tx._post_process()
        self.assertEqual(tx.political_payment_ids.state, "cancelled")
        self.assertEqual(self._transaction().amount, 60)

    def test_late_for_an_erased_person(self):
        """The person is gone when the callback comes: the money is noted, and goes back."""
        tx = self._transaction()
        payment = tx.political_payment_ids
        self.env["consent.eraser"]._erase(self.person_north)
        self.env.invalidate_all()
        self._done(tx)
        self.assertEqual((payment.state, payment.refund_reason), ("to_refund", "erased"))
        self.assertFalse(payment.partner_id)
        self.assertEqual(self.url_open(self._url()).status_code, 404)

    def test_late_for_who_left(self):
        with freeze_time("2026-03-10 12:00:00"):
            tx = self._transaction()
            self.line.action_cancel()
            payment = self._done(tx)
        self.assertEqual((payment.state, payment.refund_reason), ("to_refund", "ended"))
        self.assertEqual(self.line.state, "cancelled")

    def test_cap_passed_meanwhile(self):
        """R-53: asked when the payment is opened, and again when the money is there."""
        tx = self._transaction()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._pay(self.person_north, 7450, date=tx.political_payment_ids.date)
        tx.political_payment_ids.write({"state": "cancelled"})
        self._pay(self.person_north, 7450, date=tx.political_payment_ids.date)
        payment = self._done(tx)
        self.assertEqual((payment.state, payment.refund_reason), ("to_refund", "cap"))
        with self.assertRaises(ValidationError):
            self.env["political.pay.desk"]._start(self.line, lambda amount: None)

    def test_abandoned_payment_frees_the_cap(self):
        with freeze_time("2026-03-10 12:00:00"):
            tx = self._transaction()
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = create_date - interval '2 days' "
            "WHERE id = %s",
            [tx.id],
        )
        self.env["political.membership.job"]._run()
        self.assertEqual(tx.political_payment_ids.state, "cancelled")

    def test_forged_links(self):
        """R-71: a link is somebody's; another id, provider or flow opens nothing."""
        url = self._url()
        self.assertEqual(self.url_open(url[:-3] + "AAA").status_code, 404)
        for values in ({"provider_id": 999999}, {"flow": "token"}, {"payment_method_id": 0}):
            with (
                self.subTest(values=values),
                self.assertRaises(JsonRpcException),
                mute_logger("odoo.http"),
            ):
                self._start(**values)
        self.assertFalse(self.line.payment_ids)

    def test_renewal_link(self):
        """R-54: without an account; what is declared is kept; looking opens nothing."""
        self._pay(self.person_north, 60, kind="dues", membership_id=self.line.id)
        url = f"/membership/renew/{self.line._renew_token()}?lang=fr_FR"
        self.assertEqual(self.url_open(url).status_code, 200)
        self.assertEqual(len(self.person_north.membership_ids), 1)
        page = self.url_open(url).text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        typed = {"csrf_token": token, "country": "BE", "nationality": "BE", "declared": "1"}
        self.assertIn("11-4", self.url_open(url, data=typed).text)
        typed.update(country="FR", declared="")
        self.assertEqual(self.url_open(url, data=typed).status_code, 400)
        self.assertEqual(len(self.person_north.membership_ids), 1)
        typed["declared"] = "1"
        answer = self.url_open(url, data=typed)
        self.assertIn("/membership/pay/", answer.url)
        self.assertEqual(len(self.person_north.membership_ids), 2)
        self.assertEqual(self.line._payer().nationality_id, self.belgium)

    def test_renewal_chooses_from_the_grid(self):
        """An income changes: the member chooses anew, among the rates that fit them, and pays the
        rate's price whatever amount is sent."""
        Rate = self.env["political.membership.rate"]
        band = Rate.create({"name": "Petit revenu", "amount": 15, "income_to": 1200})
        closed = Rate.create({"name": "Interne", "amount": 1, "is_public": False})
        child = Rate.create({"name": "Enfants", "amount": 1, "age_to": 17})
        self.person_north.birthdate = "1990-05-05"
        self._pay(self.person_north, 60, kind="dues", membership_id=self.line.id)
        url = f"/membership/renew/{self.line._renew_token()}?lang=fr_FR"
        page = self.url_open(url).text
        offered = set(map(int, re.findall(r'name="rate"[^>]*? value="(\d+)"', page)))
        self.assertEqual(offered & {*(band + closed + child).ids, self.rate_gratis.id}, {band.id})
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        typed = {"csrf_token": token, "country": "FR", "nationality": "FR", "declared": "1"}
        for rate in (closed, child, self.rate_gratis):
            answer = self.url_open(url, data={**typed, "rate": rate.id})
            self.assertEqual(answer.status_code, 400, rate.name)
        answer = self.url_open(url, data={**typed, "rate": band.id, "amount": "2"})
        self.assertIn("/membership/pay/", answer.url)
        waiting = self.person_north.membership_ids.filtered(lambda m: m.state == "requested")
        self.assertEqual((waiting.rate_id, waiting.amount_due), (band, 15))

    def test_refund_through_the_provider(self):
        """Core's refund transaction marks the payment as paid back once it is done."""
        payment = self._done(self._transaction())
        refund = payment.transaction_id._create_child_transaction(60, is_refund=True)
        refund._set_done()
        refund._post_process()
        refund._post_process()
        self.assertEqual(payment.state, "refunded")
        self.assertEqual(self.line.state, "arrears")
