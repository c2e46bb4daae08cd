import json
from datetime import timedelta

from odoo import fields, models
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
        if "tags" in self._staged_columns():
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
        first, last, count = self._next_numbers(self.applied_number)
        if not count:
            self._end_applying()
            return False
        self._begin_ahead(last)
        self._apply_rows(first, last)
        self.write({"applied_number": last, "done_count": self.done_count + count})
        return True

    def _next_numbers(self, after):
        """(after this row, up to that row, how many) of a batch."""
        self.env.cr.execute(
            SQL(
                "SELECT max(number), count(*) FROM (SELECT number FROM political_import_row "
                "WHERE import_id = %s AND number > %s ORDER BY number LIMIT %s) n",
                self.id,
                after,
                self._batch_rows(),
            )
        )
        return after, *self.env.cr.fetchone()

    def _apply_rows(self, *numbers):
        """Write the rows after a number and up to another."""
        self.env.flush_all()
        targets = {*self.column_ids.mapped("target")}
        self._create_plain(numbers)
        if "parent" in targets:
            self._create_children(numbers)
        self._update_contacts(numbers)
        if "tags" in targets or self.tag_ids:
            self._add_tags(numbers)
        self.env.invalidate_all()
        if "consent" in targets:
            self._record_consents(numbers)

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
        made = self._kept_for_the_run()
        for sort in self._sorts(numbers):
            key = (self.id, *sort.values())
            if key not in made:
                made[key] = self._prototype(sort)
            self._insert_contacts(numbers, sort, made[key])

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
