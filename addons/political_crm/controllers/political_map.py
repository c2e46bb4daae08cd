from odoo import http
from odoo.http import request

YEAR = 365 * 24 * 3600
KINDS = {"station", "iris", "commune", "arrondissement", "canton", "constituency", "epci"}
KINDS |= {"department", "region", "country"}


class PoliticalMapController(http.Controller):
    @http.route(
        "/political/map/contours/<int:scope_id>/<string:kind>/<string:version>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def contours(self, scope_id, kind, version):
        """The contours of a map as gzipped JSON; kept by the browser, since the address changes
        with them."""
        scope = request.env["political.zone"].browse(scope_id).exists()
        if not scope or kind not in KINDS:
            raise request.not_found()
        body = request.env["political.map"]._contours(scope, kind)
        return request.make_response(
            body,
            headers=[
                ("Content-Type", "application/json"),
                ("Content-Encoding", "gzip"),
                ("Cache-Control", f"private, max-age={YEAR}, immutable"),
            ],
        )
