from psycopg2 import IntegrityError

from odoo import fields, models
from odoo.tools import SQL, mute_logger


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
