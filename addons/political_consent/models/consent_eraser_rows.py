from collections import Counter

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import identity as identities
from .consent_data_registry import PERSONAL_COLUMN
from .consent_eraser_sweep import UNSWEPT

# Deleting a person must never take these along.
PROTECTED = {"res_company", "res_groups", "consent_event", "consent_seal", "ir_model"}


class ConsentEraser(models.AbstractModel):
    """The rows that are about a person: deleted, cut, or left without them, each by its policy."""

    _inherit = "consent.eraser"

    @api.model
    def _treat(self, found, person, files, blank):
        """Apply each row's policy. Returns ``{(model, policy): count}`` as a Counter."""
        registry = self.env["consent.data.registry"]
        counts = Counter()
        for name, rows in found.items():
            if name in ("res.partner", "res.users", "consent.subject", "consent.state"):
                continue
            by_policy = {}
            for row_id, how in rows.items():
                known = registry._policy(name, how)
                by_policy.setdefault(known, {})[row_id] = how
            for known, some in by_policy.items():
                counts[f"{name}:{known.policy}"] += len(some)
                if known.policy == "delete":
                    self._delete_rows(self.env[name]._table, list(some), files)
                elif known.policy in ("anonymise", "keep"):
                    self._blank_rows(name, list(some), known, person, files)
                else:
                    self._detach_rows(name, some, person, files)
        return counts

    @api.model
    def _detach_rows(self, name, rows, person, files):
        model = self.env[name]
        for row_id, how in rows.items():
            for fname in how:
                f = model._fields.get(fname)
                if f is None:
                    continue
                if f.type == "many2many" and f.comodel_name == "res.partner":
                    self._unrelate(f, row_id, person)
                elif f.type == "many2one" and not self._not_null(model._table, fname):
                    self._set_null(model._table, fname, [row_id])

    @api.model
    def _unrelate(self, f, row_id, person):
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE %s = %s AND %s = ANY(%s)",
                SQL.identifier(f.relation),
                SQL.identifier(f.column1),
                row_id,
                SQL.identifier(f.column2),
                list(person.partner_ids),
            )
        )

    @api.model
    def _set_null(self, table, column, row_ids):
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = NULL WHERE id = ANY(%s)",
                SQL.identifier(table),
                SQL.identifier(column),
                row_ids,
            )
        )

    @api.model
    def _blank_rows(self, name, row_ids, known, person, files):
        """Leave rows without their person: personal columns emptied, links cut where they can
        be, and what hangs on them (chatter, files) deleted."""
        model = self.env[name]
        assignments = []
        for fname, f in self.env["consent.data.registry"]._column_fields(model).items():
            link = f.type == "many2one" and f.comodel_name in ("res.partner", "res.users")
            text = f.type in ("char", "text", "html", "date", "float")
            personal = fname in known.blank or (
                known.policy == "anonymise"
                and text
                and PERSONAL_COLUMN.match(fname)
                and fname not in known.stays
            )
            if link and fname not in ("create_uid", "write_uid"):
                if not self._not_null(model._table, fname):
                    assignments.append(self._sql_unlinked(fname, f, person))
            elif personal:
                assignments.append(
                    SQL("%s = %s", SQL.identifier(fname), self._empty(model._table, fname, f))
                )
        if assignments:
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE id = ANY(%s)",
                    SQL.identifier(model._table),
                    SQL(", ").join(assignments),
                    row_ids,
                )
            )
        self._delete_attached(name, row_ids, files)

    @api.model
    def _sql_unlinked(self, fname, f, person):
        ids = person.partner_ids if f.comodel_name == "res.partner" else person.user_ids
        column = SQL.identifier(fname)
        return SQL(
            "%s = CASE WHEN %s = ANY(%s) THEN NULL ELSE %s END", column, column, list(ids), column
        )

    @api.model
    def _empty(self, table, fname, f):
        if not self._not_null(table, fname):
            return SQL("NULL")
        if f.type == "float":
            return SQL("0")
        if f.translate:
            return SQL("jsonb_build_object('en_US', %s || id)", f"{identities.MASK} ")
        return SQL("%s || id", f"{identities.MASK} ")

    # ---------------------------------------------------------------- rows and their followers

    @api.model
    def _not_null(self, table, column):
        return (table, column) in self._catalogue()["not_null"]

    @api.model
    def _catalogue(self):
        """What the database says of its own tables, read once a transaction."""
        data = self.env.cr.cache.setdefault("consent_eraser", {})
        if data:
            return data
        cr = self.env.cr
        cr.execute(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
               AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            """
        )
        columns = cr.fetchall()
        cr.execute(
            """
            SELECT confrelid::regclass::text, conrelid::regclass::text, a.attname, confdeltype
              FROM pg_constraint k
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
             WHERE contype = 'f' AND array_length(conkey, 1) = 1
               AND k.connamespace = current_schema()::regnamespace
            """
        )
        links = {}
        for target, table, column, kind in cr.fetchall():
            links.setdefault(target, []).append((table, column, kind))
        data["not_null"] = {(t, c) for t, c, _type, strict in columns if strict}
        data["columns"] = columns
        data["has_id"] = {t for t, c, _type, _strict in columns if c == "id"}
        data["links"] = links
        data["model_of"] = {model._table: name for name, model in self.env.items() if model._auto}
        return data

    @api.model
    def _delete_rows(self, table, row_ids, files, trail=()):
        """Delete rows and, before them, what cannot be without them, whatever its depth.

        :param set files: filled with the names of the filestore's files that lost their row
        :raises UserError: when that would take along what must stay
        """
        if not row_ids:
            return
        if table in PROTECTED or (table == "res_users" and not self._only_guests(row_ids)):
            raise UserError(
                self.env._(
                    "This person cannot be erased: “%(table)s” depends on them. Cut that link "
                    "first.",
                    table=" > ".join((*trail, table)),
                )
            )
        catalogue = self._catalogue()
        name = catalogue["model_of"].get(table)
        if name:
            self._delete_attached(name, row_ids, files, (*trail, table))
        if table == "ir_attachment":
            files |= self._files_of(row_ids)
        for child, column, kind in catalogue["links"].get(table, ()):
            self._release(child, column, kind, row_ids, files, (*trail, table))
        self.env.cr.execute(
            SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(table), list(row_ids))
        )

    @api.model
    def _release(self, child, column, kind, row_ids, files, trail):
        """What becomes of the rows of one foreign key, before its target is deleted."""
        cr = self.env.cr
        table, link = SQL.identifier(child), SQL.identifier(column)
        if child not in self._catalogue()["has_id"]:
            cr.execute(SQL("DELETE FROM %s WHERE %s = ANY(%s)", table, link, list(row_ids)))
            return
        strict = self._not_null(child, column)
        if kind == "c" or strict:
            if len(trail) > 8:
                return
            cr.execute(SQL("SELECT id FROM %s WHERE %s = ANY(%s)", table, link, list(row_ids)))
            children = [row_id for (row_id,) in cr.fetchall()]
            if child == trail[-1]:
                children = [row_id for row_id in children if row_id not in set(row_ids)]
            self._delete_rows(child, children, files, trail)
        elif kind != "n":
            cr.execute(
                SQL("UPDATE %s SET %s = NULL WHERE %s = ANY(%s)", table, link, link, list(row_ids))
            )

    @api.model
    def _only_guests(self, user_ids):
        users = self.env["res.users"].browse(user_ids)
        return not any(user.active and not user.share for user in users)

    @api.model
    def _delete_attached(self, name, row_ids, files, trail=()):
        """Delete what points at rows by the name of their model and their id."""
        for other, model_field, id_field in self.env["consent.data.registry"]._pairs():
            table = self.env[other]._table
            if table in UNSWEPT:
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM %s WHERE %s = %s AND %s = ANY(%s)",
                    SQL.identifier(table),
                    SQL.identifier(model_field),
                    name,
                    SQL.identifier(id_field),
                    list(row_ids),
                )
            )
            found = [row_id for (row_id,) in self.env.cr.fetchall()]
            if len(trail) <= 8:
                self._delete_rows(table, found, files, trail)
        if name == "mail.message":
            self._delete_message_files(row_ids, files)

    @api.model
    def _delete_message_files(self, message_ids, files):
        """Files sent with a message hang on its document, not on it."""
        self.env.cr.execute(
            SQL(
                """SELECT attachment_id FROM message_attachment_rel r
                    WHERE message_id = ANY(%(ids)s)
                      AND NOT EXISTS (SELECT FROM message_attachment_rel o
                                       WHERE o.attachment_id = r.attachment_id
                                         AND NOT o.message_id = ANY(%(ids)s))""",
                ids=list(message_ids),
            )
        )
        self._delete_rows("ir_attachment", [a for (a,) in self.env.cr.fetchall()], files)

    @api.model
    def _files_of(self, attachment_ids):
        self.env.cr.execute(
            SQL(
                "SELECT store_fname FROM ir_attachment WHERE id = ANY(%s) "
                "AND store_fname IS NOT NULL",
                list(attachment_ids),
            )
        )
        return {fname for (fname,) in self.env.cr.fetchall()}
