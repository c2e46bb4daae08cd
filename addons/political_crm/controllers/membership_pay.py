from werkzeug.exceptions import Forbidden, NotFound

from odoo.addons.payment.controllers.portal import PaymentPortal
from odoo.addons.political_consent.controllers.public import PRIVATE, ConsentPublic
from odoo.exceptions import ValidationError
from odoo.http import request, route

from ..lib import finance_rules as law
from .membership_join import NETWORK_LIMIT, PAGE


class MembershipPay(ConsentPublic):
    """Paying online, by signed links without an account (R-53, R-71)."""

    @route("/membership/pay/<string:token>", methods=["GET"], **PAGE)
    def pay(self, token, **_query):
        """What is due, and how to pay it. Opening the page charges nothing."""
        self._speak()
        record = self._due_record(token)
        if not record:
            return self._pay_gone()
        amount = record._to_pay_now()
        if amount <= 0:
            return self._nothing_due(record)
        values = self._payment_context(record, float(amount), token)
        response = request.render("political_crm.page_pay", values)
        response.headers.update(PRIVATE)
        return response

    @route(
        "/membership/pay/<string:token>/transaction", type="jsonrpc", auth="public", website=True
    )
    def pay_transaction(self, token, provider_id, payment_method_id, flow, **_rest):
        """Open the payment of what is due; the amount is the server's."""
        if not self._within_limit("pay_network", NETWORK_LIMIT):
            raise ValidationError(request.env._("Too many payments from your network: try later."))
        record = self._due_record(token)
        if not record:
            raise NotFound()
        context = self._payment_context(record, float(record._to_pay_now() or 1), token)
        if (
            flow not in ("redirect", "direct")
            or provider_id not in context["providers_sudo"].ids
            or payment_method_id not in context["payment_methods_sudo"].ids
        ):
            raise Forbidden()

        def make(amount):
            return PaymentPortal()._create_transaction(
                provider_id=provider_id,
                payment_method_id=payment_method_id,
                token_id=None,
                amount=amount,
                currency_id=context["currency"].id,
                partner_id=context["partner_id"],
                flow=flow,
                tokenization_requested=False,
                landing_route=context["landing_route"],
                reference_prefix=context["reference_prefix"],
            )

        tx = request.env["political.pay.desk"].sudo()._start(record, make)
        return tx._get_processing_values()

    @route("/membership/paid/<string:token>", methods=["GET"], readonly=True, **PAGE)
    def paid(self, token, **_query):
        """What became of the payment."""
        self._speak()
        record = self._due_record(token)
        if not record:
            return self._pay_gone()
        return self._outcome(record, record.payment_ids.sorted("id")[-1:])

    @route("/membership/renew/<string:token>", methods=["GET"], **PAGE)
    def renew(self, token, **_query):
        """The renewal of a membership: what it costs, what is to be declared."""
        self._speak()
        line = request.env["political.membership"].sudo()._of_renew_token(token)
        if not line:
            return self._pay_gone()
        return self._renew_page(line, token)

    @route("/membership/renew/<string:token>", methods=["POST"], **PAGE)
    def renew_act(self, token, **form):
        """Open the renewal, and go on to the payment."""
        self._speak()
        line = request.env["political.membership"].sudo()._of_renew_token(token)
        if not line:
            return self._pay_gone()
        errors = {}
        origin = self._declared_origin(line, form, errors)
        if errors:
            return self._renew_page(line, token, errors, form)
        due = self._line_to_pay(line)
        if not due:
            return self._nothing_due(line)
        payer = due._payer()
        payer.write(origin)
        if due.state == "requested" and not due.payment_ids:
            self._choose_dues(due, form, errors)
        if errors:
            return self._renew_page(line, token, errors, form)
        pay = request.env["political.pay.desk"].sudo()._token(due)
        return request.redirect(f"/membership/pay/{pay}?lang={request.env.lang}", code=303)

    # ---------------------------------------------------------------- helpers

    def _choose_dues(self, due, form, errors):
        """Somebody's income or situation may have changed: they choose from the grid again, and
        the server sets the price."""
        rate = due.rate_id
        if form.get("rate"):
            offered = rate._renewal_choice(due.partner_id)
            rate = offered.filtered(lambda r: str(r.id) == form["rate"])
            if not rate:
                errors["rate"] = request.env._("Please choose what you pay.")
                return
        try:
            amount = rate._checked_amount((form.get("amount") or "").replace(",", "."))
        except ValidationError as error:
            errors["amount"] = error.args[0]
            return
        due.write(
            {
                "rate_id": rate.id,
                "amount_due": float(amount),
                "instalments": max(1, min(due.instalments, rate.instalments)),
            }
        )

    def _due_record(self, token):
        record = request.env["political.pay.desk"].sudo()._find(token)
        return record and record.with_context(lang=request.env.lang)

    def _line_to_pay(self, line):
        """The line that money is for: what is left of this one, else its renewal."""
        if line.state in ("active", "arrears"):
            behind = line.next_due_date and line._left_to_pay() > 0
            return line if behind else line._renewal()
        if line.state == "requested":
            return line
        Membership = request.env["political.membership"].sudo()
        waiting = Membership._to_pay(line.partner_id, line.company_id)
        if not waiting and line.state in ("lapsed", "resigned"):
            rate = line.rate_id._for_renewal(line.partner_id)
            waiting = Membership._open(line.partner_id, rate, previous=line) if rate else waiting
        return waiting

    def _payment_context(self, record, amount, token):
        """What core's payment form is drawn with."""
        company = record.company_id
        partner = request.env["political.pay.desk"].sudo()._partner_of(record)
        currency = request.env.ref("base.EUR").sudo()
        report = {}
        providers = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                company.id, partner.id, amount, currency_id=currency.id, report=report
            )
        )
        methods = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                providers.ids, partner.id, currency_id=currency.id, report=report
            )
        )
        return {
            "company": company,
            "record": record,
            "amount": amount,
            "currency": currency,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            "tokens_sudo": request.env["payment.token"].sudo().browse(),
            "availability_report": report,
            "show_tokenize_input_mapping": dict.fromkeys(providers.ids, False),
            "allow_token_selection": False,
            "reference_prefix": f"D{record.id}",
            "transaction_route": f"/membership/pay/{token}/transaction",
            "landing_route": f"/membership/paid/{token}",
            "access_token": token,
            "no_livechat": True,
        }

    def _renew_page(self, line, token, errors=None, form=None):
        due = self._line_to_pay_shown(line)
        payer = (
            request.env["political.payer"]
            .sudo()
            .search([("partner_id", "=", line.partner_id.id)], limit=1)
        )
        countries = request.env["res.country"].sudo().with_context(lang=request.env.lang).search([])
        typed = {
            "country": payer.country_id.code or line.partner_id.country_id.code or "FR",
            "nationality": payer.nationality_id.code or "",
            "amount": f"{due['amount']:.2f}" if due["rate"].is_free else "",
            "rate": str(due["rate"].id),
            **(form or {}),
        }
        return self._page(
            "political_crm.page_renew",
            {
                "company": line.company_id,
                "line": line,
                "due": due,
                "token": token,
                "typed": typed,
                "errors": errors or {},
                "countries": countries.sorted("name"),
            },
            status=400 if errors else 200,
        )

    def _line_to_pay_shown(self, line):
        """What a renewal will cost, without opening it: a page that is only looked at changes
        nothing."""
        Membership = request.env["political.membership"].sudo()
        waiting = Membership._to_pay(line.partner_id, line.company_id) or line
        rate = waiting.rate_id
        if waiting == line and line.state != "requested":
            rate = rate._for_renewal(line.partner_id) or rate
        behind = waiting.state in ("active", "arrears") and waiting._left_to_pay() > 0
        amount = (
            waiting._next_payment()
            if behind or waiting.state == "requested"
            else law.money(rate.amount)
        )
        begun = waiting.state == "requested" and waiting.payment_ids
        open_choice = not behind and not begun
        rates = rate._renewal_choice(line.partner_id) if open_choice else rate
        return {
            "amount": amount,
            "is_free": open_choice and any(rates.mapped("is_free")),
            "rate": rate,
            "rates": rates,
        }

    def _declared_origin(self, line, form, errors):
        """R-54: what the payer says of nationality and residence, and the declaration."""
        _ = request.env._
        Country = request.env["res.country"].sudo()
        found = {}
        for name, field in (("country", "country_id"), ("nationality", "nationality_id")):
            code = (form.get(name) or "").upper()[:2]
            found[field] = Country.search([("code", "=", code)], limit=1)
            if not found[field]:
                errors[name] = _("Please choose a country.")
        if not errors and not any(law.is_french(country.code) for country in found.values()):
            errors["country"] = _(
                "The law lets only French nationals and residents of France pay dues to a party "
                "(law 88-227, article 11-4)."
            )
        if not form.get("declared"):
            errors["declared"] = _(
                "Please tick what the law on gifts and dues asks you to declare."
            )
        return {field: country.id for field, country in found.items()}

    def _nothing_due(self, record):
        _ = request.env._
        if record._name == "political.join.request" or record.state == "requested":
            return self._message(
                _("Your request is recorded"),
                _("You will hear from us. There is nothing to pay now."),
                company=record.company_id,
            )
        return self._message(
            _("There is nothing to pay"),
            _("Your membership is paid. Thank you."),
            company=record.company_id,
        )

    def _outcome(self, record, payment):
        _ = request.env._
        company = record.company_id
        if payment.state == "received":
            return self._message(
                _("Thank you, we received your payment"),
                _("A message to you confirms it. The tax receipt follows next year."),
                _("Your request is confirmed; you will hear from us.")
                if record._name == "political.join.request"
                else _("Your membership is up to date."),
                company=company,
            )
        if payment.state in ("to_refund", "refunded"):
            return self._message(
                _("This payment goes back to you"),
                _(
                    "The law or what you had paid already leaves no room for it. You have nothing "
                    "to do."
                ),
                company=company,
            )
        if payment.state == "pending":
            return self._message(
                _("Your payment is under way"),
                _("We wait for your bank's answer and write to you as soon as it is there."),
                company=company,
            )
        return self._message(
            _("Nothing was paid"),
            _("The payment was given up or refused. You can try again."),
            next_url=f"/membership/pay/{request.env['political.pay.desk'].sudo()._token(record)}",
            next_label=_("Try again"),
            company=company,
        )

    def _pay_gone(self):
        _ = request.env._
        return self._message(
            _("This link no longer works"),
            _("It may have been cut or altered, or it is too old. Nothing was charged."),
            status=404,
        )
