import re
from datetime import timedelta

from freezegun import freeze_time
from lxml import html

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .membership_common import MembershipCase

TYPED = {
    "firstname": "Noa",
    "lastname": "Essai",
    "birthdate": "1990-05-05",
    "email": "noa.essai@example.org",
    "street": "3 rue du Test",
    "zip": "93140",
    "city": "Bondy",
    "country": "FR",
    "nationality": "FR",
    "declared": "1",
}


@tagged("post_install", "-at_install")
class TestJoinRequest(MembershipCase):
    """As the local lead, who welcomes people of their own branch."""

    def _request(self, user=None, **values):
        Request = self.env["political.join.request"]
        if user:
            Request = self._as(user, "political.join.request")
        return Request.create(
            {
                "firstname": "Noa",
                "lastname": "Essai",
                "birthdate": "1990-05-05",
                "email": "noa.essai@example.org",
                "zip": "93140",
                "branch_id": self.north.id,
                "rate_id": self.rate.id,
                "nationality_id": self.france.id,
                "country_id": self.france.id,
                **values,
            }
        )

    def test_paper_form_welcomed(self):
        request = self._request(self.user_lead)
        self.assertEqual((request.state, request.means, request.amount), ("new", "paper", 60))
        request.action_accept()
        person = request.partner_id.sudo()
        self.assertEqual(request.state, "accepted")
        self.assertEqual(person.political_origin, "paper_form")
        self.assertEqual(person.political_category, "regular", "a member once the dues are there")
        self.assertEqual(request.membership_id.sudo().amount_due, 60)
        with self.assertRaises(UserError):
            request.action_accept()

    def test_sponsor_stays(self):
        """Who sponsored a new member stays among the relations when the request has gone."""
        request = self._request(self.user_lead, sponsor_id=self.person_north.id)
        request.action_accept()
        relation = self.env["political.relation"].search(
            [("partner_id", "=", request.sudo().partner_id.id), ("kind", "=", "sponsor")]
        )
        self.assertEqual(relation.other_id, self.person_north)

    def test_never_onto_a_known_person(self):
        """Same address: staged and compared; only ticked fields are taken over."""
        self.person_north.phone = False
        request = self._request(
            self.user_lead, email="NORD@example.org", phone="+33 1 99 00 55 55", city="Pantin"
        )
        self.assertEqual(request.candidate_ids, self.person_north)
        with self.assertRaisesRegex(UserError, "compare"):
            request.action_accept()
        action = request.action_compare()
        wizard = self._as(self.user_lead, action["res_model"]).browse(action["res_id"])
        lines = {line.name: line for line in wizard.line_ids}
        self.assertTrue(lines["city"].differs and lines["firstname"].differs)
        lines["phone"].take = True
        wizard.action_same()
        self.assertEqual(request.partner_id, self.person_north)
        self.assertEqual(self.person_north.phone_sanitized, "+33199005555")
        self.assertEqual(self.person_north.city, "Bondy", "not ticked, not taken")
        self.assertEqual(self.person_north.firstname, "Camille")
        self.assertTrue(self.person_north.membership_ids)

    def test_candidates(self):
        """Address, number, name with town or with birth; a mere name is nobody."""
        known = self.person_north
        known.write({"birthdate": "1980-01-01", "phone": "+33 1 99 00 77 77"})
        for values, found in (
            ({"email": known.email.upper()}, True),
            ({"email": False, "phone": "01 99 00 77 77"}, True),
            ({"firstname": "CAMILLE", "lastname": "nord"}, True),
            ({"firstname": "Camille", "lastname": "Nord", "zip": "13001"}, False),
            (
                {
                    "firstname": "Camille",
                    "lastname": "Nord",
                    "zip": "13001",
                    "birthdate": "1980-01-01",
                },
                True,
            ),
            ({"lastname": "N%", "firstname": "Camill_"}, False),
            ({}, False),
        ):
            with self.subTest(values=values):
                request = self._request(**values)
                self.assertEqual(known in request._candidates(), found)
                request.unlink()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_hidden_candidate(self):
        """A lead learns nothing of another branch: national staff decides."""
        request = self._request(self.user_lead, email=self.person_south.email)
        self.assertFalse(request.candidate_ids)
        self.assertTrue(request.hidden_candidates)
        for action in (request.action_accept, request.action_accept_new):
            with self.assertRaisesRegex(UserError, "national staff"):
                action()
        staff = self._as(self.user_staff, "political.join.request").browse(request.id)
        self.assertEqual(staff.candidate_ids, self.person_south)
        staff.action_accept_new()
        self.assertNotEqual(request.partner_id, self.person_south)

    def test_rules(self):
        """Own branch only; what is not confirmed is nobody's to read."""
        request = self._request()
        draft = self._request(state="draft")
        for user, seen in (
            (self.user_lead, True),
            (self.user_staff, True),
            (self.user_lead_homeless, False),
            (self.user_neighbour, False),
        ):
            found = self._as(user, "political.join.request").search([])
            self.assertEqual(request in found, seen, user.login)
            self.assertNotIn(draft, found)
        with self.assertRaises(AccessError):
            self._as(self.user_finance, "political.join.request").search([])
        with self.assertRaises(AccessError):
            self._as(self.user_lead, "political.join.request").browse(request.id).write(
                {"state": "accepted"}
            )

    def test_opinion_of_the_section(self):
        """A section that says nothing in time is in favour; one against needs national staff."""
        self.company.membership_opinion_days = 10
        quiet = self._request(state="draft", means="web")
        against = self._request(
            state="draft", means="web", email="lou.essai@example.org", firstname="Lou"
        )
        (quiet + against).mapped(lambda r: r._confirm())
        self.assertEqual((quiet.state, against.state), ("opinion", "opinion"))
        seen = self._as(self.user_lead, "political.join.request").browse(against.id)
        seen.opinion = "against"
        with self.assertRaisesRegex(AccessError, "National staff"):
            seen.action_accept()
        with freeze_time(fields.Datetime.now() + timedelta(days=12)):
            self.env["political.join.request"]._cron_opinions()
        self.assertEqual((quiet.state, quiet.opinion), ("accepted", "for"))
        self.assertEqual((against.state, bool(against.partner_id)), ("new", False))

    def test_too_young(self):
        request = self._request(
            self.user_lead, birthdate=fields.Date.today() - timedelta(days=365 * 12)
        )
        self.assertIn("16", request.obstacles)
        with self.assertRaises(AccessError):
            request.action_accept()

    def test_price_is_the_rates(self):
        """Whatever amount is typed, later too: a fixed rate costs what it costs, a free one its
        floor at least."""
        request = self._request(self.user_lead, amount=1)
        self.assertEqual(request.amount, 60)
        request.amount = 5
        self.assertEqual(request.amount, 60)
        request.rate_id = self.rate_rolling
        self.assertEqual((request.amount, request.sudo()._to_pay_now()), (40, 40))
        request.write({"rate_id": self.rate_free.id, "amount": 35})
        self.assertEqual(request.amount, 35)
        with self.assertRaisesRegex(ValidationError, "at least 20"), self.env.cr.savepoint():
            request.amount = 19.99

    def test_first_year_price_once(self):
        """Who was a member before does not join again at the price of a first year."""
        self._member(self.person_north)._end("resigned")
        request = self._request(
            self.user_lead, email=self.person_north.email, rate_id=self.rate_gratis.id
        )
        action = request.action_compare()
        wizard = self._as(self.user_lead, action["res_model"]).browse(action["res_id"])
        with self.assertRaisesRegex(UserError, "first year"), self.env.cr.savepoint():
            wizard.action_same()
        request.rate_id = self.rate
        wizard.action_same()
        self.assertEqual(request.membership_id.sudo().amount_due, 60)

    def test_unconfirmed_do_not_stay(self):
        """R-35"""
        draft, new = self._request(state="draft"), self._request()
        with freeze_time(fields.Datetime.now() + timedelta(days=4)):
            self.env["political.join.request"]._gc_requests()
        self.assertFalse(draft.exists())
        self.assertTrue(new.exists())

    def test_second_request_of_a_member(self):
        """Who is a member already gets no second membership: the next period is opened."""
        line = self._member(self.person_north)
        request = self._request(self.user_lead, email=self.person_north.email)
        action = request.action_compare()
        self._as(self.user_lead, action["res_model"]).browse(action["res_id"]).action_same()
        self.assertEqual(request.membership_id.previous_id, line)
        self.assertEqual(request.membership_id.state, "requested")

    def test_refusal_pays_back(self):
        request = self._request(state="new", means="web")
        payment = self.env["political.payment"].create(
            {
                "payer_id": request._payer().id,
                "request_id": request.id,
                "amount": 60,
                "mode": "card",
                "nationality_id": self.france.id,
            }
        )
        self._as(self.user_lead, "political.join.request").browse(request.id).action_refuse()
        self.assertEqual((payment.state, payment.refund_reason), ("to_refund", "refused"))
        payment.with_user(self.user_finance).action_refund()
        self.assertEqual(payment.state, "refunded")

    def test_paid_before_known(self):
        """Money that came with a request is the person's once they are known, cap included."""
        self._pay(self.person_north, 7490)
        for number, state in ((1, "to_refund"), (2, "received")):
            request = self._request(
                email=f"n{number}@example.org", lastname=f"Essai{number}", state="new"
            )
            payment = self.env["political.payment"].create(
                {
                    "payer_id": request._payer().id,
                    "request_id": request.id,
                    "amount": 60,
                    "mode": "card",
                    "nationality_id": self.france.id,
                }
            )
            request._accept(self.person_north if number == 1 else request._create_person())
            self.assertEqual(payment.state, state)
            self.assertEqual(payment.partner_id, request.partner_id)
        self.assertEqual(request.membership_id.state, "active")


@tagged("post_install", "-at_install")
class TestJoinPage(HttpCase, MembershipCase):
    """A visitor without account, in French."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].search([], limit=1)
        cls.website.company_id = cls.company
        cls.env["res.users"].search([("id", "=", cls.website.user_id.id)])
        cls.website.user_id.company_ids += cls.company
        cls.website.user_id.company_id = cls.company
        cls.company.membership_statement = "Je n'appartiens à aucun autre parti."

    def setUp(self):
        super().setUp()
        self.website.domain = self.base_url()
        self.url = "/membership/join?lang=fr_FR"

    def _page(self, url, status=200, **kwargs):
        response = self.url_open(url, **kwargs)
        self.assertEqual(response.status_code, status, response.text[-500:])
        return html.fromstring(response.text)

    def _form(self, page):
        return {
            field.get("name"): field.get("value", "")
            for field in page.xpath("//form[@method='post']//input[@type='hidden']")
        }

    def _submit(self, status=200, page=None, **typed):
        page = self._page(self.url) if page is None else page
        data = {**self._form(page), **TYPED, "rate": str(self.rate.id), "statement": "1", **typed}
        return self._page(self.url, status, data={k: v for k, v in data.items() if v is not None})

    def _requests(self):
        return self.env["political.join.request"].search([("lastname", "=", "Essai")])

    def _text(self, page):
        return " ".join(page.xpath("string(//main)").split())

    def _link(self, request):
        mail = self.env["mail.mail"].search(
            [("model", "=", "political.join.request"), ("res_id", "=", request.id)]
        )
        self.assertEqual(mail.email_to, request.email_normalized)
        return re.search(r"/membership/confirm/[\w-]+", mail.body_html)[0]

    def test_joins_with_every_box_empty(self):
        """R-07, R-24: notice, nothing ticked, and a member without any consent."""
        page = self._page(self.url)
        self.assertFalse(page.xpath("//input[@type='checkbox'][@checked]"))
        self.assertGreaterEqual(len(page.xpath("//input[@name='box']")), 2)
        for key in ("CNIL", "66", "7 500"):
            self.assertIn(key, self._text(page).replace("\xa0", " ").replace("\u202f", " "), key)
        self._submit(page=page)
        request = self._requests()
        self.assertEqual((request.state, request.means), ("draft", "web"))
        link = self._link(request)
        before = self.env["consent.event"].search_count([])
        page = self._page(f"{link}?lang=fr_FR")
        self.assertEqual(request.state, "draft", "opening the link does nothing")
        self.url_open(f"{link}?lang=fr_FR", data=self._form(page))
        request.invalidate_recordset()
        self.assertEqual(request.state, "accepted")
        self.assertEqual(request.partner_id.name, "Noa Essai")
        self.assertEqual(self.env["consent.event"].search_count([]), before)
        self.assertFalse(self.env["consent.signup"].search([("address", "=", request.email)]))
        self.url_open(f"{link}?lang=fr_FR", data=self._form(page))
        people = self.env["res.partner"].search([("email", "=", request.email)])
        self.assertEqual(len(people), 1, "pressed twice, one person")
        self.assertEqual(len(people.membership_ids), 1)

    def test_ticked_box_asks_apart(self):
        """R-35: a consent has its own message and waits for its own confirmation."""
        page = self._page(self.url)
        box = page.xpath("//input[@name='box']/@value")[0]
        self._submit(page=page, box=box)
        signup = self.env["consent.signup"].search([("address", "=", TYPED["email"])])
        self.assertEqual(signup.source_ref, "/membership/join")
        self.assertFalse(self.env["consent.event"].search([("means", "=", "web")]))

    def test_no_oracle(self):
        """R-71: known or not, page and message are the same, and nothing is written on anybody."""
        known = self.person_north
        known.write({"email": "noa.essai@example.org"})
        before = known.read()[0]
        texts = set()
        for address in (known.email, "lou.inconnue@example.org"):
            texts.add(self._text(self._submit(email=address)))
        self.assertEqual(len(texts), 1)
        request = self._requests().filtered(lambda r: r.email == known.email)
        page = self._page(f"{self._link(request)}?lang=fr_FR")
        known_page = self.url_open(f"{self._link(request)}?lang=fr_FR", data=self._form(page))
        other = self._requests() - request
        page = self._page(f"{self._link(other)}?lang=fr_FR")
        other_page = self.url_open(f"{self._link(other)}?lang=fr_FR", data=self._form(page))
        shown = [self._text(html.fromstring(answer.text)) for answer in (known_page, other_page)]
        self.assertEqual(shown[0], shown[1])
        (request + other).invalidate_recordset()
        self.assertEqual((request.state, other.state), ("new", "accepted"))
        known.invalidate_recordset()
        after = known.read()[0]
        self.assertEqual(before, after)

    def test_bad_input(self):
        """Each says what is wrong, keeps what was typed, writes nothing."""
        for typed, said in (
            ({"email": "pas-une-adresse"}, "e-mail"),
            ({"birthdate": "hier"}, "naissance"),
            ({"birthdate": "2020-01-01"}, "16"),
            ({"rate": "999999"}, "choisir"),
            ({"rate": str(self.rate_free.id), "amount": "-5"}, "20"),
            ({"rate": str(self.rate_free.id), "amount": "7500,01"}, "500"),
            ({"rate": str(self.rate_free.id), "amount": "beaucoup"}, "nombre"),
            ({"country": "BE", "nationality": "BE"}, "11-4"),
            ({"declared": None}, "cocher"),
            ({"statement": None}, "cocher"),
            ({"lastname": " "}, "nom"),
            ({"phone": "12"}, "téléphone"),
        ):
            with self.subTest(typed=typed):
                page = self._submit(status=400, **typed)
                alert = page.xpath("string(//*[@id='errors'])").replace("\u202f", " ")
                self.assertIn(said, alert)
                self.assertEqual(page.xpath("//input[@id='firstname']/@value"), ["Noa"])
        self.assertFalse(self._requests())

    def test_grid_of_dues(self):
        """A band of income or a situation is declared by choosing its rate, whose conditions are
        said; the server alone knows its price, and refuses a rate that is not offered."""
        Rate = self.env["political.membership.rate"]
        band = Rate.create({"name": "Revenu moyen", "amount": 90, "income_from": 1200})
        student = Rate.create(
            {"name": "Études", "amount": 10, "situation": "student", "age_to": 25}
        )
        text = self._text(self._page(self.url)).replace("\u202f", " ").replace("\xa0", " ")
        for condition in ("revenu de 1 200 € par mois et plus", "Étudiant", "jusqu'à 25 ans"):
            self.assertIn(condition, text)
        self._submit(rate=str(band.id), amount="1")
        self.assertEqual((self._requests().rate_id, self._requests().amount), (band, 90))
        self._requests().unlink()
        closed = Rate.create({"name": "Interne", "amount": 1, "is_public": False})
        gone = Rate.create({"name": "Ancien", "amount": 1, "active": False})
        elsewhere = Rate.create(
            {"name": "Voisin", "amount": 1, "company_id": self.other_company.id}
        )
        for rate in (student, closed, gone, elsewhere):
            with self.subTest(rate=rate.name):
                self._submit(status=400, rate=str(rate.id), amount="1")
        self.assertFalse(self._requests())

    def test_same_form_twice(self):
        """A double press sends one request and one message."""
        page = self._page(self.url)
        first = self._text(self._submit(page=page))
        self.assertEqual(self._text(self._submit(page=page)), first)
        self.assertEqual(len(self._requests()), 1)

    def test_altered_and_old_links(self):
        self._submit()
        link = self._link(self._requests())
        for wrong in (
            link[:-4] + "AAAA",
            "/membership/confirm/x",
            "/membership/pay/x",
            "/membership/renew/x",
            "/membership/paid/x",
            "/membership/card/1",
        ):
            self._page(wrong, 404)
        with freeze_time(fields.Datetime.now() + timedelta(hours=73)):
            self._page(link, 404)

    def test_closed_page(self):
        self.company.membership_open = False
        self._page(self.url, 404)

    def test_limit(self):
        """R-71"""
        self.env["ir.config_parameter"].set_param("political_consent.rate_join_network", "1")
        page = self._page(self.url)
        self._submit(page=page)
        self._submit(status=429, page=self._page(self.url))
        self.assertEqual(len(self._requests()), 1)

    def test_card(self):
        """A card verifies by its code and says initials, no name."""
        line = self._member(self.person_north)
        text = self._text(self._page(f"/membership/card/{line.card_code}?lang=fr_FR"))
        self.assertIn("C. N.", text)
        self.assertNotIn("Nord", text)
        line._end("resigned")
        text = self._text(self._page(f"/membership/card/{line.card_code}?lang=fr_FR"))
        self.assertNotIn("C. N.", text)
