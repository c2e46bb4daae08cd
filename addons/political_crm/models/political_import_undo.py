import logging

from psycopg2 import Error as PostgresError

from odoo import fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# From so many contacts on, the database checks their absence from every other table once, instead
# of once for each contact and table: see _delete_at_once.
AT_ONCE = 5_000
AT_MOST = 100_000
LOCK_TIMEOUT = "3s"
FREE = "political_import_free"
# What the import itself hangs on a new contact, or what only repeats the contact.
OWN_LINKS = {
    ("res_partner_res_partner_category_rel", "partner_id"),
    ("consent_subject", "partner_id"),
    ("res_partner", "commercial_partner_id"),
}


class PoliticalImport(models.Model):
    """Taking an import back: exactly what it did, and nothing that somebody did since.

    A new contact is deleted when it is as it was made and nothing hangs on it; a completed one
    gets back what it had, column by column. Others stay, and are listed.
    """

    _inherit = "political.import"

    def _undo_batch(self):
        """Take back the next contacts, the last ones first; whether there are more."""
        self.ensure_one()
        self.env.flush_all()
        left = self.created_count - self.undone_count - self.kept_count
        self.env.cr.execute(
            SQL(
                "SELECT id, partner_id, kind FROM political_import_change "
                "WHERE import_id = %s AND state IS NULL ORDER BY number DESC, id DESC LIMIT %s",
                self.id,
                AT_MOST if left > AT_ONCE else self._batch_rows(),
            )
        )
        rows = self.env.cr.fetchall()
        if not rows:
            self._end_undoing()
            return False
        created = [change_id for change_id, _partner_id, kind in rows if kind == "create"]
        updated = [change_id for change_id, _partner_id, kind in rows if kind == "update"]
        undone = self._undo_created(created) if created else 0
        undone += self._undo_updated(updated) if updated else 0
        self.env.invalidate_all()
        self.write(
            {
                "undone_count": self.undone_count + undone,
                "kept_count": self.kept_count + len(rows) - undone,
                "done_count": min(self.done_count + len(rows), self.total_count),
            }
        )
        return True

    def _end_undoing(self):
        self.write({"state": "undone", "done_count": self.total_count})
        self.env.cr.execute(
            SQL(
                "DELETE FROM political_import_row WHERE import_id = %s AND outcome <> 'reject'",
                self.id,
            )
        )
        self.env["political.import.row"].invalidate_model()

    def _mark(self, change_ids, state):
        self.env.cr.execute(
            SQL(
                "UPDATE political_import_change SET state = %s, before = NULL, after = NULL "
                "WHERE id = ANY(%s)",
                state,
                list(change_ids),
            )
        )

    # ---------------------------------------------------------------- new contacts

    def _undo_created(self, change_ids):
        """Delete new contacts that are as they were made and not used; how many."""
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE %s ON COMMIT DROP AS
                SELECT c.id AS change_id, p.id FROM political_import_change c
                  JOIN res_partner p ON p.id = c.partner_id
                 WHERE c.id = ANY(%s) AND p.write_date = c.stamp
                """,
                SQL.identifier(FREE),
                change_ids,
            )
        )
        cr.execute(SQL("ANALYZE %s", SQL.identifier(FREE)))
        self._keep_used()
        self._close_import_consents()
        free = SQL("(SELECT id FROM %s)", SQL.identifier(FREE))
        for table in ("mail_message", "mail_followers"):
            cr.execute(
                SQL(
                    "DELETE FROM %s WHERE %s = 'res.partner' AND res_id IN %s",
                    SQL.identifier(table),
                    SQL.identifier("model" if table == "mail_message" else "res_model"),
                    free,
                )
            )
        cr.execute(
            SQL("DELETE FROM res_partner_res_partner_category_rel WHERE partner_id IN %s", free)
        )
        if len(change_ids) <= AT_ONCE or not self._delete_at_once(free):
            cr.execute(SQL("DELETE FROM res_partner WHERE id IN %s", free))
        cr.execute(SQL("SELECT change_id FROM %s", SQL.identifier(FREE)))
        undone = [change_id for (change_id,) in cr.fetchall()]
        cr.execute(SQL("DROP TABLE %s", SQL.identifier(FREE)))
        self._mark(undone, "undone")
        self._mark(set(change_ids) - set(undone), "kept")
        return len(undone)

    def _keep_used(self):
        """Let go of contacts on which something hangs that the import did not hang there."""
        for rows, column in self._links():
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s f USING (%s AND %s IN (SELECT id FROM %s)) u (id) "
                    "WHERE f.id = u.id",
                    SQL.identifier(FREE),
                    rows,
                    column,
                    SQL.identifier(FREE),
                )
            )

    def _delete_at_once(self, free):
        """Delete many contacts with the foreign keys on contacts lifted for the moment.

        PostgreSQL asks each of some eighty tables about each contact that goes; nothing hangs on
        these, so that is nearly all of the time. Lifted and set again within the transaction, the
        keys are checked by one query each, for whole tables, and whatever happens they are back
        when it ends. Others wait meanwhile, for seconds; where they do not let go in time, or a
        key is violated, nothing of this stands and the ordinary way is taken.

        :param SQL free: of the contacts
        :returns: whether they are deleted
        """
        cr = self.env.cr
        cr.execute(
            """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
              FROM pg_constraint
             WHERE contype = 'f' AND confrelid = 'res_partner'::regclass ORDER BY 1, 2
            """
        )
        keys = [
            (SQL(table), SQL.identifier(name), SQL(text)) for table, name, text in cr.fetchall()
        ]
        tables = SQL(", ").join({table.code: table for table, _name, _text in keys}.values())
        try:
            with cr.savepoint(flush=False):
                cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                lock = SQL("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", tables)
                cr.execute(lock, log_exceptions=False)
                cr.execute("SET LOCAL lock_timeout = 0")
                for table, name, _text in keys:
                    cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", table, name))
                cr.execute(SQL("DELETE FROM res_partner WHERE id IN %s", free))
                for table, name, text in keys:
                    again = SQL("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, text)
                    cr.execute(again, log_exceptions=False)
        except PostgresError as error:
            _logger.info("Contacts are deleted one by one: %s", error)
            return False
        return True

    def _links(self):
        """(query for contacts in use, its column of a contact), for all that links to one."""
        cr = self.env.cr
        cr.execute(
            """
            SELECT k.conrelid::regclass::text, a.attname FROM pg_constraint k
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
             WHERE k.contype = 'f' AND k.confrelid = 'res_partner'::regclass
             ORDER BY 1, 2
            """
        )
        links = []
        for table, fname in cr.fetchall():
            if (table, fname) not in OWN_LINKS:
                column = SQL.identifier(fname)
                rows = SQL(
                    "SELECT DISTINCT %s FROM %s WHERE TRUE",
                    column,
                    SQL.identifier(table.strip('"')),
                )
                links.append((rows, column))
        return [*links, *self._named_links(), self._ledger_link()]

    def _named_links(self):
        """What links to a contact by the model's name: messages, files, activities."""
        own = {
            "mail.message": SQL(
                " AND NOT (message_type = 'notification' AND create_date <= %s)", self._until()
            ),
            "mail.followers": SQL(" AND partner_id <> %s", self.user_id.partner_id.id),
        }
        links = []
        for model, model_field, id_field in self.env["consent.data.registry"].sudo()._pairs():
            if model == "ir.model.data":
                continue
            column = SQL.identifier(id_field)
            rows = SQL(
                "SELECT DISTINCT %s FROM %s WHERE %s = 'res.partner'%s",
                column,
                SQL.identifier(self.env[model]._table),
                SQL.identifier(model_field),
                own.get(model, SQL("")),
            )
            links.append((rows, column))
        return links

    def _until(self):
        return self.applied_at or fields.Datetime.now()

    def _ledger_link(self):
        """People about whom the ledger says more than this import told it."""
        rows = SQL(
            """
            SELECT DISTINCT s.partner_id FROM consent_subject s
              JOIN consent_event e ON e.subject = s.code
             WHERE e.source_ref IS DISTINCT FROM %s
            """,
            f"import/{self.id}",
        )
        return rows, SQL("s.partner_id")

    def _close_import_consents(self):
        """The ledger forgets nothing: what the import recorded is withdrawn, and its only link to
        the contact is cut, as when a person is erased."""
        cr = self.env.cr
        free = SQL("(SELECT id FROM %s)", SQL.identifier(FREE))
        cr.execute(
            SQL(
                """
                SELECT t.id FROM consent_state t JOIN consent_subject s ON s.id = t.subject_id
                 WHERE s.partner_id IN %s AND t.action = 'given'
                """,
                free,
            )
        )
        self._withdraw([state_id for (state_id,) in cr.fetchall()])
        cr.execute(SQL("DELETE FROM consent_subject WHERE partner_id IN %s", free))
        self.env["consent.subject"].invalidate_model()

    def _withdraw(self, state_ids):
        """Record that what this import said was given is withdrawn."""
        states = self.env["consent.state"].sudo().browse(state_ids)
        states._record_end("withdrawn", "job", source_ref=f"import/{self.id}")
