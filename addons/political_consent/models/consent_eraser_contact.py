from psycopg2 import Error as PostgresError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import identity as identities


class ConsentEraser(models.AbstractModel):
    """The contact itself and its log-ins, once nothing hangs on them any more."""

    _inherit = "consent.eraser"

    @api.model
    def _remove_partners(self, person, files, counts, blank):
        """Delete the contact, or leave an empty row where something the law keeps needs one."""
        cr = self.env.cr
        ids = list(person.partner_ids)
        cr.execute(
            SQL(
                "UPDATE res_partner SET parent_id = NULL, commercial_partner_id = id "
                "WHERE parent_id = ANY(%s) AND NOT id = ANY(%s)",
                ids,
                ids,
            )
        )
        if person.user_ids:
            self._remove_users(person, files)
        still_held = blank or self._held_by(ids) or self._users_left(person)
        if still_held:
            self._blank_partners(ids, files)
            counts["res.partner:anonymise"] += len(ids)
        else:
            self._delete_rows("res_partner", ids, files)
            counts["res.partner:delete"] += len(ids)

    @api.model
    def _held_by(self, partner_ids):
        """Whether a row that stays (anonymised or kept) cannot be without its contact."""
        registry = self.env["consent.data.registry"]
        model_of = self._catalogue()["model_of"]
        for table, column, _kind in self._catalogue()["links"].get("res_partner", ()):
            known = registry._descriptor(model_of.get(table))
            if not (known and known.policy in ("anonymise", "keep")):
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT FROM %s WHERE %s = ANY(%s) LIMIT 1",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    partner_ids,
                )
            )
            if self.env.cr.rowcount:
                return True
        return False

    @api.model
    def _remove_users(self, person, files):
        """Delete the log-ins; one that much hangs on stays as an empty, archived one."""
        try:
            with self.env.cr.savepoint():
                self._delete_rows("res_users", list(person.user_ids), files)
        except (PostgresError, UserError):
            self.env.cr.execute(
                SQL(
                    "UPDATE res_users SET active = FALSE, login = 'erased-' || id, "
                    "password = NULL, signature = NULL WHERE id = ANY(%s)",
                    list(person.user_ids),
                )
            )

    @api.model
    def _users_left(self, person):
        self.env.cr.execute(
            SQL("SELECT FROM res_users WHERE partner_id = ANY(%s)", list(person.partner_ids))
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _blank_partners(self, ids, files):
        """Empty every column of a contact that is not structure."""
        structure = {
            "id",
            "create_date",
            "create_uid",
            "write_date",
            "write_uid",
            "company_id",
            "type",
            "active",
            "commercial_partner_id",
            "lang",
            "tz",
            "color",
            "partner_share",
            "is_company",
            "name",
            "complete_name",
            *self._kept_partner_columns(),
        }
        table = self.env["res.partner"]._table
        fields_ = self.env["consent.data.registry"]._column_fields(self.env["res.partner"])
        emptied = [
            SQL("%s = NULL", SQL.identifier(fname))
            for fname, f in fields_.items()
            if fname not in structure and not self._not_null(table, fname)
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET active = FALSE, name = %s || id, "
                "complete_name = %s || id, %s WHERE id = ANY(%s)",
                f"{identities.MASK} ",
                f"{identities.MASK} ",
                SQL(", ").join(emptied),
                ids,
            )
        )
        for f in self.env["res.partner"]._fields.values():
            if f.type == "many2many" and f.store and f.relation:
                self.env.cr.execute(
                    SQL(
                        "DELETE FROM %s WHERE %s = ANY(%s)",
                        SQL.identifier(f.relation),
                        SQL.identifier(f.column1),
                        ids,
                    )
                )
        self._delete_attached("res.partner", ids, files)
        for child, column, kind in self._catalogue()["links"].get("res_partner", ()):
            if kind == "c" and child != "res_partner":
                self._release(child, column, kind, ids, files, ("res_partner",))

    @api.model
    def _kept_partner_columns(self):
        """Columns that say nothing of whose row it was, kept for statistics. Addons extend it."""
        return set()
