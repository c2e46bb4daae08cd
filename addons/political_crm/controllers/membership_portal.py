from werkzeug.exceptions import NotFound

from odoo.addons.political_consent.controllers.public import PRIVATE, ConsentPublic
from odoo.http import content_disposition, request, route

from .membership_join import PAGE

MINE = {**PAGE, "auth": "user"}
LIVE = ("active", "arrears")


class MembershipPortal(ConsentPublic):
    """A member's own pages: the person's rows alone, found by who is logged in, never by an id
    that could be another's (R-71)."""

    @route("/my/membership", methods=["GET"], readonly=True, **MINE)
    def my_membership(self, said=None, **_query):
        """My membership, its history, renewing, the card, leaving."""
        self._speak()
        partner, company = self._my_person()
        line = partner._membership_of(partner, company)
        lines = self._my_rows("political.membership").filtered("date_start")
        waiting = self._my_rows("political.membership").filtered(lambda m: m.state == "requested")
        return self._page(
            "political_crm.my_membership",
            {
                "company": company,
                "line": line,
                "lines": lines,
                "live": line.state in LIVE,
                "renew_url": self._my_renew_url(line or waiting[:1]),
                "said": self._my_said(said),
                "mine": "membership",
            },
        )

    @route("/my/membership/leave", methods=["GET"], readonly=True, **MINE)
    def my_leave(self, **_query):
        """What leaving means. Opening the page does nothing."""
        self._speak()
        partner, company = self._my_person()
        line = partner._membership_of(partner, company)
        if line.state not in LIVE:
            return request.redirect("/my/membership", code=303)
        return self._page(
            "political_crm.my_leave", {"company": company, "line": line, "mine": "membership"}
        )

    @route("/my/membership/leave", methods=["POST"], **MINE)
    def my_leave_act(self, **_form):
        """Resign, today, without a reason."""
        self._speak()
        partner, company = self._my_person()
        line = partner._membership_of(partner, company)
        if line.state in LIVE:
            line._end("resigned")
        return request.redirect(f"/my/membership?said=left&lang={request.env.lang}", code=303)

    @route("/my/membership/card", methods=["GET"], **MINE)
    def my_card(self, **_query):
        """My card as PDF."""
        partner, company = self._my_person()
        line = partner._membership_of(partner, company)
        if line.state not in LIVE:
            raise NotFound()
        return self._my_pdf("political_crm.action_report_card", line, "carte.pdf")

    @route("/my/payments", methods=["GET"], readonly=True, **MINE)
    def my_payments(self, **_query):
        """What I paid, and what became of it."""
        self._speak()
        _partner, company = self._my_person()
        payments = self._my_rows("political.payment").filtered(lambda p: p.state != "cancelled")
        return self._page(
            "political_crm.my_payments",
            {"company": company, "payments": payments, "mine": "payments"},
        )

    @route("/my/receipts", methods=["GET"], readonly=True, **MINE)
    def my_receipts(self, **_query):
        """My receipts: numbered ones, and acknowledgements until then."""
        self._speak()
        _partner, company = self._my_person()
        return self._page(
            "political_crm.my_receipts",
            {
                "company": company,
                "receipts": self._my_rows("political.receipt"),
                "mine": "receipts",
            },
        )

    @route("/my/receipts/<int:place>/pdf", methods=["GET"], **MINE)
    def my_receipt_pdf(self, place, **_query):
        """One of my receipts as PDF, by its place in my own list."""
        receipts = self._my_rows("political.receipt")
        if not 1 <= place <= len(receipts):
            raise NotFound()
        return self._my_pdf("political_crm.action_report_receipt", receipts[place - 1], "recu.pdf")

    @route("/my/data", methods=["GET"], readonly=True, **MINE)
    def my_data(self, **_query):
        """What the party holds of me, and how to correct, take along or erase it."""
        self._speak()
        partner, company = self._my_person()
        return self._page(
            "political_crm.my_data", {"company": company, "person": partner, "mine": "data"}
        )

    # ---------------------------------------------------------------- helpers

    def _my_person(self):
        company = request.website.company_id.sudo().with_context(lang=request.env.lang)
        partner = request.env.user.partner_id.sudo().with_context(lang=request.env.lang)
        return partner, company

    def _my_rows(self, model):
        partner, company = self._my_person()
        return (
            request.env[model]
            .sudo()
            .with_context(lang=request.env.lang)
            .search([("partner_id", "=", partner.id), ("company_id", "=", company.id)])
        )

    def _my_renew_url(self, line):
        """Where to pay what is due; nothing while nothing is."""
        if not line or line.state not in (*LIVE, "requested", "lapsed", "resigned"):
            return None
        return f"/membership/renew/{line._renew_token()}?lang={request.env.lang}"

    def _my_pdf(self, xml_id, record, filename):
        report = request.env["ir.actions.report"].sudo()
        content, _kind = report._render_qweb_pdf(xml_id, res_ids=record.ids)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(filename)),
                *PRIVATE.items(),
            ],
        )

    def _my_said(self, said):
        _ = request.env._
        return {
            "left": _(
                "It is done: you are no longer a member. What you agreed to receive is another "
                "matter: see “What I agreed to”."
            )
        }.get(said)
