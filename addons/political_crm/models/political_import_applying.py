import json
from datetime import timedelta

from psycopg2 import errors

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

# Columns of a contact that differ from row to row; all others are as the platform fills them for
# one contact of the same sort (see _prototype).
COPIED = (
    "firstname",
    "lastname",
    "name",
    "email",
    "email_normalized",
    "phone",
    "phone_sanitized",
    "street",
    "street2",
    "zip",
    "city",
    "country_id",
    "function",
    "website",
    "comment",
    "ref",
    "birthdate",
    "company_name",
)
DEFAULTED = ("street_name", "street_number", "street_number2", "lang", "branch_id", "is_volunteer")
# As core's own import writes when it keeps no history.
QUIET = {"tracking_disable": True}


class PoliticalImport(models.Model):
    """Applying: staged rows become contacts, a batch a transaction.

    The batch's last row is written with the batch itself, so whoever goes on after a kill begins
    at the very next row. New contacts are inserted by SQL as the platform would write them:
    the platform makes one of each sort, in a savepoint that is rolled back, and its columns are
    taken for all that a row does not say. What hangs on other contacts (a parent) goes through
    the platform itself.
    """

    _inherit = "political.import"

    def _begin_applying(self):
        self._rematch()
        self._create_tags()
        self.env.cr.execute(
            SQL(
                "SELECT COALESCE(min(number), 1) - 1 FROM political_import_row "
                "WHERE import_id = %s",
                self.id,
            )
        )
        self.write({"applied_number": self.env.cr.fetchone()[0], "done_count": 0})

    def _apply_batch(self):
        """Write the next rows; whether there are more."""
        self.ensure_one()
        numbers = self._next_numbers()
        if not numbers:
            self._end_applying()
            return False
        self.env.flush_all()
        self._create_plain(numbers)
        self._create_children(numbers)
        self._update_contacts(numbers)
        self._add_tags(numbers)
        self.env.invalidate_all()
        self._record_consents(numbers)
        first, last = numbers
        self.write(
            {"applied_number": last, "done_count": self.done_count + self._count_rows(first, last)}
        )
        return True

    def _next_numbers(self):
        """(after this row, up to that row) of the next batch; ``None`` at the end."""
        self.env.cr.execute(
            SQL(
                "SELECT max(number) FROM (SELECT number FROM political_import_row "
                "WHERE import_id = %s AND number > %s ORDER BY number LIMIT %s) n",
                self.id,
                self.applied_number,
                self._batch_rows(),
            )
        )
        last = self.env.cr.fetchone()[0]
        return last and (self.applied_number, last)

    def _count_rows(self, first, last):
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM political_import_row "
                "WHERE import_id = %s AND number > %s AND number <= %s",
                self.id,
                first,
                last,
            )
        )
        return self.env.cr.fetchone()[0]

    def _end_applying(self):
        self._count()
        self._file_attachment().unlink()
        self.write(
            {
                "state": "done",
                "applied_at": fields.Datetime.now(),
                "undo_until": fields.Date.today() + timedelta(days=self._retention_days()),
            }
        )

    # ---------------------------------------------------------------- new contacts

    def _create_plain(self, numbers):
        for sort in self._sorts(numbers):
            self._insert_contacts(numbers, sort, self._prototype(sort))

    def _sorts(self, numbers):
        """Which sorts of contacts a batch has: dicts of the values that other columns hang on."""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT is_company, category, origin FROM political_import_row
                 WHERE import_id = %s AND number > %s AND number <= %s
                   AND outcome = 'create' AND parent_name IS NULL
                """,
                self.id,
                *numbers,
            )
        )
        return self.env.cr.dictfetchall()

    def _prototype(self, sort):
        """The columns of a contact of this sort as the platform writes them, and of its note.

        :returns: (contact, note, follower) as JSON texts; the note and the follower are ``None``
            where none is written
        """
        cr = self.env.cr
        savepoint = cr.savepoint(flush=False)
        try:
            partner = self._contacts().create(self._sort_values(sort))
            self.env.flush_all()
            cr.execute(SQL("SELECT to_jsonb(p)::text FROM res_partner p WHERE id = %s", partner.id))
            contact = cr.fetchone()[0]
            cr.execute(
                SQL(
                    "SELECT to_jsonb(m)::text FROM mail_message m "
                    "WHERE model = 'res.partner' AND res_id = %s",
                    partner.id,
                )
            )
            note = (cr.fetchone() or [None])[0]
            cr.execute(
                SQL(
                    """
                    SELECT jsonb_build_object('partner_id', f.partner_id, 'subtypes',
                           array_agg(s.mail_message_subtype_id))::text
                      FROM mail_followers f
                      LEFT JOIN mail_followers_mail_message_subtype_rel s
                        ON s.mail_followers_id = f.id
                     WHERE f.res_model = 'res.partner' AND f.res_id = %s GROUP BY f.id
                    """,
                    partner.id,
                )
            )
            follower = (cr.fetchone() or [None])[0]
        finally:
            self.env.invalidate_all(flush=False)
            savepoint.close(rollback=True)
        return contact, note, follower

    def _contacts(self):
        """The model as contacts are made here: in the import's company, noting or not."""
        quiet = {} if self.creation_note else QUIET
        return self.env["res.partner"].with_company(self.company_id).with_context(**quiet)

    def _sort_values(self, sort):
        values = {
            "company_type": "company" if sort["is_company"] else "person",
            "company_id": self.company_id.id,
        }
        if sort["is_company"]:
            values["name"] = "x"
        else:
            values["lastname"] = "x"
        if sort["category"]:
            values["political_category"] = sort["category"]
            values["political_origin"] = sort["origin"]
            if sort["origin"] == "purchased":
                values["rental_id"] = self.rental_id.id
        return values

    def _insert_contacts(self, numbers, sort, prototype):
        contact, note, follower = prototype
        known = self._insert_columns(sort)
        names = [name for name in json.loads(contact) if name not in known]
        names = list(known) + names
        values = [known.get(name) or SQL("proto.%s", SQL.identifier(name)) for name in names]
        self.env.cr.execute(
            SQL(
                """
                WITH picked AS MATERIALIZED (
                    SELECT nextval('res_partner_id_seq')::int AS pid, o.*
                      FROM (SELECT * FROM political_import_row
                             WHERE import_id = %(id)s AND number > %(first)s AND number <= %(last)s
                               AND outcome = 'create' AND parent_name IS NULL
                               AND is_company IS NOT DISTINCT FROM %(is_company)s
                               AND category IS NOT DISTINCT FROM %(category)s
                               AND origin IS NOT DISTINCT FROM %(origin)s
                             ORDER BY number) o
                ), journal AS (
                    INSERT INTO political_import_change
                           (import_id, number, partner_id, kind, stamp)
                    SELECT import_id, number, pid, 'create', %(now)s FROM picked
                ) %(notes)s %(followers)s
                INSERT INTO res_partner (%(names)s)
                SELECT %(values)s
                  FROM picked s, jsonb_populate_record(NULL::res_partner, %(contact)s::jsonb) proto
                """,
                id=self.id,
                first=numbers[0],
                last=numbers[1],
                is_company=sort["is_company"],
                category=sort["category"],
                origin=sort["origin"],
                now=self.env.cr.now(),
                notes=self._insert_notes(note) if note else SQL(""),
                followers=self._insert_followers(follower) if follower else SQL(""),
                names=SQL(", ").join(SQL.identifier(name) for name in names),
                values=SQL(", ").join(values),
                contact=contact,
            )
        )

    def _insert_columns(self, sort):
        """SQL of the columns that a row of the file decides, over ``s`` and ``proto``."""
        columns = {name: SQL("s.%s", SQL.identifier(name)) for name in COPIED}
        for name in DEFAULTED:
            column = SQL.identifier(name)
            columns[name] = SQL("COALESCE(s.%s, proto.%s)", column, column)
        now = self.env.cr.now()
        if sort["is_company"]:
            complete, company = SQL("s.name"), SQL("s.name")
        else:
            complete = SQL("concat(s.company_name || ', ', s.name)")
            company = SQL("s.company_name")
        return {
            **columns,
            "id": SQL("s.pid"),
            "commercial_partner_id": SQL("s.pid"),
            "complete_name": complete,
            "commercial_company_name": company,
            "polling_station_id": SQL("s.station_id"),
            "create_date": SQL("%s", now),
            "write_date": SQL("%s", now),
        }

    def _insert_notes(self, note):
        """The note “Contact created” of each, as the platform wrote the prototype's."""
        names = [name for name in json.loads(note) if name not in ("id", "res_id", "message_id")]
        return SQL(
            """, notes AS (
                INSERT INTO mail_message (res_id, message_id, %(names)s)
                SELECT pid, '<' || gen_random_uuid() || substring(m.message_id FROM '[-@].*$'),
                       %(values)s
                  FROM picked, jsonb_populate_record(NULL::mail_message, %(note)s::jsonb) m
            )""",
            names=SQL(", ").join(SQL.identifier(name) for name in names),
            values=SQL(", ").join(SQL("m.%s", SQL.identifier(name)) for name in names),
            note=note,
        )

    def _insert_followers(self, follower):
        """The importer follows what they made, as by hand."""
        return SQL(
            """, followers AS (
                INSERT INTO mail_followers (res_model, res_id, partner_id)
                SELECT 'res.partner', pid, (%(follower)s::jsonb ->> 'partner_id')::int FROM picked
                RETURNING id
            ), subtypes AS (
                INSERT INTO mail_followers_mail_message_subtype_rel
                       (mail_followers_id, mail_message_subtype_id)
                SELECT f.id, s.value::int FROM followers f,
                       jsonb_array_elements_text(%(follower)s::jsonb -> 'subtypes') s
            )""",
            follower=follower,
        )

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
