from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..lib import table_file
from .res_partner import CATEGORIES, ORIGINS

STATES = [
    ("draft", "Columns"),
    ("reading", "Reading"),
    ("preview", "Preview"),
    ("applying", "Applying"),
    ("done", "Done"),
    ("undoing", "Taking back"),
    ("undone", "Taken back"),
]
WORKING = ("reading", "applying", "undoing")
COUNTS = {
    "create": "created_count",
    "update": "updated_count",
    "duplicate": "duplicate_count",
    "reject": "rejected_count",
}


class PoliticalImport(models.Model):
    """A file of contacts on its way into the base.

    The file is read into a staging table, cleaned and matched there without touching a contact
    (preview); then written by SQL in batches, each of which commits with its place in the file
    (apply); and can be taken back as exactly (undo). Any worker goes on where another died.
    """

    _name = "political.import"
    _inherit = ["political.file.job"]
    _description = "Import of contacts"
    _job = "political_crm.ir_cron_import"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, copy=False)
    kind = fields.Selection(
        [("contact", "Contacts")], required=True, default="contact", readonly=True
    )
    mapping_id = fields.Many2one(
        "political.import.mapping",
        domain=[("kind", "=", "contact")],
        ondelete="set null",
        help="Of which tool the file is. Empty: recognised by the names of its columns.",
    )
    column_ids = fields.One2many("political.import.column", "import_id", "Columns")

    # What the file looks like
    file_kind = fields.Char("Format", compute="_compute_looks")
    encoding = fields.Char(compute="_compute_looks")
    separator = fields.Char(compute="_compute_looks")
    sheet = fields.Char(compute="_compute_looks")
    is_doubled = fields.Boolean("Accents are encoded twice", compute="_compute_looks")
    repair = fields.Boolean("Repair the accents", help="Turns “Ã©” into “é” throughout the file.")
    look_text = fields.Char("Looks like", compute="_compute_looks")

    # How to take it
    clean = fields.Boolean(
        "Clean names, numbers and addresses",
        default=True,
        help="“DUPONT” becomes “Dupont”, “06 12 …” becomes “+336 12 …”, “12 BD” becomes "
        "“12 boulevard”. Otherwise all stays as written.",
    )
    default_category = fields.Selection(
        CATEGORIES,
        "Category of new people",
        default="occasional",
        help="Where the file has no column for it. Empty: ordinary contacts, outside the party's "
        "file. A regular contact took a step towards the party (R-11).",
    )
    default_origin = fields.Selection(
        ORIGINS, "Where the data comes from", default="import", required=True
    )
    branch_id = fields.Many2one(
        "political.branch",
        check_company=True,
        help="Where the file has no column for it.",
    )
    tag_ids = fields.Many2many("res.partner.category", string="Tags on all of them")
    as_of = fields.Date(
        "Data as of",
        default=fields.Date.context_today,
        required=True,
        help="“The newer wins” compares this with the day on which the contact was last changed.",
    )
    creation_note = fields.Boolean(
        "Write “Contact created” on each",
        help="A note in the history of each new contact, as by hand.",
    )
    rental_id = fields.Many2one(
        "political.rental",
        "Rented file",
        check_company=True,
        help="Supplier, proof, contract and end of a rented or bought file (R-38).",
    )
    evidence = fields.Binary(
        "Evidence of the consents",
        attachment=True,
        copy=False,
        help="The scanned forms, or the other tool's log: without it no consent of this file "
        "counts (R-37).",
    )
    evidence_name = fields.Char()

    # How far it is
    applied_number = fields.Integer(readonly=True, copy=False)
    seen_partner_id = fields.Integer(readonly=True, copy=False)
    created_count = fields.Integer("New contacts", readonly=True, copy=False)
    updated_count = fields.Integer("Completed", readonly=True, copy=False)
    duplicate_count = fields.Integer("Known already", readonly=True, copy=False)
    rejected_count = fields.Integer("Rejected", readonly=True, copy=False)
    remark_count = fields.Integer("With a remark", readonly=True, copy=False)
    consent_count = fields.Integer("Consents", readonly=True, copy=False)
    waiting_count = fields.Integer("Consents without proof", readonly=True, copy=False)
    undone_count = fields.Integer("Taken back", readonly=True, copy=False)
    kept_count = fields.Integer("Changed since, left", readonly=True, copy=False)
    applied_at = fields.Datetime(readonly=True, copy=False)
    undo_until = fields.Date("Can be taken back until", readonly=True, copy=False)
    is_forgotten = fields.Boolean(readonly=True, copy=False)

    create_row_ids = fields.One2many(
        "political.import.row",
        "import_id",
        "Contacts to create",
        domain=[("outcome", "=", "create")],
    )
    update_row_ids = fields.One2many(
        "political.import.row",
        "import_id",
        "Contacts to complete",
        domain=[("outcome", "=", "update")],
    )
    duplicate_row_ids = fields.One2many(
        "political.import.row", "import_id", "Known rows", domain=[("outcome", "=", "duplicate")]
    )
    reject_row_ids = fields.One2many(
        "political.import.row", "import_id", "Rejected rows", domain=[("outcome", "=", "reject")]
    )
    remark_row_ids = fields.One2many(
        "political.import.row",
        "import_id",
        "Rows with a remark",
        domain=[("remarks", "!=", False)],
    )
    kept_change_ids = fields.One2many(
        "political.import.change", "import_id", "Left as they are", domain=[("state", "=", "kept")]
    )

    @api.depends("filename")
    def _compute_name(self):
        for record in self:
            record.name = record.filename or record.name or self.env._("Import")

    @api.depends("recognised")
    def _compute_looks(self):
        for record in self:
            found = record.recognised or {}
            record.file_kind = found.get("kind")
            record.encoding = found.get("encoding")
            record.separator = found.get("separator")
            record.sheet = found.get("sheet")
            record.is_doubled = found.get("doubled")
            record.look_text = record._look_sentence()

    def _look_sentence(self):
        _ = self.env._
        marks = {";": _("semicolons"), ",": _("commas"), "\t": _("tabs"), "|": _("bars")}
        if self.file_kind == "xlsx":
            return _("Excel workbook, sheet “%(sheet)s”", sheet=self.sheet)
        return self.file_kind and _(
            "Text in %(encoding)s, cells separated by %(separator)s",
            encoding=table_file.ENCODINGS.get(self.encoding, self.encoding),
            separator=marks.get(self.separator, self.separator),
        )

    @api.constrains("default_category", "default_origin", "rental_id")
    def _check_origin(self):
        _ = self.env._
        for record in self:
            if record.default_origin == "purchased" and not record.rental_id:
                raise ValidationError(
                    _(
                        "A rented or bought file names its supplier, proof, contract and end "
                        "date: choose or create the rented file (R-38)."
                    )
                )
            if record.default_origin == "purchased" and record.default_category != "prospect":
                raise ValidationError(
                    _("People of a rented or bought file are prospects and no more (R-38).")
                )
            if record.default_origin == "social" and record.default_category != "occasional":
                raise ValidationError(
                    _("A like or a follow makes an occasional contact and no more (R-15).")
                )
            if record.default_origin == "roll":
                raise ValidationError(
                    _(
                        "The electoral roll never becomes contacts (R-16). It has a vault of its "
                        "own: menu Import > Electoral rolls."
                    )
                )

    # ---------------------------------------------------------------- the file

    @api.model_create_multi
    def create(self, vals_list):
        imports = super().create(vals_list)
        for record in imports:
            if record._has_file():
                record._look()
        return imports

    def write(self, vals):
        if {"file", "company_id"} & set(vals) and any(
            r.state not in ("draft", "preview") for r in self
        ):
            raise UserError(
                self.env._("This import has begun: its file stays. Start another import.")
            )
        result = super().write(vals)
        if vals.get("file"):
            for record in self:
                record._look()
        elif "mapping_id" in vals:
            self._map_columns()
        if self._settings_fields() & set(vals):
            self._back_to_draft()
        return result

    @api.model
    def _settings_fields(self):
        """What changes the outcome: a preview made with other values is none."""
        return {
            "clean",
            "repair",
            "default_category",
            "default_origin",
            "branch_id",
            "as_of",
            "rental_id",
            "evidence",
            "column_ids",
            "mapping_id",
            "tag_ids",
        }

    def _back_to_draft(self):
        stale = self.filtered(lambda record: record.state == "preview")
        if stale:
            stale._forget_rows()
            stale.state = "draft"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_working(self):
        if self.filtered(lambda record: record.state in WORKING):
            raise UserError(self.env._("This import is at work. Wait until it has ended."))

    def unlink(self):
        self._forget_rows()
        self.env.cr.execute(
            SQL("DELETE FROM political_import_change WHERE import_id = ANY(%s)", self.ids)
        )
        return super().unlink()
