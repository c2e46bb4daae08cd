import json

from psycopg2 import errors

from odoo import models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .political_import_applying import COPIED


class PoliticalImport(models.Model):
    """Applying: what hangs on other records, organisations and tags."""

    _inherit = "political.import"

    # ---------------------------------------------------------------- below an organisation

    def _create_children(self, numbers):
        """People below an organisation: they share its address and more, by the platform's own
        rules, so the platform writes them."""
        rows = self.env["political.import.row"].search(
            [
                ("import_id", "=", self.id),
                ("number", ">", numbers[0]),
                ("number", "<=", numbers[1]),
                ("outcome", "=", "create"),
                ("parent_name", "!=", False),
            ],
            order="number",
        )
        for row in rows:
            try:
                with self.env.cr.savepoint():
                    partner = self._contacts()._load_records_create([self._child_values(row)])
                    self.env.flush_all()
                    self._journal_created(row.number, partner)
            except (UserError, ValidationError, errors.IntegrityError) as error:
                self.env.invalidate_all()
                self._refuse_row(row.number, f"refused:{str(error)[:200]}")

    def _child_values(self, row):
        parent = self._parent(row.parent_name)
        values = {
            name: row[name]
            for name in (*COPIED, "lang")
            if row[name] and name not in ("name", "email_normalized", "phone_sanitized")
        }
        values.update(
            parent_id=parent.id,
            company_type="company" if row.is_company else "person",
            company_id=self.company_id.id,
        )
        if row.is_company:
            values["name"] = row.name
        if row.category:
            values["political_category"] = row.category
            values["political_origin"] = row.origin
            for name, column in (("branch_id", "branch_id"), ("polling_station_id", "station_id")):
                if row[column]:
                    values[name] = row[column]
            if row.is_volunteer:
                values["is_volunteer"] = True
        return values

    def _parent(self, name):
        found = self.env["res.partner"].search(
            [
                ("name", "=", name),
                ("is_company", "=", True),
                ("company_id", "in", (self.company_id.id, False)),
            ],
            limit=1,
        )
        if not found:
            raise UserError(self.env._("There is no organisation “%(name)s”.", name=name))
        return found

    def _journal_created(self, number, partner):
        self.env.cr.execute(
            SQL(
                "INSERT INTO political_import_change (import_id, number, partner_id, kind, stamp) "
                "SELECT %s, %s, id, 'create', write_date FROM res_partner WHERE id = %s",
                self.id,
                number,
                partner.id,
            )
        )

    def _refuse_row(self, number, reason):
        self.env.cr.execute(
            SQL(
                "UPDATE political_import_row SET outcome = 'reject', reason = %s "
                "WHERE import_id = %s AND number = %s",
                reason,
                self.id,
                number,
            )
        )

    # ---------------------------------------------------------------- tags

    def _create_tags(self):
        """Tags of the file that the base lacks."""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT t.name FROM political_import_row r,
                       jsonb_array_elements_text(r.tags::jsonb) t(name)
                 WHERE r.import_id = %s AND r.outcome IN ('create', 'update')
                   AND r.tags IS NOT NULL
                """,
                self.id,
            )
        )
        names = [name for (name,) in self.env.cr.fetchall()]
        known = self._known_tags()
        missing = sorted({name for name in names if name.lower() not in known})
        self.env["res.partner.category"].create([{"name": name} for name in missing])

    def _known_tags(self):
        """``{name in lower case, in any language: id}``"""
        self.env.cr.execute(
            "SELECT DISTINCT ON (lower(v.value)) lower(v.value), c.id "
            "FROM res_partner_category c, jsonb_each_text(c.name) v ORDER BY lower(v.value), c.id"
        )
        return dict(self.env.cr.fetchall())

    def _add_tags(self, numbers):
        """Relate the batch's contacts and their tags; note which relations are new."""
        self.env["res.partner.category"].flush_model()
        known = self._known_tags()
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT DISTINCT c.partner_id, k.tag_id
                      FROM political_import_change c
                      JOIN political_import_row r
                        ON r.import_id = c.import_id AND r.number = c.number
                     CROSS JOIN LATERAL (
                        SELECT (%(known)s::jsonb ->> lower(t.name))::int AS tag_id
                          FROM jsonb_array_elements_text(r.tags::jsonb) t(name)
                        UNION SELECT unnest(%(all)s::int[])) k
                     WHERE c.import_id = %(id)s AND c.number > %(first)s AND c.number <= %(last)s
                       AND (r.tags IS NOT NULL OR cardinality(%(all)s::int[]) > 0)
                ), added AS (
                    INSERT INTO res_partner_res_partner_category_rel (partner_id, category_id)
                    SELECT partner_id, tag_id FROM wanted
                        ON CONFLICT DO NOTHING RETURNING partner_id, category_id
                )
                UPDATE political_import_change c SET tag_ids = a.tag_ids
                  FROM (SELECT partner_id, jsonb_agg(category_id) AS tag_ids FROM added
                         GROUP BY partner_id) a
                 WHERE c.import_id = %(id)s AND c.number > %(first)s AND c.number <= %(last)s
                   AND c.partner_id = a.partner_id AND c.kind = 'update'
                """,
                known=json.dumps(known),
                all=self.tag_ids.ids,
                id=self.id,
                first=numbers[0],
                last=numbers[1],
            )
        )
