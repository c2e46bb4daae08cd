import json

from odoo import api, fields, models

from .res_partner import CATEGORIES, ORIGINS

OUTCOMES = [
    ("create", "New contact"),
    ("update", "Completes a contact"),
    ("duplicate", "Known already"),
    ("reject", "Rejected"),
]


class PoliticalImportRow(models.Model):
    """A row of an imported file, cleaned and waiting to be written.

    Filled by COPY and read by SQL; people see it in the tabs of the preview. Its columns bear the
    names of what they become.
    """

    _name = "political.import.row"
    _inherit = ["political.contact.line"]
    _description = "Row of an imported file"
    _log_access = False
    _rec_name = "number"

    raw = fields.Text("As in the file", readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    reason = fields.Char("Code of the reason", readonly=True)
    remarks = fields.Char("Codes of the remarks", readonly=True)
    changes = fields.Char("Codes of the changes", readonly=True)
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
    raw_text = fields.Char("Row of the file", compute="_compute_texts")

    _number_unique = models.Constraint(
        "UNIQUE (import_id, number)", "A row of a file is staged once."
    )

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

    @api.model
    def _contact_column(self):
        return "matched_id"
