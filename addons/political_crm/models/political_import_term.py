from odoo import api, fields, models
from odoo.tools import SQL

from .political_import import COUNTS


class PoliticalImport(models.Model):
    """Forgetting: staged rows, journal and file have a term."""

    _inherit = "political.import"

    def _forget_rows(self):
        """Drop the staged rows; the journal has its own term."""
        if not self:
            return
        self.env.cr.execute(
            SQL("DELETE FROM political_import_row WHERE import_id = ANY(%s)", self.ids)
        )
        self.env["political.import.row"].invalidate_model()
        self.write(
            dict.fromkeys(
                [
                    *COUNTS.values(),
                    "total_count",
                    "read_number",
                    "applied_number",
                    "done_count",
                    "remark_count",
                    "consent_count",
                    "waiting_count",
                ],
                0,
            )
            | {"read_mark": False}
        )

    @api.model
    def _retention_days(self):
        return self._parameter("days", 30)

    @api.autovacuum
    def _gc_imports(self):
        """After their term, files, staged rows and earlier values are of no use any more."""
        today = fields.Date.today()
        over = self.search([("undo_until", "<", today), ("is_forgotten", "=", False)], limit=20)
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=self._retention_days())
        over |= self.search(
            [("state", "in", ("draft", "preview")), ("write_date", "<", limit)], limit=20
        ).filtered(lambda record: record._has_file())
        for record in over:
            record._forget()

    def _forget(self):
        """Delete the file, the rows and the journal; figures stay."""
        self.env.cr.execute(
            SQL("DELETE FROM political_import_row WHERE import_id = ANY(%s)", self.ids)
        )
        self.env.cr.execute(
            SQL("DELETE FROM political_import_change WHERE import_id = ANY(%s)", self.ids)
        )
        self._file_attachment().unlink()
        self.column_ids.write({"sample": False})
        self.write({"is_forgotten": True, "evidence": False})
