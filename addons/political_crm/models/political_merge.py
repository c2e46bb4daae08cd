from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger, ormcache

# Neither snapshot nor restored: the ledger is append-only and its answers follow it; the rest is
# of the moment.
LEFT_OUT = {
    "consent_event",
    "consent_state",
    "consent_seal",
    "political_merge_line",
    "bus_bus",
    "mail_presence",
}
# Rows of these never go in a merge, and much hangs on them.
NOT_FOLLOWED = {"res_partner", "res_users", "mail_message", "mail_notification"}
AUTHORS = ("create_uid", "write_uid")


class PoliticalMerge(models.Model):
    """A merge of contacts, with all that it takes to undo it.

    The journal keeps every row that the merge changed, deleted or added, as the database had it.
    It holds personal data, so it has a term and goes with the person who stays.
    """

    _name = "political.merge"
    _description = "Merge of contacts"
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Kept contact", required=True, readonly=True, ondelete="cascade", index=True
    )
    merged_count = fields.Integer("Merged into it", readonly=True)
    automatic = fields.Boolean(readonly=True)
    score = fields.Float("Probability", readonly=True, digits=(7, 6), aggregator="avg")
    state = fields.Selection(
        [("done", "Merged"), ("undone", "Undone")], required=True, default="done", readonly=True
    )
    until = fields.Date("Can be undone until", required=True, readonly=True, index=True)
    undone_uid = fields.Many2one("res.users", "Undone by", readonly=True)
    undone_at = fields.Datetime("Undone on", readonly=True)
    kept_count = fields.Integer(
        "Left as they were",
        readonly=True,
        help="Values that somebody changed after the merge: undoing it did not overwrite them.",
    )
    line_ids = fields.One2many("political.merge.line", "merge_id", groups=".")

    # ---------------------------------------------------------------- the journal

    @api.model
    def _photograph(self, moment, partner_ids):
        """Put the rows that hang on contacts, as they are now, into a temporary table.

        :param int moment: 0 before the merge, 1 after it
        :param list partner_ids: ids of all contacts of the merge
        """
        cr = self.env.cr
        self.env.flush_all()
        cr.execute(
            "CREATE TEMP TABLE IF NOT EXISTS political_merge_rows (moment int, tab text, "
            "key text, row jsonb, PRIMARY KEY (moment, tab, key)) ON COMMIT DROP"
        )
        if not moment:
            cr.execute("TRUNCATE political_merge_rows")
        ids = list(partner_ids)
        self._keep(moment, "res_partner", SQL("t.id = ANY(%s)", ids))
        links = self._links("res_partner").items()
        used = self._used([(table, column) for table, some in links for column in some], ids)
        for table, columns in used.items():
            self._keep(
                moment,
                table,
                SQL(" OR ").join(SQL("t.%s = ANY(%s)", SQL.identifier(c), ids) for c in columns),
            )
        for table, condition in self._loose_links(ids):
            self._keep(moment, table, condition)
        self._follow(moment)
        if moment:
            self._keep_again()

    @api.model
    def _keep(self, moment, table, condition):
        if table in LEFT_OUT:
            return
        key = (
            SQL("t.id::text") if table in self._catalogue()["has_id"] else SQL("to_jsonb(t)::text")
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO political_merge_rows SELECT %s, %s, %s, to_jsonb(t) FROM %s t "
                "WHERE %s ON CONFLICT DO NOTHING",
                moment,
                table,
                key,
                SQL.identifier(table),
                condition,
            )
        )

    @api.model
    def _catalogue(self):
        return self.env["consent.eraser"].sudo()._catalogue()

    @api.model
    def _links(self, target):
        """Tables with a foreign key to a table: ``{table: [columns]}``, wizards apart."""
        model_of = self._catalogue()["model_of"]
        links = {}
        for table, column, _kind in self._catalogue()["links"].get(target, ()):
            model = self.env.get(model_of.get(table, ""))
            if (
                (model is not None and model._transient)
                or table.startswith("base_partner_merge_")
                or column in AUTHORS
            ):
                continue
            links.setdefault(table, []).append(column)
        return links

    @api.model
    def _used(self, links, ids):
        """Of many columns that may name a record, those that name one of these, asked at once.

        :param list links: (table, column) each
        :param list ids: of the records
        :returns: ``{table: [columns]}``
        """
        self.env.cr.execute(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s WHERE EXISTS (SELECT FROM %s WHERE %s = ANY(%s))",
                    place,
                    SQL.identifier(table),
                    SQL.identifier(column),
                    ids,
                )
                for place, (table, column) in enumerate(links)
            )
        )
        used = {}
        for (place,) in self.env.cr.fetchall():
            table, column = links[place]
            used.setdefault(table, []).append(column)
        return used

    @api.model
    @ormcache()
    def _reference_columns(self):
        """(table, column) of every stored field that names a record with its model."""
        return tuple(
            (model._table, name)
            for model in self.env["consent.data.registry"].sudo()._tables().values()
            if not model._transient
            for name, field in model._fields.items()
            if field.type == "reference" and field.store
        )

    @api.model
    def _loose_links(self, ids):
        """Rows that name contacts without a foreign key: (table, condition) each."""
        registry = self.env["consent.data.registry"].sudo()
        for name, model_field, id_field in registry._pairs():
            if not self.env[name]._transient:
                yield (
                    self.env[name]._table,
                    SQL(
                        "t.%s = 'res.partner' AND t.%s = ANY(%s)",
                        SQL.identifier(model_field),
                        SQL.identifier(id_field),
                        ids,
                    ),
                )
        for table, column in self._reference_columns():
            yield (
                table,
                SQL(
                    "t.%s = ANY(%s)",
                    SQL.identifier(column),
                    [f"res.partner,{partner_id}" for partner_id in ids],
                ),
            )
        for field in self.env.registry.many2one_company_dependents["res.partner"]:
            yield (
                self.env[field.model_name]._table,
                SQL(
                    "EXISTS (SELECT FROM jsonb_each_text(t.%s) e WHERE e.value = ANY(%s))",
                    SQL.identifier(field.name),
                    [str(partner_id) for partner_id in ids],
                ),
            )

    @api.model
    def _follow(self, moment):
        """Rows that hang on those that may go: what a fold moves, a deletion takes along or cuts
        off."""
        cr = self.env.cr
        cr.execute(SQL("SELECT DISTINCT tab FROM political_merge_rows WHERE moment = %s", moment))
        has_id = self._catalogue()["has_id"]
        for (target,) in cr.fetchall():
            if target in NOT_FOLLOWED or target not in has_id:
                continue
            for table, columns in self._links(target).items():
                for column in columns:
                    self._keep(
                        moment,
                        table,
                        SQL(
                            "t.%s IN (SELECT key::int FROM political_merge_rows "
                            "WHERE moment = %s AND tab = %s)",
                            SQL.identifier(column),
                            moment,
                            target,
                        ),
                    )

    @api.model
    def _keep_again(self):
        """After the merge: the rows of before, wherever they hang now."""
        cr = self.env.cr
        cr.execute("SELECT DISTINCT tab FROM political_merge_rows WHERE moment = 0")
        for (table,) in cr.fetchall():
            if table in self._catalogue()["has_id"]:
                self._keep(
                    1,
                    table,
                    SQL(
                        "t.id IN (SELECT key::int FROM political_merge_rows "
                        "WHERE moment = 0 AND tab = %s)",
                        table,
                    ),
                )

    @api.model
    def _write_journal(self, partner, merged_count, *, automatic=False, score=0.0):
        """Keep what differs between the two photographs.

        :param partner: the contact that stays
        :param int merged_count: contacts that went into it
        :returns: the ``political.merge``
        """
        days = (partner.company_id or self.env.company).merge_undo_days
        merge = self.create(
            {
                "partner_id": partner.id,
                "merged_count": merged_count,
                "automatic": automatic,
                "score": score,
                "until": fields.Date.context_today(self) + timedelta(days=days),
            }
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_merge_line (merge_id, table_name, row_key, before, after)
                SELECT %s, tab, key,
                       CASE WHEN a.row IS NULL THEN b.row ELSE (
                           SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(b.row) e
                            WHERE a.row -> e.key IS DISTINCT FROM e.value) END,
                       CASE WHEN b.row IS NULL THEN a.row ELSE (
                           SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(a.row) e
                            WHERE b.row -> e.key IS DISTINCT FROM e.value) END
                  FROM (SELECT * FROM political_merge_rows WHERE moment = 0) b
                  FULL JOIN (SELECT * FROM political_merge_rows WHERE moment = 1) a
                       USING (tab, key)
                 WHERE a.row IS DISTINCT FROM b.row
                 ORDER BY tab <> 'res_partner', tab, key
                """,
                merge.id,
            )
        )
        self.env.cr.execute("DROP TABLE political_merge_rows")
        merge.invalidate_recordset(["line_ids"])
        return merge

    # ---------------------------------------------------------------- undoing

    def action_undo(self):
        """Take the merge back: the merged contacts return, with all that came from them.

        What somebody changed since stays as it is and is counted. Withdrawals that the merge wrote
        in the ledger stay too: nothing but the person makes a basis (R-33).

        :returns: a client action that says what was done
        :raises AccessError: without write access to the contact, or the right to review
        :raises UserError: when the term is over, or a later merge stands in the way
        """
        self.ensure_one()
        self.env["political.duplicate"]._check_reviewer()
        self.check_access("read")
        self.partner_id.check_access("write")
        merge = self.sudo()
        merge._check_undoable()
        merge._restore()
        kept = merge.kept_count
        message = (
            self.env._(
                "The contacts are apart again. %(count)s value(s) changed since were left as they "
                "are.",
                count=kept,
            )
            if kept
            else self.env._("The contacts are apart again, as they were.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if kept else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _check_undoable(self):
        self.ensure_one()
        # Two people undo it at once: the second waits, and finds it done.
        self.lock_for_update()
        if self.state != "done":
            raise UserError(self.env._("This merge has been undone already."))
        if self.until < fields.Date.context_today(self) or not self.line_ids:
            raise UserError(self.env._("The term to undo this merge is over: its journal is gone."))
        later = self.search(
            [("partner_id", "=", self.partner_id.id), ("state", "=", "done"), ("id", ">", self.id)],
            limit=1,
        )
        if later:
            raise UserError(
                self.env._(
                    "%(name)s was merged again later. Undo the later merge first.",
                    name=self.partner_id.display_name,
                )
            )

    def _restore(self):
        """Play the journal backwards."""
        self.env.flush_all()
        merged = [
            int(line.row_key)
            for line in self.line_ids
            if line.table_name == "res_partner" and not line.after
        ]
        lines = self.line_ids
        gone = lines.filtered(lambda line: not line.after)
        changed = lines.filtered(lambda line: line.before and line.after)
        added = lines.filtered(lambda line: not line.before)
        kept = sum(line._count_changed_since() for line in changed)
        # Rows depend on each other in ways only the database knows: try until nothing moves.
        left = gone._in_turn("_bring_back")
        left += changed._in_turn("_set_back")
        left += added._in_turn("_take_away")
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self._tell_apart([self.partner_id.id, *merged])
        lines.unlink()
        self.write(
            {
                "state": "undone",
                "undone_uid": self.env.uid,
                "undone_at": fields.Datetime.now(),
                "kept_count": kept + len(left),
            }
        )

    @api.model
    def _tell_apart(self, partner_ids):
        """Somebody has said that these are not one person."""
        self.env["political.duplicate"].search(
            [("left_id", "in", partner_ids), ("right_id", "in", partner_ids)]
        )._decide("distinct")

    @api.model
    def _cron_forget(self):
        """Journals past their term: what they keep of people goes."""
        self.flush_model(["until"])
        self.env.cr.execute(
            SQL(
                "DELETE FROM political_merge_line l USING political_merge m "
                "WHERE m.id = l.merge_id AND m.until < %s",
                fields.Date.context_today(self),
            )
        )
        self.invalidate_model(["line_ids"])


class PoliticalMergeLine(models.Model):
    """A row that a merge changed (both values), deleted (before only) or added (after only)."""

    _name = "political.merge.line"
    _description = "Row changed by a merge"
    _log_access = False
    _order = "id"

    merge_id = fields.Many2one(
        "political.merge", required=True, ondelete="cascade", index=True, readonly=True
    )
    table_name = fields.Char(required=True, readonly=True)
    row_key = fields.Char(required=True, readonly=True)
    before = fields.Json(readonly=True)
    after = fields.Json(readonly=True)

    def _in_turn(self, step):
        """Do a step for each line, those that fail again after the others.

        :returns: the lines that could not be done
        """
        waiting = self
        while waiting:
            failed = self.browse()
            for line in waiting:
                try:
                    with mute_logger("odoo.sql_db"), self.env.cr.savepoint(flush=False):
                        getattr(line, step)()
                except IntegrityError:
                    failed += line
            if len(failed) == len(waiting):
                return failed
            waiting = failed
        return waiting

    def _rows_of(self):
        return SQL.identifier(self.table_name)

    def _is_it(self):
        """The condition that finds the row, aliased t."""
        if self.table_name in self.env["political.merge"]._catalogue()["has_id"]:
            return SQL("t.id = %s", int(self.row_key))
        return SQL("to_jsonb(t) = %s::jsonb", self.row_key)

    def _bring_back(self):
        columns = SQL(", ").join(SQL.identifier(name) for name in self.before)
        values = SQL(", ").join(SQL.identifier("r", name) for name in self.before)
        self.env.cr.execute(
            SQL(
                "INSERT INTO %(table)s (%(columns)s) SELECT %(values)s FROM political_merge_line l,"
                " jsonb_populate_record(NULL::%(table)s, l.before) r WHERE l.id = %(id)s"
                " AND NOT EXISTS (SELECT FROM %(table)s t WHERE %(it)s)",
                table=self._rows_of(),
                columns=columns,
                values=values,
                id=self.id,
                it=self._is_it(),
            )
        )

    def _set_back(self):
        """Set each column to what it was, unless somebody has changed it since."""
        assignments = SQL(", ").join(
            SQL(
                "%(column)s = CASE WHEN to_jsonb(t) -> %(name)s = l.after -> %(name)s "
                "THEN r.%(column)s ELSE t.%(column)s END",
                column=SQL.identifier(name),
                name=name,
            )
            for name in self.before
        )
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s t SET %(set)s FROM political_merge_line l, "
                "jsonb_populate_record(NULL::%(table)s, l.before) r "
                "WHERE l.id = %(id)s AND %(it)s",
                table=self._rows_of(),
                set=assignments,
                id=self.id,
                it=self._is_it(),
            )
        )

    def _take_away(self):
        """Delete what the merge added, as long as it is as the merge left it."""
        if self.table_name.startswith("consent_"):
            return
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s t USING political_merge_line l "
                "WHERE l.id = %s AND %s AND to_jsonb(t) = l.after",
                self._rows_of(),
                self.id,
                self._is_it(),
            )
        )

    def _count_changed_since(self):
        """Columns of the row that have another value than the merge gave them."""
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM %s t, political_merge_line l, jsonb_each(l.after) e "
                "WHERE l.id = %s AND %s AND to_jsonb(t) -> e.key IS DISTINCT FROM e.value "
                "AND e.key NOT IN ('write_date', 'write_uid')",
                self._rows_of(),
                self.id,
                self._is_it(),
            )
        )
        return self.env.cr.fetchone()[0]
