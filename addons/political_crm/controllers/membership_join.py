import re
import secrets

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError
from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.addons.political_consent.controllers.signup import ConsentSignupController
from odoo.exceptions import ValidationError
from odoo.http import request, route
from odoo.tools import mute_logger

from ..lib import finance_rules as law

NETWORK_LIMIT = 300  # requests per hour and network: a full hall behind one address
ADDRESS_LIMIT = 5  # messages per hour to one address
CONSENTS = ("newsletter", "sms_mobilisation", "event")
TYPED = {
    "firstname": 64,
    "lastname": 64,
    "birthdate": 10,
    "email": 254,
    "phone": 32,
    "street": 128,
    "zip": 16,
    "city": 64,
    "country": 2,
    "nationality": 2,
    "branch": 12,
    "rate": 12,
    "amount": 16,
    "instalments": 2,
    "sponsor": 64,
    "statement": 1,
    "declared": 1,
}
REQUIRED = ("firstname", "lastname", "birthdate", "street", "zip", "city")
UID = re.compile(r"^[\w-]{20,64}$")
PAGE = {"type": "http", "auth": "public", "website": True, "multilang": False, "sitemap": False}


class MembershipJoin(ConsentSignupController):
    """Joining: a form, a message, a button. Every visitor sees the same pages, whoever the party
    knows (R-71), and joins with every box left empty (R-07)."""

    @route("/membership/join", methods=["GET"], readonly=True, **PAGE)
    def join_form(self, **_query):
        """The form."""
        self._speak()
        return self._join_page(self._join_company())

    @route("/membership/join", methods=["POST"], **PAGE)
    def join_submit(self, **form):
        """Keep what was typed for three days, and ask by mail to confirm it."""
        self._speak()
        company = self._join_company()
        if not self._within_limit("join_network", NETWORK_LIMIT):
            return self._too_many()
        typed = {name: (form.get(name) or "").strip()[:size] for name, size in TYPED.items()}
        boxes = request.httprequest.form.getlist("box")
        vals, errors = self._join_values(company, typed)
        ticked = [box for box in self._join_boxes() if box["value"] in set(boxes)]
        errors.update(self._errors({**typed, "email": vals["email"] or ""}, ticked))
        if errors:
            return self._join_page(company, typed, errors, status=400)
        if not self._within_limit("join_address", ADDRESS_LIMIT, who=vals["email_normalized"]):
            return self._too_many()
        uid = form.get("uid") or ""
        if self._keep_request({**vals, "uid": uid if UID.match(uid) else secrets.token_hex(16)}):
            self._ask_consents(ticked, typed)
        return self._join_sent()

    @route("/membership/confirm/<string:token>", methods=["GET"], readonly=True, **PAGE)
    def join_confirm_show(self, token, **_query):
        """What pressing the button does. Opening the page does nothing."""
        self._speak()
        found = request.env["political.join.request"].sudo()._of_confirm_token(token)
        if not found:
            return self._join_gone()
        found = found.with_context(lang=request.env.lang)
        return self._page(
            "political_crm.page_join_confirm",
            {"join": found, "token": token, "company": found.company_id},
        )

    @route("/membership/confirm/<string:token>", methods=["POST"], **PAGE)
    def join_confirm_act(self, token, **_form):
        """The request counts from here; then to the payment, whoever the person is."""
        self._speak()
        found = request.env["political.join.request"].sudo()._of_confirm_token(token)
        if not found:
            return self._join_gone()
        found._confirm()
        pay = request.env["political.pay.desk"].sudo()._token(found)
        return request.redirect(f"/membership/pay/{pay}?lang={request.env.lang}", code=303)

    @route("/membership/card/<string:code>", methods=["GET"], **PAGE)
    def card(self, code, **_query):
        """Whether a card is valid: initials and a date, nothing that says whose it is."""
        self._speak()
        line = (
            request.env["political.membership"]
            .sudo()
            .search([("card_code", "=", code), ("card_code", "!=", False)], limit=1)
        )
        _ = request.env._
        if not line or not self._within_limit("join_network", NETWORK_LIMIT):
            return self._message(
                _("No such card"), _("The code was altered, or is not ours."), status=404
            )
        if line.state not in ("active", "arrears"):
            return self._message(_("This card is no longer valid"), company=line.company_id)
        partner = line.partner_id
        initials = " ".join(f"{n[0]}." for n in (partner.firstname, partner.lastname) if n)
        day = request.env["ir.qweb.field.date"].value_to_html(line.date_end, {})
        return self._message(
            _("Valid card"),
            _(
                "Member of %(company)s: %(initials)s",
                company=line.company_id.name,
                initials=initials,
            ),
            _("Valid until %(day)s.", day=day),
            company=line.company_id,
        )

    # ---------------------------------------------------------------- the form

    def _join_company(self):
        company = request.website.company_id.sudo().with_context(lang=request.env.lang)
        if not company.membership_open or not self._join_rates(company):
            raise NotFound()
        return company

    def _join_rates(self, company):
        Rate = request.env["political.membership.rate"].sudo()
        return Rate.with_context(lang=request.env.lang).search(
            [("company_id", "=", company.id), ("is_public", "=", True)]
        )

    def _join_boxes(self):
        """Consents that may be given along: never needed, each for itself (R-06, R-07)."""
        boxes = []
        for code in CONSENTS:
            try:
                purpose = self._purpose(code)
            except NotFound:
                continue
            boxes += [
                {**box, "purpose": purpose} for box in self._boxes(purpose) if not box["list"]
            ]
        return boxes

    def _join_page(self, company, typed=None, errors=None, status=200):
        boxes = self._join_boxes()
        statute = self._membership_notice(company)
        countries = request.env["res.country"].sudo().with_context(lang=request.env.lang).search([])
        branches = (
            request.env["political.branch"]
            .sudo()
            .search([("company_id", "=", company.id), ("kind", "!=", "national")])
        )
        return self._page(
            "political_crm.page_join",
            {
                "company": company,
                "rates": self._join_rates(company),
                "boxes": boxes,
                "notices": list(dict.fromkeys([*statute, *self._notices(boxes)])),
                "countries": countries.sorted("name"),
                "branches": branches,
                "uid": secrets.token_urlsafe(24),
                "typed": typed or {"country": "FR", "nationality": "FR"},
                "errors": errors or {},
            },
            status=status,
            private=False,
        )

    def _membership_notice(self, company):
        """What the data of members is used for (R-24)."""
        purpose = request.env["consent.purpose"].sudo()._get("membership", company)
        wording = purpose.env["consent.wording"]._published(purpose, "email", request.env.lang)
        return [wording.notice] if wording else []

    def _join_values(self, company, typed):
        """What was typed as values of a request, and what is wrong with it, by field."""
        _ = request.env._
        errors = {}
        for name in REQUIRED:
            if not typed[name]:
                errors[name] = _("Please fill in: %(field)s.", field=self._join_labels()[name])
        vals = {name: typed[name] for name in ("firstname", "lastname", "street", "zip", "city")}
        vals["email"] = self._email(typed["email"])
        vals["email_normalized"] = vals["email"]
        if not vals["email"]:
            errors["email"] = _("Please type your e-mail address, such as anne@example.org.")
        vals["phone"] = self._number(typed["phone"]) or False
        if typed["phone"] and not vals["phone"]:
            errors["phone"] = _("Please type your telephone number, such as +33 1 99 00 12 34.")
        self._join_age(company, typed, vals, errors)
        self._join_origin(typed, vals, errors)
        self._join_dues(company, typed, vals, errors)
        if company.membership_statement and not typed["statement"]:
            errors["statement"] = _("Please tick the declaration: nobody joins without it.")
        if not typed["declared"]:
            errors["declared"] = _(
                "Please tick what the law on gifts and dues asks you to declare."
            )
        vals.update(
            {
                "company_id": company.id,
                "branch_id": self._join_branch(company, typed),
                "statement_accepted": bool(typed["statement"]),
                "sponsor_name": typed["sponsor"],
                "means": "web",
                "state": "draft",
                "lang": request.env.lang,
            }
        )
        return vals, errors

    def _join_labels(self):
        _ = request.env._
        return {
            "firstname": _("first name"),
            "lastname": _("last name"),
            "birthdate": _("date of birth"),
            "street": _("number and street"),
            "zip": _("postcode"),
            "city": _("town"),
        }

    def _join_age(self, company, typed, vals, errors):
        _ = request.env._
        if not typed["birthdate"]:
            return
        today = company._membership_today()
        try:
            born = fields.Date.to_date(typed["birthdate"])
        except ValueError:
            born = None
        if not born or not born.year > 1900 or born > today:
            errors["birthdate"] = _("Please type your date of birth.")
            return
        if relativedelta(today, born).years < company.membership_min_age:
            errors["birthdate"] = _(
                "One joins from %(age)s years of age.", age=company.membership_min_age
            )
        vals["birthdate"] = born

    def _join_origin(self, typed, vals, errors):
        """R-54: French, or resident in France; said before any money is asked for."""
        _ = request.env._
        Country = request.env["res.country"].sudo()
        for name, field in (("country", "country_id"), ("nationality", "nationality_id")):
            vals[field] = Country.search([("code", "=", typed[name].upper())], limit=1).id
            if not vals[field]:
                errors[name] = _("Please choose a country.")
        french = law.is_french(typed["country"].upper()) or law.is_french(
            typed["nationality"].upper()
        )
        if not french and not {"country", "nationality"} & set(errors):
            errors["country"] = _(
                "The law lets only French nationals and residents of France pay dues to a party "
                "(law 88-227, article 11-4)."
            )

    def _join_dues(self, company, typed, vals, errors):
        _ = request.env._
        rate = self._join_rates(company).filtered(lambda r: str(r.id) == typed["rate"])
        if not rate:
            errors["rate"] = _("Please choose what you pay.")
            return
        born = vals.get("birthdate")
        age = born and relativedelta(company._membership_today(), born).years
        if born and not rate._fits(age=age):
            errors["rate"] = _("This rate is not for your age.")
        try:
            vals["amount"] = float(
                rate._checked_amount(typed["amount"].replace(",", ".").replace(" ", ""))
            )
        except ValidationError as error:
            errors["amount"] = error.args[0]
        parts = typed["instalments"]
        vals["instalments"] = int(parts) if parts.isdigit() and 1 <= int(parts) <= 12 else 1
        vals["rate_id"] = rate.id

    def _join_branch(self, company, typed):
        if not typed["branch"].isdigit():
            return False
        return (
            request.env["political.branch"]
            .sudo()
            .search([("id", "=", int(typed["branch"])), ("company_id", "=", company.id)])
            .id
        )

    # ---------------------------------------------------------------- keeping it

    def _keep_request(self, vals):
        """Store the request and send its message; False when the same form was sent already.

        More messages than the limit are not sent to an address, and nobody is told.
        """
        vals = {**vals}
        address = vals.pop("email_normalized")
        Rate = request.env["consent.rate"].sudo()
        try:
            with mute_logger("odoo.sql_db"), request.env.cr.savepoint():
                found = request.env["political.join.request"].sudo().create(vals)
        except IntegrityError:
            return False
        limit = Rate._limit("join_messages", ADDRESS_LIMIT)
        if Rate._allows("join_messages", address, limit):
            found._send_confirmation()
        return True

    def _ask_consents(self, ticked, typed):
        """Consents go their own way: their own message, their own proof (R-35)."""
        sent = {**typed, "name": f"{typed['firstname']} {typed['lastname']}"}
        for purpose in dict.fromkeys(box["purpose"] for box in ticked):
            self._ask(purpose, sent, [box for box in ticked if box["purpose"] == purpose])

    def _signup_vals(self, purpose, typed, kind, address):
        """The evidence of a consent names the page that it was ticked on."""
        vals = super()._signup_vals(purpose, typed, kind, address)
        return {**vals, "source_ref": request.httprequest.path[:128]}

    def _join_sent(self):
        _ = request.env._
        return self._message(
            _("We sent you a message"),
            _("Open it and press its link: your request counts once you have confirmed it."),
            _(
                "The link works for three days. Nothing came? Look among unwanted mail, or try "
                "again."
            ),
        )

    def _join_gone(self):
        _ = request.env._
        return self._message(
            _("This link no longer works"),
            _("It may have been cut or altered, or it is more than three days old."),
            _("Please fill in the form again: nothing was lost, nothing was charged."),
            next_url="/membership/join",
            next_label=_("To the form"),
            status=404,
        )
