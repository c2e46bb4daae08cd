from odoo import api, http
from odoo.http import request
from odoo.modules.registry import Registry


class ConsentLedger(http.Controller):
    @http.route("/consent/ledger/export", type="http", auth="user", methods=["GET"], readonly=True)
    def export(self, **_query):
        """The current controller's ledger, streamed, for the officer and whoever they give it to:
        it holds no name and no address."""
        request.env["consent.chain.check"]._check_officer()
        company = request.env.company
        name = f"ledger-{company.consent_controller_code or company.id}.jsonl"
        return request.make_response(
            self._stream(request.env.cr.dbname, company.id),
            [
                ("Content-Type", "application/jsonl; charset=utf-8"),
                ("Content-Disposition", f'attachment; filename="{name}"'),
                ("Cache-Control", "no-store"),
            ],
        )

    def _stream(self, dbname, company_id):
        """Lines on a cursor of their own: the request's is closed while the answer is sent."""
        with Registry(dbname).cursor(readonly=True) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            company = env["res.company"].browse(company_id)
            for line in env["consent.chain.check"]._lines(company):
                yield f"{line}\n".encode()
