from werkzeug.utils import secure_filename

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import content_disposition, request

from ..models.political_import_acting import GROUP

LARGEST = 2 << 30
PIECE = 1 << 20


class PoliticalImportController(http.Controller):
    """Files too large for a form's field, and the rejected rows."""

    @http.route(
        "/political/import/upload",
        type="http",
        auth="user",
        methods=["GET"],
        website=False,
        sitemap=False,
        readonly=True,
    )
    def upload_page(self, fault=None, **_more):
        """A page with one field; the file goes to the filestore by pieces."""
        self._check_may_import()
        return request.render("political_crm.import_upload", {"fault": fault})

    @http.route(
        "/political/import/upload",
        type="http",
        auth="user",
        methods=["POST"],
        website=False,
        sitemap=False,
        max_content_length=LARGEST + PIECE,
    )
    def upload(self, **_more):
        """Take the file and open its import; a refused file leaves nothing."""
        self._check_may_import()
        sent = request.httprequest.files.get("file")
        if not sent or not sent.filename:
            return self.upload_page(fault=request.env._("Choose a file first."))
        try:
            with request.env.cr.savepoint():
                record = request.env["political.import"].create({})
                record._store(sent.stream)
                record.filename = secure_filename(sent.filename)
                record.name = record.filename
                record._look()
        except UserError as error:
            return self.upload_page(fault=str(error))
        return request.redirect(f"/odoo/political.import/{record.id}")

    @http.route(
        "/political/import/<int:import_id>/rejects",
        type="http",
        auth="user",
        methods=["GET"],
        website=False,
        sitemap=False,
    )
    def rejects(self, import_id, **_more):
        """The rejected rows as a CSV file, as the original with a reason."""
        self._check_may_import()
        record = request.env["political.import"].search([("id", "=", import_id)])
        if not record:
            raise request.not_found()
        stem = (record.filename or "import").rsplit(".", 1)[0]
        return request.make_response(
            "".join(record._rejects()),
            headers=[
                ("Content-Type", "text/csv; charset=utf-8"),
                ("Content-Disposition", content_disposition(f"{stem}-rejets.csv")),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            ],
        )

    def _check_may_import(self):
        if not request.env.user.has_group(GROUP):
            raise AccessError(request.env._("You may not import files."))
