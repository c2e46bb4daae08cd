import hashlib
import io
import shutil
import uuid
from dataclasses import asdict
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import table_file

# Small files are done within the request; larger ones by the scheduled job, a batch a transaction.
# Parameters political_crm.import_inline_rows and political_crm.import_batch_rows set others.
INLINE_ROWS = 20_000
BATCH_ROWS = 10_000
ROW_BYTES = 600
PIECE = 1 << 20
COPIED = 1 << 16
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class PoliticalFileJob(models.AbstractModel):
    """A file that is worked through in batches, each of which commits with its place.

    Any worker goes on where another died. What a model does at each state is its
    :meth:`_steps`; its scheduled job calls :meth:`_cron_work`.
    """

    _name = "political.file.job"
    _description = "File that is worked through in batches"

    _job = None
    """External id of the model's scheduled job."""

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
    filename = fields.Char(copy=False)
    recognised = fields.Json(readonly=True, copy=False, help="What the file looks like.")
    total_count = fields.Integer("Rows", readonly=True, copy=False)
    read_number = fields.Integer(readonly=True, copy=False)
    read_mark = fields.Char(
        readonly=True, copy=False, help="While it is read: where in the file that row ends."
    )
    done_count = fields.Integer("Rows done", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    error = fields.Char("Stopped", readonly=True, copy=False)

    @api.depends("done_count", "total_count", "read_mark")
    def _compute_progress(self):
        for record in self:
            if record.read_mark:
                done, whole = record._bytes_read(), record._file_attachment().file_size
            else:
                done, whole = record.done_count, record.total_count
            record.progress = 100.0 * done / whole if whole else 0.0

    def _bytes_read(self):
        """How much of the file was read. Above the place a mark may hold what the decoder had in
        hand."""
        return int(self.read_mark) & ((1 << 64) - 1)

    # ---------------------------------------------------------------- the file

    def _has_file(self):
        return bool(self._file_attachment())

    def _file_attachment(self):
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "file"),
                    ("res_id", "in", self.ids),
                ]
            )
        )

    def _open(self):
        """The file as a stream: from the filestore, never as a whole in memory.

        :raises UserError: when there is none
        """
        self.ensure_one()
        attachment = self._file_attachment()
        if not attachment:
            raise UserError(self.env._("Choose a file first."))
        if attachment.store_fname:
            return Path(attachment._full_path(attachment.store_fname)).open("rb")
        return io.BytesIO(attachment.raw or b"")

    def _store(self, stream):
        """Move a file into the filestore by pieces, never whole in memory.

        :param stream: seekable binary stream
        """
        attachments = self.env["ir.attachment"].sudo()
        checksum, size = hashlib.sha1(usedforsecurity=False), 0
        while piece := stream.read(PIECE):
            checksum.update(piece)
            size += len(piece)
        digest = checksum.hexdigest()
        fname = f"{digest[:2]}/{digest}"
        self._store_as(Path(attachments._full_path(fname)), stream)
        attachments._mark_for_gc(fname)
        made = attachments.create(
            {
                "name": "file",
                "res_model": self._name,
                "res_field": "file",
                "res_id": self.id,
                "type": "binary",
            }
        )
        self.env.cr.execute(
            SQL(
                "UPDATE ir_attachment SET store_fname = %s, checksum = %s, file_size = %s, "
                "mimetype = 'application/octet-stream' WHERE id = %s",
                fname,
                digest,
                size,
                made.id,
            )
        )
        made.invalidate_recordset()

    @api.model
    def _store_as(self, path, stream):
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        stream.seek(0)
        # A name of its own: two may send the same file at once.
        part = path.with_suffix(f".{uuid.uuid4().hex}")
        try:
            with part.open("xb") as out:
                shutil.copyfileobj(stream, out, PIECE)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _is_small(self):
        """Whether the file is read while somebody waits."""
        return self._file_attachment().file_size <= self._inline_rows() * ROW_BYTES

    def _recognise(self, stream):
        """Look at the whole file once, and keep what it looks like.

        :rtype: table_file.Table
        """
        table = table_file.look(stream)
        self.recognised = asdict(table)
        return table

    def _known_table(self, stream):
        """What the file looks like, without looking through all of it at each batch.

        :rtype: table_file.Table
        """
        return table_file.Table(**self.recognised) if self.recognised else self._recognise(stream)

    def _read_file(self, table, stream, reader):
        """Let a reader write the next batch; the place in the file goes along with it."""
        place = table_file.Place(self.read_number, self.read_mark or "")
        reader.begin(table_file.rows(stream, table, reader.repair, place), self.read_number)
        more = reader.copy_batch(self._rows_at_once(table))
        self.write({"read_number": reader.last, "read_mark": more and place.mark()})
        return more

    def _rows_at_once(self, table):
        """A workbook is unpacked from its beginning each time: each batch is as large as all
        before it."""
        least = self._batch_rows()
        return least if table.kind == "csv" else max(least, self.read_number)

    # ---------------------------------------------------------------- working in the background

    def _steps(self):
        """What to do at each state of work.

        :returns: dict of a method without arguments by state; it does one batch and says whether
            there is more
        """
        return {}

    def _lock(self):
        """One worker at a time. Read again what another one may have written."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT state FROM %s WHERE id = %s FOR UPDATE SKIP LOCKED",
                SQL.identifier(self._table),
                self.id,
            )
        )
        found = self.env.cr.fetchone()
        self.invalidate_recordset()
        return found and found[0]

    def _check_lock(self, *states):
        if self._lock() not in states:
            raise UserError(
                self.env._("This import is at another step already: load the page again.")
            )

    @api.model
    def _wake_job(self):
        self.env.ref(self._job).sudo()._trigger()

    @api.model
    def _cron_work(self):
        """Scheduled: go on with what is under way, a batch a transaction."""
        job = self.env["ir.cron"]
        working = [("state", "in", [*self._steps()]), ("error", "=", False)]
        for record in self.search(working, order="id"):
            worker = record._worker()
            while worker._work():
                left = max(worker.total_count - worker.done_count, 1)
                if not job._commit_progress(1, remaining=left):
                    return
            job._commit_progress(1, remaining=0)

    def _worker(self):
        """The record as whoever does its work: in the name of who began it."""
        self.ensure_one()
        return self.with_user(self.user_id).sudo().with_company(self.company_id)

    def _work(self):
        """One batch of whatever the file is at; whether there is more to do."""
        step = self._steps().get(self._lock())
        if not step:
            return False
        try:
            with self.env.cr.savepoint():
                return step()
        except UserError as error:
            self.invalidate_recordset()
            self._stop(str(error))
            return False

    def _stop(self, sentence):
        """What was not to be done is told, and waits for somebody."""
        self.error = sentence

    def action_refresh(self):
        """Show how far the work is.

        :returns: ``True``
        """
        return True

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


class Reader:
    """Feeds COPY with rows of a file as PostgreSQL asks for them; an empty text is nothing.

    :param model: whose table takes the rows
    :param columns: of that table, in the order of the lines
    :param values: turns a row into the columns' values; ``None`` leaves it out
    :param bool repair: mend accents that were encoded twice
    """

    def __init__(self, model, columns, values, repair=False):
        self.model = model
        self.columns = columns
        self.values = values
        self.repair = repair
        self.count = 0
        self.fault = None

    def begin(self, rows, last):
        """Go on with rows of a file.

        :param rows: iterator of ``table_file.Row``
        :param int last: number of the row before them
        """
        self.rows = rows
        self.last = last
        self.ended = False

    def copy_batch(self, most):
        """Write some rows; whether there may be more.

        :raises table_file.FileError: where the file cannot be read any further
        """
        self.left = most
        statement = SQL(
            "COPY %s (%s) FROM STDIN (NULL '')",
            SQL.identifier(self.model._table),
            SQL(", ").join(SQL.identifier(name) for name in self.columns),
        )
        self.model.env.cr._obj.copy_expert(statement.code, self, COPIED)
        if self.fault:
            raise self.fault
        self.model.invalidate_model()
        return not self.ended

    def read(self, size=COPIED):  # pylint: disable=method-required-super
        """Text of the next rows. What psycopg2 calls may not raise: it would hide the fault."""
        try:
            return self._lines(size)
        except table_file.FileError as fault:
            self.fault = fault
            return ""

    def _lines(self, size):
        lines, length = [], 0
        while self.left and not self.ended and length < size:
            row = next(self.rows, None)
            if row is None:
                self.ended = True
                continue
            values = self.values(row)
            self.left -= 1
            self.count += 1
            self.last = row.number
            if values:
                lines.append(copied(values))
                length += len(lines[-1])
        return "".join(lines)


def copied(values):
    """A line of COPY.

    :param list values: of any type; ``None`` and ``""`` are nothing
    :rtype: str
    """
    texts = ["" if v is None else v if v.__class__ is str else str(v) for v in values]
    line = "\t".join(texts)
    # Nearly every line is one as it stands.
    if "\\" in line or not line.replace("\t", " ", len(texts) - 1).isprintable():
        line = "\t".join(text.translate(ESCAPED) for text in texts)
    return f"{line}\n"
