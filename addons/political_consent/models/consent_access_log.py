from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .consent_data_registry import ADDRESS_COLUMN

EXPORT_GROUP = "political_consent.group_consent_export"
BULK_ROWS = 40  # what one page of a kanban holds
DAILY_CAP = 5000
PERMIT = timedelta(minutes=30)
KEPT_MONTHS = 12
NOT_PERSONS = {
    "res.company",
    "mail.alias",
    "mail.alias.domain",
    "mail.template",
    "mailing.mailing",
    "res.bank",
    "fetchmail.server",
    "ir.mail_server",
    "event.event",
    "discuss.channel",
    "website",
    "consent.access.log",
}


class ConsentAccessLog(models.Model):
    """Who read, printed or took out many people at once, when and why: never whom (R-42, R-70)."""

    _name = "consent.access.log"
    _description = "Access to many people"
    _log_access = False
    _order = "at desc, id desc"
    _rec_name = "kind"

    at = fields.Datetime("When", required=True, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("permit", "Reason given"),
            ("read", "Read"),
            ("group", "Grouped read"),
            ("export", "Export"),
            ("print", "Print"),
            ("vcard", "vCard"),
            ("json", "JSON route"),
        ],
        required=True,
        readonly=True,
    )
    model = fields.Char(required=True, readonly=True)
    count = fields.Integer("People", readonly=True, aggregator="sum")
    columns = fields.Char("Fields", readonly=True)
    reason = fields.Char(readonly=True)

    _user_index = models.Index("(user_id, at)")

    def init(self):  # pylint: disable=missing-return
        super().init()
        self.env.cr.execute(
            "ALTER TABLE consent_access_log ALTER COLUMN at "
            "SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')"
        )

    # ---------------------------------------------------------------- writing

    @api.model
    def _note(self, kind, model_name, count, columns=(), reason=None):
        """One INSERT; in a read-only transaction, on a connection of its own once it is over."""
        row = (
            datetime.now(timezone.utc).replace(tzinfo=None),
            self.env.uid,
            self.env.company.id,
            kind,
            model_name,
            count,
            ", ".join(sorted(columns))[:255] or None,
            reason,
        )
        query = SQL(
            "INSERT INTO consent_access_log "
            "(at, user_id, company_id, kind, model, count, columns, reason) VALUES %s",
            row,
        )
        if not self.env.cr.readonly:
            self.env.cr.execute(query)
            return
        registry = self.env.registry

        def insert():
            with registry.cursor() as cr:
                cr.execute(query)

        self.env.cr.postcommit.add(insert)

    @api.model
    def _number(self, parameter, default):
        value = self.env["ir.config_parameter"].sudo().get_param(f"political_consent.{parameter}")
        return int(value) if value else default

    @api.model
    def _bulk_rows(self):
        """From how many people on a read is logged."""
        return self._number("bulk_rows", BULK_ROWS)

    @api.model
    def _read_in_bulk(self, kind, model_name, count, columns):
        """Log a large read, and stop whoever has read too many people for one day.

        :raises AccessError: past the daily cap
        """
        self._note(kind, model_name, count, columns)
        cap = self._number("daily_cap", DAILY_CAP)
        if cap and self._read_today() + (count if self.env.cr.readonly else 0) > cap:
            raise AccessError(
                self.env._(
                    "You have read more than %(cap)s people in a day. This limit protects them; "
                    "the data protection officer can raise it.",
                    cap=cap,
                )
            )

    @api.model
    def _read_today(self):
        self.env.cr.execute(
            SQL(
                "SELECT COALESCE(sum(count), 0) FROM consent_access_log "
                "WHERE user_id = %s AND kind IN ('read', 'group') AND at > %s",
                self.env.uid,
                datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=1),
            )
        )
        return self.env.cr.fetchone()[0]

    # ---------------------------------------------------------------- taking out

    @api.model
    def _take_out(self, kind, model_name, count, columns=()):
        """Check and log that people's data leaves the house.

        :returns: the sentence that marks the file
        :raises AccessError: without the right, or without a reason given within half an hour
        """
        if not self.env.user.has_group(EXPORT_GROUP):
            raise AccessError(
                self.env._("People's data leaves only with the right to export it. Ask for it.")
            )
        reason = self._open_reason()
        if not reason:
            raise AccessError(
                self.env._(
                    "Say why first, under Trust › Take data out; you then have half an hour."
                )
            )
        self._note(kind, model_name, count, columns, reason)
        return self._watermark(reason)

    @api.model
    def _open_reason(self):
        self.env.cr.execute(
            SQL(
                "SELECT reason FROM consent_access_log WHERE user_id = %s AND kind = 'permit' "
                "AND at > %s ORDER BY at DESC LIMIT 1",
                self.env.uid,
                datetime.now(timezone.utc).replace(tzinfo=None) - PERMIT,
            )
        )
        return (self.env.cr.fetchone() or [None])[0]

    @api.model
    def _watermark(self, reason):
        moment = fields.Datetime.context_timestamp(self, fields.Datetime.now())
        return self.env._(
            "Taken out by %(user)s on %(moment)s for: %(reason)s. Not to be passed on.",
            user=self.env.user.name,
            moment=moment.strftime("%d/%m/%Y %H:%M"),
            reason=reason,
        )

    # ---------------------------------------------------------------- which models

    @api.model
    def _is_person_model(self, model_name):
        """Whether a model's rows carry people's addresses."""
        if model_name in NOT_PERSONS or model_name not in self.env:
            return False
        return any(
            f.store
            and f.type == "char"
            and not f.related
            and ADDRESS_COLUMN.search(name)
            and name not in ("number", "login")
            for name, f in self.env[model_name]._fields.items()
        )

    @api.model
    def _reaches_persons(self, model_name, path):
        """Whether a path of fields, as an export names it, ends in somebody's row."""
        model = self.env[model_name]
        for part in path.replace(".", "/").split("/"):
            f = model._fields.get(part)
            if f is None or not f.relational:
                break
            model = self.env[f.comodel_name]
            if part != path and self._is_person_model(model._name):
                return True
        return False

    @api.model
    def _export_reaches_persons(self, model_name, paths):
        return self._is_person_model(model_name) or any(
            self._reaches_persons(model_name, path) for path in paths
        )

    @api.autovacuum
    def _gc_log(self):
        """R-70: twelve months, no more."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM consent_access_log "
                "WHERE at < (now() AT TIME ZONE 'UTC') - make_interval(months => %s)",
                KEPT_MONTHS,
            )
        )
