from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..lib import table_file
from ..lib.contact_cleaning import CellError
from ..lib.roll_file import COLUMNS, RollLayout
from .political_file_job import Reader

GROUP = "political_crm.group_roll"


class PoliticalRoll(models.Model):
    """An electoral roll in its vault (R-16 to R-19): for one ballot, then deleted.

    Nothing links an elector to a contact, here or anywhere: who is on the roll is no supporter.
    """

    _name = "political.roll"
    _inherit = ["political.file.job"]
    _description = "Electoral roll"
    _job = "political_crm.ir_cron_roll_reading"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    state = fields.Selection(
        [
            ("draft", "To read"),
            ("reading", "Reading"),
            ("done", "In the vault"),
            ("deleted", "Deleted"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    election_id = fields.Many2one(
        "political.election",
        "Ballot",
        required=True,
        ondelete="restrict",
        help="The roll serves this ballot and is deleted after it (R-17).",
    )
    last_round = fields.Date(
        "Last round",
        compute="_compute_last_round",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Day of the last round of this ballot.",
    )
    appeal_days = fields.Integer(
        "Days for appeals",
        default=lambda self: self._default_appeal_days(),
        help="How long the roll is kept after the last round. The data protection officer sets "
        "the default.",
    )
    delete_on = fields.Date("Deleted on", compute="_compute_delete_on", precompute=True, store=True)
    is_undertaken = fields.Boolean(
        "Undertaking of non-commercial use",
        help="Signed when the roll was asked for (electoral code, article L. 37).",
    )
    undertaken_by = fields.Char("Signed by")
    undertaken_on = fields.Date("Signed on")
    authority = fields.Char("Handed over by", help="Prefecture or town hall.")
    entry_count = fields.Integer("Electors", readonly=True, copy=False)
    rejected_count = fields.Integer("Rows that could not be read", readonly=True, copy=False)
    collapsed_count = fields.Integer(
        "Same person on two lists", readonly=True, copy=False, help="EU citizens may be on both."
    )
    deleted_count = fields.Integer("Electors deleted", readonly=True, copy=False)
    deleted_at = fields.Datetime(readonly=True, copy=False)

    @api.depends("election_id", "filename")
    def _compute_name(self):
        for roll in self:
            roll.name = roll.name or roll.election_id.name or self.env._("Electoral roll")

    @api.depends("election_id")
    def _compute_last_round(self):
        for roll in self:
            roll.last_round = roll.election_id.date or roll.last_round

    @api.depends("last_round", "appeal_days")
    def _compute_delete_on(self):
        for roll in self:
            roll.delete_on = roll.last_round and roll.last_round + timedelta(
                days=roll.appeal_days + 1
            )

    @api.model
    def _default_appeal_days(self):
        value = self.env["ir.config_parameter"].sudo().get_param("political_crm.roll_days", "10")
        return int(value) if value.isdigit() else 10

    @api.constrains("appeal_days", "last_round")
    def _check_term(self):
        for roll in self:
            if not 0 <= roll.appeal_days <= 90:
                raise ValidationError(
                    self.env._("A roll is kept for 90 days after the ballot at most.")
                )

    # ---------------------------------------------------------------- reading

    def action_read(self):
        """Read the file into the vault, a large one in batches by the scheduled job; the file
        itself is deleted once it is read.

        :returns: ``True``
        :raises UserError: without an undertaking, for a ballot that is over, or a file that is no
            roll; nothing is then written
        """
        self.ensure_one()
        self._check_may_read()
        self._check_lock("draft")
        self._check_ready()
        self._check_layout()
        self.write({"state": "reading", "error": False, "user_id": self.env.user.id})
        if self._is_small():
            while self._read_batch():
                pass
        else:
            self._wake_job()
        return True

    def _steps(self):
        return {"reading": self._read_batch}

    def _stop(self, sentence):
        """A file that cannot be read to its end leaves nothing in the vault."""
        self._empty()
        self.write({"state": "draft", "error": sentence, "rejected_count": 0})

    def _check_may_read(self):
        if not (self.env.su or self.env.user.has_group(GROUP)):
            raise AccessError(self.env._("Electoral rolls are kept by those named for it alone."))
        self.check_access("write")

    def _check_ready(self):
        _ = self.env._
        if not (
            self.is_undertaken and self.undertaken_by and self.undertaken_on and self.authority
        ):
            raise UserError(
                _(
                    "Say who signed the undertaking of non-commercial use, when, and which "
                    "authority handed the roll over (electoral code, article L. 37)."
                )
            )
        if self.delete_on <= fields.Date.context_today(self):
            raise UserError(_("This ballot is over: its roll may not be read any more (R-17)."))
        if not self._file_attachment():
            raise UserError(_("Choose the file first."))

    def _check_layout(self):
        """A sentence at once for a file that is no roll."""
        with self._open() as stream:
            try:
                self._layout(self._recognise(stream))
            except table_file.FileError as fault:
                raise UserError(self._fault_sentence(fault)) from fault

    def _layout(self, table):
        layout = RollLayout(table.header, self.filename)
        if layout.missing:
            raise UserError(
                self.env._(
                    "This is no electoral roll: it lacks the columns of the birth name, the first "
                    "names or the date of birth (layouts of 2013 and of the REU). Nothing was "
                    "written."
                )
            )
        return layout

    def _read_batch(self):
        """Put the next electors into the vault; whether there are more."""
        with self._open() as stream:
            table = self._known_table(stream)
            values = EntryValues(self, self._layout(table))
            entries = self.env["political.roll.entry"]
            reader = Reader(entries, ("roll_id", *COLUMNS), values, repair=table.doubled)
            try:
                more = self._read_file(table, stream, reader)
            except table_file.FileError as fault:
                raise UserError(self._fault_sentence(fault)) from fault
        self.write(
            {
                "entry_count": self.entry_count + reader.count - values.rejected,
                "rejected_count": self.rejected_count + values.rejected,
            }
        )
        if not more:
            self._end_reading()
        return more

    def _end_reading(self):
        if not self.entry_count:
            raise UserError(self.env._("No row of this file could be read: nothing was written."))
        self._collapse()
        self._file_attachment().unlink()
        self.state = "done"

    def _collapse(self):
        """One person on both lists of EU citizens is one elector; homonyms on one list are two."""
        self.env.cr.execute("ANALYZE political_roll_entry")
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM political_roll_entry e USING political_roll_entry o
                 WHERE e.roll_id = %(id)s AND o.roll_id = %(id)s AND e.id <> o.id
                   AND e.list_kind = 'lce' AND o.list_kind = 'lcm'
                   AND e.lastname = o.lastname
                   AND e.firstnames IS NOT DISTINCT FROM o.firstnames
                   AND e.birthdate IS NOT DISTINCT FROM o.birthdate
                   AND e.birth_year IS NOT DISTINCT FROM o.birth_year
                   AND e.station_code IS NOT DISTINCT FROM o.station_code
                   AND e.street IS NOT DISTINCT FROM o.street
                """,
                id=self.id,
            )
        )
        self.collapsed_count = self.env.cr.rowcount
        self.entry_count -= self.collapsed_count
        self.env["political.roll.entry"].invalidate_model()

    def action_entries(self):
        """Open the electors of this roll.

        :returns: a window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_roll_entry")
        action["domain"] = [("roll_id", "=", self.id)]
        return action

    def action_delete_now(self):
        """Delete the electors before the term.

        :returns: ``True``
        """
        self._check_may_read()
        self._delete_entries()
        return True

    @api.model
    def _cron_delete(self):
        """Scheduled: the day after the last round and the days for appeals (R-17)."""
        self.search(
            [("state", "!=", "deleted"), ("delete_on", "<=", fields.Date.today())]
        )._delete_entries()

    def _delete_entries(self):
        for roll in self:
            roll.write(
                {
                    "deleted_count": roll._empty(),
                    "state": "deleted",
                    "deleted_at": fields.Datetime.now(),
                    "filename": False,
                }
            )
        self._file_attachment().unlink()

    def _empty(self):
        """Delete the electors; how many there were."""
        self.env.cr.execute(SQL("DELETE FROM political_roll_entry WHERE roll_id = %s", self.id))
        deleted = self.env.cr.rowcount
        self.write({"entry_count": 0, "read_number": 0, "read_mark": False})
        self.env["political.roll.entry"].invalidate_model()
        return deleted

    def write(self, vals):
        if {"election_id", "last_round", "appeal_days", "file"} & set(vals) and any(
            roll.state != "draft" for roll in self
        ):
            raise UserError(
                self.env._("A roll in the vault keeps its ballot and its term. Delete it instead.")
            )
        return super().write(vals)


class EntryValues:
    """Turns a row of a roll into values; counts what cannot be read and keeps nothing of it."""

    def __init__(self, roll, layout):
        self.roll_id = roll.id
        self.layout = layout
        self.rejected = 0

    def __call__(self, row):
        """The values of an elector, ``None`` for a row that cannot be read."""
        if not row.fault:
            try:
                entry = self.layout.entry(row.cells)
            except CellError:
                entry = None
            if entry:
                return [self.roll_id, *(entry[name] for name in COLUMNS)]
        self.rejected += 1
        return None
