from psycopg2 import errors

from odoo import models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .political_import_changes import STREET_PARTS

TEMPORARY = "political_import_touched"


class PoliticalImport(models.Model):
    """Completing contacts who exist, as each column's policy says, with a journal of what was.

    A contact that stands alone is changed by SQL; one with relatives, a user or a lead, whose
    values the platform carries on, is written by the platform. The journal compares the whole row
    before and after, so it misses nothing that followed.
    """

    _inherit = "political.import"

    def _update_contacts(self, numbers):
        """Change the contacts of a batch's rows."""
        changes = self._update_changes()
        if not self._collect_touched(numbers, changes):
            return
        self._refuse_gone(numbers)
        self._write_simple(changes)
        self._write_by_platform(changes)
        self._journal_touched()
        self._align_subjects()
        self.env.cr.execute(SQL("DROP TABLE %s", SQL.identifier(TEMPORARY)))

    def _collect_touched(self, numbers, changes):
        """A temporary table of the contacts and what they were; how many there are."""
        self.env.cr.execute(
            SQL(
                "SELECT EXISTS (SELECT FROM political_import_row WHERE import_id = %s "
                "AND number > %s AND number <= %s AND outcome = 'update')",
                self.id,
                *numbers,
            )
        )
        if not self.env.cr.fetchone()[0]:
            return 0
        platform = SQL(" OR ").join(c.condition for c in changes if c.by_platform)
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE %(table)s ON COMMIT DROP AS
                SELECT r.number, p.id AS partner_id, to_jsonb(p) AS before,
                       (%(platform)s OR p.parent_id IS NOT NULL
                        OR EXISTS (SELECT FROM res_partner x WHERE x.parent_id = p.id)
                        OR %(entangled)s) AS by_platform
                  FROM political_import_row r JOIN res_partner p ON p.id = r.matched_id
                 WHERE r.import_id = %(id)s AND r.number > %(first)s AND r.number <= %(last)s
                   AND r.outcome = 'update' AND p.active AND p.partner_share
                   AND (p.company_id = %(company)s OR p.company_id IS NULL)
                """,
                table=SQL.identifier(TEMPORARY),
                platform=platform,
                entangled=self._sql_entangled(changes),
                id=self.id,
                first=numbers[0],
                last=numbers[1],
                company=self.company_id.id,
            )
        )
        return self.env.cr.rowcount

    def _sql_entangled(self, changes):
        """Condition that something else keeps values computed from the contact ``p``."""
        fields_ = self.env["res.partner"]._fields
        dependents = set()
        for column in {column for change in changes for column in change.columns}:
            dependents |= {
                field.model_name
                for field in self.env.registry.get_dependent_fields(fields_[column])
                if field.store
            }
        # A person in the ledger follows by _align_subjects.
        dependents -= {"res.partner", "consent.subject"}
        conditions = [SQL("FALSE")]
        for name in sorted(dependents):
            model = self.env[name]
            conditions += [
                SQL(
                    "EXISTS (SELECT FROM %s x WHERE x.%s = p.id)",
                    SQL.identifier(model._table),
                    SQL.identifier(fname),
                )
                for fname, field in model._fields.items()
                if field.store and field.type == "many2one" and field.comodel_name == "res.partner"
            ]
        return SQL("(%s)", SQL(" OR ").join(conditions))

    def _refuse_gone(self, numbers):
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_import_row r SET outcome = 'reject', reason = 'gone'
                 WHERE r.import_id = %s AND r.number > %s AND r.number <= %s
                   AND r.outcome = 'update'
                   AND NOT EXISTS (SELECT FROM %s t WHERE t.number = r.number)
                """,
                self.id,
                *numbers,
                SQL.identifier(TEMPORARY),
            )
        )

    def _write_simple(self, changes):
        """Contacts that stand alone, in one statement."""
        values = {}
        for change in changes:
            for column, value in change.columns.items():
                values[column] = SQL(
                    "CASE WHEN %s THEN %s ELSE %s END",
                    change.condition,
                    value,
                    values.get(column, SQL("p.%s", SQL.identifier(column))),
                )
        if not values:
            return
        first, last = (
            values.get(name, SQL("p.%s", SQL.identifier(name)))
            for name in ("firstname", "lastname")
        )
        own = SQL(", ").join(SQL("%s AS %s", v, SQL.identifier(c)) for c, v in values.items())
        touched = SQL(" OR ").join(change.condition for change in changes if change.columns)
        self.env.cr.execute(
            SQL(
                """
                WITH new AS MATERIALIZED (
                    SELECT p.id AS new_id, %(own)s, %(name)s AS new_name
                      FROM %(table)s t
                      JOIN political_import_row r
                        ON r.import_id = %(id)s AND r.number = t.number
                      JOIN res_partner p ON p.id = t.partner_id
                     WHERE NOT t.by_platform AND (%(touched)s)
                )
                UPDATE res_partner p
                   SET %(columns)s, name = new.new_name,
                       complete_name = CASE WHEN p.is_company
                            OR COALESCE(p.company_name, '') = '' THEN new.new_name
                            ELSE concat_ws(', ', p.commercial_company_name, new.new_name) END,
                       commercial_company_name = CASE WHEN p.is_company THEN new.new_name
                            ELSE p.commercial_company_name END,
                       write_date = %(now)s, write_uid = %(uid)s
                  FROM new WHERE p.id = new.new_id
                """,
                own=own,
                name=self._sql_name(first, last),
                table=SQL.identifier(TEMPORARY),
                id=self.id,
                touched=touched,
                columns=SQL(", ").join(
                    SQL("%s = new.%s", SQL.identifier(c), SQL.identifier(c)) for c in values
                ),
                now=self.env.cr.now(),
                uid=self.env.uid,
            )
        )

    def _sql_name(self, first, last):
        """The whole name as the platform composes it; unchanged where neither part changed."""
        order = self.env["res.partner"]._get_names_order()
        mark = ", " if order == "last_first_comma" else " "
        parts = (first, last) if order == "first_last" else (last, first)
        composed = SQL("concat_ws(%s, NULLIF(%s, ''), NULLIF(%s, ''))", mark, *parts)
        return SQL(
            "CASE WHEN (%s, %s) IS DISTINCT FROM (p.firstname, p.lastname) THEN %s ELSE p.name END",
            first,
            last,
            composed,
        )

    # ---------------------------------------------------------------- by the platform

    def _write_by_platform(self, changes):
        self.env.cr.execute(
            SQL(
                "SELECT number, partner_id FROM %s WHERE by_platform ORDER BY number",
                SQL.identifier(TEMPORARY),
            )
        )
        for number, partner_id in self.env.cr.fetchall():
            values = self._platform_values(number, partner_id, changes)
            if not values:
                continue
            try:
                with self.env.cr.savepoint():
                    self._note_family(number, partner_id)
                    self._contacts().browse(partner_id).write(values)
                    self.env.flush_all()
            except (UserError, ValidationError, errors.IntegrityError) as error:
                self.env.invalidate_all()
                self._refuse_row(number, f"refused:{str(error)[:200]}")
                self.env.cr.execute(
                    SQL("DELETE FROM %s WHERE number = %s", SQL.identifier(TEMPORARY), number)
                )

    def _platform_values(self, number, partner_id, changes):
        """What the platform is to write on one contact."""
        written = {
            column: value
            for change in changes
            for column, value in change.columns.items()
            if column not in ("email_normalized", "phone_sanitized", *STREET_PARTS)
        }
        conditions = SQL(", ").join(
            SQL("%s AS %s", change.condition, SQL.identifier(f"is_{change.name}"))
            for change in changes
        )
        values = SQL(", ").join(
            SQL("%s AS %s", value, SQL.identifier(f"new_{column}"))
            for column, value in written.items()
        )
        parts = [part for part in (conditions, values) if part.code]
        self.env.cr.execute(
            SQL(
                "SELECT r.category, r.origin, %s FROM political_import_row r, res_partner p "
                "WHERE r.import_id = %s AND r.number = %s AND p.id = %s",
                SQL(", ").join(parts),
                self.id,
                number,
                partner_id,
            )
        )
        row = self.env.cr.dictfetchone()
        found = {}
        for change in changes:
            if row[f"is_{change.name}"]:
                found.update({c: row[f"new_{c}"] or False for c in change.columns if c in written})
        if row["is_party"] or row.get("is_category"):
            found.update(political_category=row["category"], political_origin=row["origin"])
            found.setdefault("company_id", self.company_id.id)
        return found

    def _note_family(self, number, partner_id):
        """Contacts to which the platform may carry a change on, as they are now."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %(table)s (number, partner_id, before, by_platform)
                SELECT %(number)s, f.id, to_jsonb(f), FALSE
                  FROM res_partner f JOIN res_partner p ON p.id = %(id)s
                 WHERE f.id <> p.id AND (f.parent_id = p.id OR f.id = p.parent_id
                       OR f.commercial_partner_id = p.commercial_partner_id)
                   AND NOT EXISTS (SELECT FROM %(table)s t WHERE t.partner_id = f.id)
                """,
                table=SQL.identifier(TEMPORARY),
                number=number,
                id=partner_id,
            )
        )

    # ---------------------------------------------------------------- the journal

    def _journal_touched(self):
        """Keep, of each contact, the columns that are not what they were."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_import_change
                       (import_id, number, partner_id, kind, stamp, before, after)
                SELECT %(id)s, t.number, t.partner_id, 'update', p.write_date, d.before, d.after
                  FROM %(table)s t JOIN res_partner p ON p.id = t.partner_id
                 CROSS JOIN LATERAL (
                    SELECT jsonb_object_agg(b.key, b.value) AS before,
                           jsonb_object_agg(b.key, to_jsonb(p) -> b.key) AS after
                      FROM jsonb_each(t.before) b
                     WHERE b.value IS DISTINCT FROM to_jsonb(p) -> b.key) d
                 WHERE d.before IS NOT NULL
                    OR EXISTS (SELECT FROM political_import_row r
                                WHERE r.import_id = %(id)s AND r.number = t.number
                                  AND r.matched_id = t.partner_id)
                 ORDER BY t.number
                """,
                id=self.id,
                table=SQL.identifier(TEMPORARY),
            )
        )

    def _align_subjects(self):
        """The ledger's hashes follow the addresses (R-34)."""
        keys = self.env["consent.key"].sudo()
        self.env.cr.execute(
            SQL(
                """
                UPDATE consent_subject s SET email_key = n.email, phone_key = n.phone
                  FROM (SELECT p.id,
                               CASE WHEN p.email_normalized <> '' THEN %(email)s END AS email,
                               CASE WHEN p.phone_sanitized <> '' THEN %(phone)s END AS phone
                          FROM res_partner p JOIN %(table)s t ON t.partner_id = p.id) n
                 WHERE n.id = s.partner_id
                   AND (s.email_key, s.phone_key) IS DISTINCT FROM (n.email, n.phone)
                """,
                email=keys._sql_digest("email", SQL("p.email_normalized")),
                phone=keys._sql_digest("phone", SQL("p.phone_sanitized")),
                table=SQL.identifier(TEMPORARY),
            )
        )
