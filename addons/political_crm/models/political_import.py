import io
import json
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..lib import table_file
from .res_partner import CATEGORIES, ORIGINS

GROUP = "political_crm.group_import"
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
# Small files are done within the request; larger ones by the scheduled job, a batch a transaction.
# Parameters political_crm.import_inline_rows and political_crm.import_batch_rows set others.
INLINE_ROWS = 20_000
BATCH_ROWS = 5_000
ROW_BYTES = 600
SAMPLES = 3
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
    _description = "Import of contacts"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, copy=False)
    kind = fields.Selection(
        [("contact", "Contacts")], required=True, default="contact", readonly=True
    )
    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        default=lambda self: self.env.company,
        help="Who answers for the data of these people.",
    )
    user_id = fields.Many2one(
        "res.users", "Imported by", readonly=True, default=lambda self: self.env.user
    )
    file = fields.Binary(attachment=True, copy=False)
    filename = fields.Char()
    mapping_id = fields.Many2one(
        "political.import.mapping",
        domain=[("kind", "=", "contact")],
        ondelete="set null",
        help="Of which tool the file is. Empty: recognised by the names of its columns.",
    )
    column_ids = fields.One2many("political.import.column", "import_id", "Columns")

    # What the file looks like
    file_kind = fields.Char("Format", readonly=True)
    encoding = fields.Char(readonly=True)
    separator = fields.Char(readonly=True)
    sheet = fields.Char(readonly=True)
    is_doubled = fields.Boolean("Accents are encoded twice", readonly=True)
    repair = fields.Boolean("Repair the accents", help="Turns “Ã©” into “é” throughout the file.")
    look_text = fields.Char("Looks like", compute="_compute_look_text")

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
    total_count = fields.Integer("Rows", readonly=True, copy=False)
    read_number = fields.Integer(readonly=True, copy=False)
    applied_number = fields.Integer(readonly=True, copy=False)
    done_count = fields.Integer("Rows done", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    seen_partner_id = fields.Integer(readonly=True, copy=False)
    error = fields.Char("Stopped", readonly=True, copy=False)
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

    @api.depends("file_kind", "encoding", "separator", "sheet")
    def _compute_look_text(self):
        _ = self.env._
        marks = {";": _("semicolons"), ",": _("commas"), "\t": _("tabs"), "|": _("bars")}
        for record in self:
            if record.file_kind == "xlsx":
                record.look_text = _("Excel workbook, sheet “%(sheet)s”", sheet=record.sheet)
            elif record.file_kind:
                record.look_text = _(
                    "Text in %(encoding)s, cells separated by %(separator)s",
                    encoding=table_file.ENCODINGS.get(record.encoding, record.encoding),
                    separator=marks.get(record.separator, record.separator),
                )
            else:
                record.look_text = False

    @api.depends("state", "done_count", "total_count")
    def _compute_progress(self):
        for record in self:
            record.progress = (
                100.0 * record.done_count / record.total_count if record.total_count else 0.0
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

    def _has_file(self):
        return bool(self._file_attachment())

    def _file_attachment(self):
        self.ensure_one()
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "file"),
                    ("res_id", "=", self.id),
                ],
                limit=1,
            )
        )

    def _open(self):
        """The file as a stream: from the filestore, never as a whole in memory.

        :raises UserError: when there is none
        """
        attachment = self._file_attachment()
        if not attachment:
            raise UserError(self.env._("Choose a file first."))
        return self._open_attachment(attachment)

    @api.model
    def _open_attachment(self, attachment):
        if attachment.store_fname:
            return Path(attachment._full_path(attachment.store_fname)).open("rb")
        return io.BytesIO(attachment.raw or b"")

    def _look(self):
        """Recognise the file, and guess what its columns hold.

        :raises UserError: with a sentence when it is no table
        """
        self.ensure_one()
        with self._open() as stream:
            try:
                table = table_file.look(stream)
                samples = self._samples(stream, table)
            except table_file.FileError as fault:
                raise UserError(self._fault_sentence(fault)) from fault
        self._forget_rows()
        self.write(
            {
                "state": "draft",
                "file_kind": table.kind,
                "encoding": table.encoding,
                "separator": table.separator,
                "sheet": table.sheet,
                "is_doubled": table.doubled,
                "repair": table.doubled,
                "mapping_id": self.mapping_id.id
                or self.env["political.import.mapping"]._best_for(table.header).id,
            }
        )
        columns = self.mapping_id._columns_for(table.header)
        for values, sample in zip(columns, samples, strict=True):
            values["sample"] = sample
        self.column_ids.unlink()
        self.env["political.import.column"].create(
            [{**values, "import_id": self.id} for values in columns]
        )

    @api.model
    def _samples(self, stream, table):
        """Some cells of each column, as text."""
        cells = [[] for _name in table.header]
        for count, row in enumerate(table_file.rows(stream, table, repair=table.doubled)):
            if count >= 50:
                break
            for some, cell in zip(cells, row.cells, strict=False):
                text = cell.replace("\x00", "").strip()[:40]
                if text and len(some) < SAMPLES and text not in some:
                    some.append(text)
        return [" · ".join(some) for some in cells]

    def _map_columns(self):
        for record in self.filtered("column_ids"):
            header = record.column_ids.mapped("name")
            for column, values in zip(
                record.column_ids, record.mapping_id._columns_for(header), strict=True
            ):
                column.write({key: value for key, value in values.items() if key != "name"})

    def _recognised(self):
        """The file as :meth:`_look` recognised it."""
        with self._open() as stream:
            try:
                return table_file.look(stream)
            except table_file.FileError as fault:
                raise UserError(self._fault_sentence(fault)) from fault

    # ---------------------------------------------------------------- acting

    def _check_may_import(self):
        """Only who may import, in a company of theirs.

        :raises AccessError: for anybody else
        """
        if not (self.env.su or self.env.user.has_group(GROUP)):
            raise AccessError(self.env._("You may not import files. Ask a party administrator."))
        self.check_access("write")

    def _lock(self):
        """One worker at a time. Read again what another one may have written."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT state FROM political_import WHERE id = %s FOR UPDATE SKIP LOCKED", self.id)
        )
        found = self.env.cr.fetchone()
        self.invalidate_recordset()
        return found and found[0]

    def _check_lock(self, *states):
        if self._lock() not in states:
            raise UserError(
                self.env._("This import is at another step already: load the page again.")
            )

    def action_preview(self):
        """Read, clean and match the rows; no contact is touched.

        :returns: ``True``
        :raises UserError: with a sentence for what is wrong with the file or its columns
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("draft", "preview")
        self._check_columns()
        self._forget_rows()
        self.write({"state": "reading", "error": False, "user_id": self.env.user.id})
        if self._file_attachment().file_size <= self._inline_rows() * ROW_BYTES:
            self._read_rows()
            self._match()
        else:
            self._wake_job()
        return True

    def action_apply(self):
        """Write what the preview shows.

        :returns: ``True``
        :raises UserError: when there is no preview
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("preview")
        self._check_rental()
        self.write({"state": "applying", "error": False, "user_id": self.env.user.id})
        self._begin_applying()
        if self.total_count <= self._inline_rows():
            while self._apply_batch():
                pass
        else:
            self._wake_job()
        return True

    def action_undo(self):
        """Take the import back, as far as nobody changed its contacts since.

        :returns: ``True``
        :raises UserError: when it was not applied or its term has passed
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("done")
        if self.is_forgotten:
            raise UserError(
                self.env._(
                    "The values that this import replaced are deleted after their term: it "
                    "cannot be taken back any more."
                )
            )
        self.write({"state": "undoing", "error": False, "done_count": 0})
        if self.created_count + self.updated_count <= self._inline_rows():
            while self._undo_batch():
                pass
        else:
            self._wake_job()
        return True

    def action_back(self):
        """Return from the preview to the columns.

        :returns: ``True``
        """
        self.ensure_one()
        self._check_may_import()
        self._check_lock("preview", "draft")
        self._back_to_draft()
        return True

    def action_resume(self):
        """Go on after a stop.

        :returns: ``True``
        """
        self.ensure_one()
        self._check_may_import()
        self.error = False
        self._wake_job()
        return True

    def action_refresh(self):
        """Show how far the work is.

        :returns: ``True``
        """
        return True

    def action_save_mapping(self):
        """Keep these columns as a mapping for the next file of the same make.

        :returns: a window action that opens the mapping
        """
        self.ensure_one()
        self._check_may_import()
        mapping = self.env["political.import.mapping"].create(
            {
                "name": self.env._("Columns of %(file)s", file=self.filename or self.name),
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "column": column.name,
                            "target": column.target,
                            "policy": column.policy,
                            "purpose_id": column.purpose_id.id,
                            "channel": column.channel,
                        },
                    )
                    for column in self.column_ids
                    if column.name
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": mapping._name,
            "res_id": mapping.id,
            "view_mode": "form",
        }

    def action_rejects(self):
        """Download the rejected rows as they were, with a column that says why.

        :returns: an URL action
        """
        self.ensure_one()
        self._check_may_import()
        return {
            "type": "ir.actions.act_url",
            "url": f"/political/import/{self.id}/rejects",
            "target": "download",
        }

    def _check_columns(self):
        targets = self.column_ids.filtered("target").mapped("target")
        named = {"firstname", "lastname", "fullname", "email", "company_name"} & set(targets)
        if not named:
            raise UserError(
                self.env._(
                    "Say which column holds the name, or at least the e-mail address: without "
                    "either there is nobody to import."
                )
            )

    def _check_rental(self):
        rental = self.rental_id
        if rental and not rental._is_live():
            raise UserError(rental._fault_sentence())

    # ---------------------------------------------------------------- working in the background

    @api.model
    def _wake_job(self):
        self.env.ref("political_crm.ir_cron_import").sudo()._trigger()

    @api.model
    def _cron_work(self):
        """Scheduled: go on with what is under way, a batch a transaction."""
        job = self.env["ir.cron"]
        for record in self.search([("state", "in", WORKING), ("error", "=", False)], order="id"):
            worker = record.with_user(record.user_id).sudo().with_company(record.company_id)
            while worker._work():
                left = max(worker.total_count - worker.done_count, 1)
                if not job._commit_progress(1, remaining=left):
                    return
            job._commit_progress(1, remaining=0)

    def _work(self):
        """One batch of whatever the import is at; whether there is more to do."""
        state = self._lock()
        steps = {
            "reading": self._read_step,
            "applying": self._apply_batch,
            "undoing": self._undo_batch,
        }
        if state not in steps:
            return False
        try:
            with self.env.cr.savepoint():
                return steps[state]()
        except UserError as error:
            self.invalidate_recordset()
            self.error = str(error)
            return False

    def _read_step(self):
        if self._read_rows(once=True):
            return True
        self._match()
        return False

    # ---------------------------------------------------------------- forgetting

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
        )

    @api.model
    def _retention_days(self):
        return self._parameter("days", 30)

    @api.model
    def _inline_rows(self):
        return self._parameter("inline_rows", INLINE_ROWS)

    @api.model
    def _batch_rows(self):
        return self._parameter("batch_rows", BATCH_ROWS)

    @api.model
    def _parameter(self, name, default):
        """A positive number that an administrator may have set."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"political_crm.import_{name}")
        return int(value) if value and value.isdigit() and int(value) else default

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

    # ---------------------------------------------------------------- words

    @api.model
    def _fault_sentence(self, fault):
        _ = self.env._
        sentences = {
            "empty": _("The file is empty."),
            "pdf": _("This is a PDF. Export the table as CSV or XLSX from where it was made."),
            "xls": _(
                "This is an Excel file of before 2007. Open it and save it as “.xlsx” or “.csv”."
            ),
            "ods": _("This is a LibreOffice file. Save it as “.xlsx” or “.csv”."),
            "image": _("This is a picture, not a table."),
            "zip": _("This is an archive. Unpack it and choose the file inside: %(names)s."),
            "page": _(
                "This is a web page, not a table: the download was saved before you had logged "
                "in, or the page instead of the file. Download it again."
            ),
            "binary": _("This file is no text and no workbook: choose a CSV or XLSX file."),
            "damaged": _("The file is damaged or cut off: download or export it again."),
            "header": _("The first line holds no names of columns. Add them and try again."),
            "no_header": _(
                "The first line holds a person's data, not the names of the columns. Add a line "
                "with their names on top and try again."
            ),
            "columns": _("The file has %(number)s columns: no table of people has that many."),
            "line": _("Line %(number)s is longer than any table's: this is no CSV file."),
            "quote": _(
                "A quotation mark opens at or before line %(number)s and never closes: the file "
                "is cut off or was badly exported. Export it again."
            ),
            "workbook": _(
                "This workbook unpacks to more than memory allows. Save the sheet as CSV: that "
                "has no limit."
            ),
        }
        values = {"names": "?", "number": "?", **fault.values}
        return sentences[fault.code] % values

    @api.model
    def _row_sentences(self):
        """Why rows are rejected or known, and remarks, by code."""
        _ = self.env._
        return {
            "wide": _("The row has more cells than the file has columns."),
            "cut": _("The file ends within this row."),
            "formula": _("A cell holds a formula. Paste it as a value."),
            "error": _("A cell holds a spreadsheet's error, such as #REF!."),
            "unreadable": _("A cell holds characters that no text has."),
            "nobody": _("Neither a name nor an e-mail address."),
            "date": _("“%(what)s” is no date. Write 31/12/1980 or 1980-12-31."),
            "birthdate": _("Nobody alive was born on “%(what)s”."),
            "answer": _("“%(what)s” is neither yes nor no."),
            "category": _("“%(what)s” is no category: member, former, regular, occasional …"),
            "origin": _("“%(what)s” is no origin of this base."),
            "branch": _("There is no branch “%(what)s”."),
            "station": _("There is no polling station “%(what)s”."),
            "parent": _("There is no organisation “%(what)s” above this row or in the base."),
            "social": _("A like or a follow makes an occasional contact and no more (R-15)."),
            "purchased": _("People of a rented file are prospects of a rented file and no more."),
            "roll": _("The electoral roll never becomes contacts (R-16)."),
            "erased": _("This address was erased at its owner's request. Only they may come back."),
            "archived": _("A contact with this address or name is archived. Restore it first."),
            "user": _("This is the card of somebody who works with this system."),
            "several": _("Several contacts fit: merge them first, or change them by hand."),
            "twice": _("The same person as in row %(what)s."),
            "same": _("The contact has all this already."),
            "gone": _("The contact that fitted is gone since the preview."),
            "refused": _("Refused by the base: %(what)s"),
            "remark_email": _("The e-mail address is none: kept as written, nothing can be sent."),
            "remark_phone": _("The number is not valid: kept as written, no SMS can be sent."),
            "remark_country": _("The country is not known: left out."),
        }

    @api.model
    def _change_labels(self):
        labels = dict(
            self.env["political.import.column"]._fields["target"]._description_selection(self.env)
        )
        return {
            **labels,
            "address": self.env._("Address"),
            "party": self.env._("Enters the party's file"),
        }

    # ---------------------------------------------------------------- rejects

    def _rejects(self):
        """The rejected rows as the file had them, a last column saying why: CSV, by pieces.

        :returns: generator of str
        """
        self.ensure_one()
        _ = self.env._
        sentences = self._row_sentences()
        header = [*self.column_ids.mapped("name"), _("Reason")]
        yield "\ufeff" + self._csv_line(header)
        last = 0
        while True:
            self.env.cr.execute(
                SQL(
                    "SELECT number, raw, reason FROM political_import_row "
                    "WHERE import_id = %s AND outcome = 'reject' AND number > %s "
                    "ORDER BY number LIMIT 1000",
                    self.id,
                    last,
                )
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return
            for number, raw, reason in rows:
                code, _mark, detail = (reason or "").partition(":")
                yield self._csv_line([*json.loads(raw), sentences[code] % {"what": detail}])
                last = number

    def _csv_line(self, cells):
        mark = self.separator if self.file_kind == "csv" and self.separator else ";"
        quoted = [
            '"' + cell.replace('"', '""') + '"'
            if any(c in cell for c in (mark, '"', "\n", "\r")) or cell != cell.strip()
            else cell
            for cell in cells
        ]
        return mark.join(quoted) + "\r\n"
