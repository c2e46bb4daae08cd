import json

from odoo import api, fields, models

from ..lib.contact_row import OTHERS, TEXTS
from .res_partner import CATEGORIES, ORIGINS

OUTCOMES = [
    ("create", "New contact"),
    ("update", "Completes a contact"),
    ("duplicate", "Known already"),
    ("reject", "Rejected"),
]


class LooseMany2one(fields.Many2one):
    """A link that the database does not check: millions of rows are written at once, all of one
    import, which deletes them with itself."""

    def update_db_foreign_key(self, model, column):
        """None is made."""


class PoliticalImportRow(models.Model):
    """A row of an imported file, cleaned and waiting to be written.

    Filled by COPY and read by SQL; people see it in the tabs of the preview. Its columns bear the
    names of what they become.
    """

    _name = "political.import.row"
    _description = "Row of an imported file"
    _log_access = False
    _order = "import_id, number"
    _rec_name = "number"

    import_id = LooseMany2one("political.import", required=True, readonly=True, ondelete="cascade")
    number = fields.Integer("Row", readonly=True, aggregator=False)
    raw = fields.Text("As in the file", readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    reason = fields.Char("Code of the reason", readonly=True)
    remarks = fields.Char("Codes of the remarks", readonly=True)
    changes = fields.Char("Codes of the changes", readonly=True)
    # No foreign key: a row outlives its contact, and says so.
    matched_id = fields.Integer(readonly=True)

    firstname = fields.Char(readonly=True)
    lastname = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    name_key = fields.Char(readonly=True)
    name_swapped = fields.Char(readonly=True)
    email = fields.Char(readonly=True)
    email_normalized = fields.Char(readonly=True)
    phone = fields.Char(readonly=True)
    phone_sanitized = fields.Char(readonly=True)
    street = fields.Char(readonly=True)
    street2 = fields.Char(readonly=True)
    zip = fields.Char(readonly=True)
    city = fields.Char(readonly=True)
    street_name = fields.Char(readonly=True)
    street_number = fields.Char(readonly=True)
    street_number2 = fields.Char(readonly=True)
    function = fields.Char(readonly=True)
    website = fields.Char(readonly=True)
    comment = fields.Text(readonly=True)
    ref = fields.Char(readonly=True)
    lang = fields.Char(readonly=True)
    company_name = fields.Char(readonly=True)
    parent_name = fields.Char(readonly=True)
    tags = fields.Char(readonly=True)
    category = fields.Selection(CATEGORIES, readonly=True)
    origin = fields.Selection(ORIGINS, readonly=True)
    consents = fields.Char(readonly=True)
    country_id = fields.Integer(readonly=True)
    birthdate = fields.Date(readonly=True)
    is_company = fields.Boolean(readonly=True)
    branch_id = fields.Integer(readonly=True)
    station_id = fields.Integer(readonly=True)
    is_volunteer = fields.Boolean(readonly=True)
    updated_at = fields.Date(readonly=True)

    reason_text = fields.Char("Why", compute="_compute_texts")
    remark_text = fields.Char("Remarks", compute="_compute_texts")
    change_text = fields.Char("Adds or changes", compute="_compute_texts")
    matched_name = fields.Char("Contact", compute="_compute_matched_name")
    raw_text = fields.Char("Row of the file", compute="_compute_texts")

    _number_unique = models.Constraint(
        "UNIQUE (import_id, number)", "A row of a file is staged once."
    )

    @api.model
    def _staged_columns(self):
        """Columns that :class:`~..lib.contact_row.RowCleaner` fills, in COPY's order."""
        return ("import_id", "number", "raw", "outcome", "reason", "remarks", *TEXTS, *OTHERS)

    @api.depends_context("lang")
    def _compute_texts(self):
        sentences = self.env["political.import"]._row_sentences()
        labels = self.env["political.import"]._change_labels()
        for row in self:
            code, _mark, detail = (row.reason or "").partition(":")
            row.reason_text = sentences[code] % {"what": detail} if code else False
            row.remark_text = " ".join(
                sentences[f"remark_{remark}"] for remark in (row.remarks or "").split(",") if remark
            )
            row.change_text = ", ".join(
                labels.get(change, change) for change in (row.changes or "").split(",") if change
            )
            row.raw_text = " | ".join(cell for cell in json.loads(row.raw or "[]") if cell)

    def _compute_matched_name(self):
        # As the reader may see them: an import shows nobody whom the rules hide.
        found = self.env["res.partner"].search([("id", "in", self.mapped("matched_id"))])
        name_of = {partner.id: partner.display_name for partner in found}
        for row in self:
            row.matched_name = name_of.get(row.matched_id, False)

    def action_open_contact(self):
        """Open the contact that the row is about.

        :returns: a window action (dict)
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "view_mode": "form",
            "res_id": self.matched_id,
        }
