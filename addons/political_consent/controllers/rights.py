from odoo.http import request, route
from odoo.tools import email_normalize, single_email_re

from ..models.consent_right_request import KINDS
from .public import PRIVATE, ConsentPublic

NETWORK_LIMIT = 30  # requests per hour and network
ADDRESS_LIMIT = 3  # messages per hour to one address
PUBLIC = {
    "type": "http",
    "auth": "public",
    "website": True,
    "multilang": False,
    "sitemap": False,
}


class ConsentRights(ConsentPublic):
    """Asking for one's data, its correction, its erasure: without a log-in, and without telling
    anybody whether an address is known (R-32, R-71)."""

    @route("/consent/rights", methods=["GET"], readonly=True, **PUBLIC)
    def rights_form(self, **_query):
        """The form."""
        self._speak()
        return self._rights_page()

    @route("/consent/rights", methods=["POST"], **PUBLIC)
    def rights_submit(self, **form):
        """Send the link that proves the address; the answer is the same for every address."""
        self._speak()
        if not self._within_limit("right_network", NETWORK_LIMIT):
            return self._too_many()
        kind = form.get("kind") or ""
        name = (form.get("name") or "").strip()[:128]
        typed = (form.get("email") or "").strip()[:254]
        email = email_normalize(typed) if single_email_re.match(typed) else False
        if kind not in dict(KINDS) or not email:
            return self._rights_page(form, failed=True, status=400)
        Request = request.env["consent.right.request"].sudo()
        if self._within_limit("right_address", ADDRESS_LIMIT, who=email):
            Request._from_page(
                request.website.company_id.sudo(),
                kind,
                name,
                email,
                (form.get("message") or "").strip()[:4000],
                request.env.lang,
            )
        return self._rights_sent()

    def _rights_page(self, form=None, failed=False, status=200):
        Request = request.env["consent.right.request"]
        kinds = Request._fields["kind"]._description_selection(request.env)
        return self._page(
            "political_consent.page_rights",
            {"kinds": kinds, "typed": form or {}, "failed": failed},
            status=status,
            private=False,
        )

    def _rights_sent(self):
        _ = request.env._
        return self._message(
            _("One more step"),
            _("We sent a message to the address that you gave."),
            _(
                "Press the button in it, so that we know that the address is yours. We then answer "
                "within one month."
            ),
        )

    @route("/consent/rights/confirm/<string:token>", methods=["GET"], readonly=True, **PUBLIC)
    def rights_confirm_page(self, token, **_query):
        """What the link would confirm; nothing changes before the button is pressed."""
        self._speak()
        asked = request.env["consent.right.request"]._by_token(token, ("unconfirmed",))
        _ = request.env._
        if not asked:
            return self._link_is_dead()
        kinds = dict(asked._fields["kind"]._description_selection(request.env))
        return self._message(
            _("Confirm your request"),
            _(
                "You asked %(company)s for: %(kind)s.",
                company=asked.company_id.name,
                kind=kinds[asked.kind],
            ),
            act={
                "url": f"/consent/rights/confirm/{token}",
                "label": _("Confirm"),
            },
        )

    @route("/consent/rights/confirm/<string:token>", methods=["POST"], **PUBLIC)
    def rights_confirm(self, token, **_form):
        """The address is the person's: the month runs."""
        self._speak()
        asked = request.env["consent.right.request"]._by_token(token, ("unconfirmed",))
        if not asked:
            return self._link_is_dead()
        asked._confirmed_by_link()
        _ = request.env._
        return self._message(
            _("Thank you"),
            _("Your request has the number %(number)s.", number=asked.name),
            _("We answer within one month, at this address."),
        )

    @route("/consent/rights/answer/<string:token>", methods=["GET"], **PUBLIC)
    def rights_answer(self, token, file=None, **_query):
        """The answer to a request for access: a page, a JSON file or a PDF."""
        self._speak()
        if not self._within_limit("right_answer", 60):
            return self._too_many()
        asked = request.env["consent.right.request"]._by_token(token, ("answered",))
        if not asked or asked.kind not in ("access", "copy", "portability"):
            return self._link_is_dead()
        if file == "json":
            return request.make_response(
                asked._access_json(),
                [
                    ("Content-Type", "application/json; charset=utf-8"),
                    ("Content-Disposition", f'attachment; filename="{asked.name}.json"'),
                    *PRIVATE.items(),
                ],
            )
        if file == "pdf":
            report = request.env["ir.actions.report"].sudo()
            pdf, _kind = report._render_qweb_pdf("political_consent.report_access", asked.ids)
            return request.make_response(
                pdf,
                [
                    ("Content-Type", "application/pdf"),
                    ("Content-Disposition", f'attachment; filename="{asked.name}.pdf"'),
                    *PRIVATE.items(),
                ],
            )
        return self._page(
            "political_consent.page_access",
            {
                "asked": asked,
                "data": asked._access_data(request.env.lang),
                "token": token,
                "company": asked.company_id,
            },
        )

    def _link_is_dead(self):
        _ = request.env._
        return self._message(
            _("This link does not work"),
            _("It was used, it has expired, or it never existed."),
            status=404,
        )

    # ---------------------------------------------------------------- portal

    @route("/my/rights", type="http", auth="user", website=True, methods=["GET"])
    def my_rights(self, **_query):
        """One's own requests, and the form for another one."""
        Request = request.env["consent.right.request"]
        mine = Request.sudo().search(
            [("partner_ids", "in", request.env.user.partner_id.ids)], order="id desc"
        )
        return self._page(
            "political_consent.page_my_rights",
            {
                "kinds": Request._fields["kind"]._description_selection(request.env),
                "states": dict(Request._fields["state"]._description_selection(request.env)),
                "requests": mine,
            },
        )

    @route("/my/rights", type="http", auth="user", website=True, methods=["POST"])
    def my_rights_submit(self, kind="", message="", **_form):
        """A request of whoever is logged in."""
        if kind in dict(KINDS) and self._within_limit("right_network", NETWORK_LIMIT):
            request.env["consent.right.request"]._from_portal(
                request.env.user, kind, message.strip()[:4000]
            )
        return request.redirect("/my/rights")
