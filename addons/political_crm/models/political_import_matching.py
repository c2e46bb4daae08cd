from odoo import models
from odoo.tools import SQL

from ..lib.contact_cleaning import ACCENTED, PLAIN
from ..lib.contact_row import filled_columns

KNOWN = "political_import_known"
# Two rows of a file that agree in all of one of these are one person.
WITHIN_FILE = (
    ("ref",),
    ("email_normalized", "name_key"),
    ("phone_sanitized", "name_key"),
    ("birthdate", "name_key"),
    ("zip", "street", "name_key"),
)


def squashed(*parts):
    """SQL of a name's key over text expressions (see ``contact_cleaning.name_key``)."""
    joined = SQL(" || ").join(SQL("COALESCE(%s, '')", part) for part in parts)
    return SQL(
        "regexp_replace(lower(translate(%s, %s, %s)), '[^a-z0-9]+', '', 'g')",
        joined,
        *_letters(),
    )


def _equal(*columns):
    """Condition that a row ``r`` and a contact ``p`` have the same in each column."""
    names = [SQL.identifier(column) for column in columns]
    return SQL(" AND ").join(SQL("p.%s = r.%s", name, name) for name in names)


def _letters():
    """The very letters of ``name_key``, capitals too, since the database's own ``lower`` knows
    only plain ones; “ß” in capitals is two letters."""
    pairs = list(zip(ACCENTED, PLAIN, strict=True))
    pairs += [
        (letter.upper(), bare)
        for letter, bare in zip(ACCENTED, PLAIN, strict=True)
        if len(letter.upper()) == 1 and letter.upper() != letter
    ]
    return "".join(letter for letter, _bare in pairs), "".join(bare for _letter, bare in pairs)


class PoliticalImport(models.Model):
    """Matching: what each staged row is to the base, by exact keys, in sets.

    A row is a known contact when it has their reference; their e-mail or telephone with a name
    that agrees; or their name with the date of birth or the address. Relatives share addresses,
    so none of these counts without the name. What is only alike is for the search of duplicates.
    """

    _inherit = "political.import"

    def _match(self):
        """Decide the outcome of all staged rows, and count; ends in the preview."""
        self.ensure_one()
        self.env["res.partner"].flush_model()
        self.env.cr.execute("SELECT COALESCE(max(id), 0) FROM res_partner")
        self.seen_partner_id = self.env.cr.fetchone()[0]
        self._tell_planner()
        self._reject_erased()
        self._match_within_file()
        if self._match_base(SQL("TRUE")):
            self._compare_matched(0)
        if "parent_name" in self._staged_columns():
            self._check_parents()
        self._count()
        self.state = "preview"

    def _tell_planner(self):
        """Of the columns that are compared, and from few rows: it wants to know how many there
        are, not what they say."""
        columns = {"import_id", "number", "outcome", *sum(WITHIN_FILE, ())}
        self.env.cr.execute("SET LOCAL default_statistics_target = 10")
        self.env.cr.execute(
            SQL(
                "ANALYZE political_import_row (%s)",
                SQL(", ").join(SQL.identifier(column) for column in sorted(columns)),
            )
        )

    def _staged_columns(self):
        """Columns of the staging table that this file may fill."""
        return {*filled_columns(self.column_ids.mapped("target"))}

    def _reject_erased(self):
        """R-30: who asked to be erased is not put back by a file."""
        suppression = self.env["consent.suppression"].sudo()
        if not suppression.search_count([("company_id", "=", self.company_id.id)], limit=1):
            return
        keys = self.env["consent.key"].sudo()
        for kind, column in (("email", "email_normalized"), ("phone", "phone_sanitized")):
            for digest in keys._sql_digests(kind, SQL("r.%s", SQL.identifier(column))):
                self.env.cr.execute(
                    SQL(
                        """
                        UPDATE political_import_row r SET outcome = 'reject', reason = 'erased'
                          FROM consent_suppression x
                         WHERE r.import_id = %s AND r.outcome <> 'reject' AND r.%s IS NOT NULL
                           AND x.company_id = %s AND x.reason = 'erased'
                           AND x.identifier_key = %s
                        """,
                        self.id,
                        SQL.identifier(column),
                        self.company_id.id,
                        digest,
                    )
                )

    # ---------------------------------------------------------------- within the file

    def _match_within_file(self):
        """A person who comes twice is imported once: by the first of their rows."""
        staged = self._staged_columns()
        for columns in WITHIN_FILE:
            if staged.issuperset(columns):
                self._match_twice(columns)

    def _match_twice(self, columns):
        keys = SQL(", ").join(SQL.identifier(column) for column in columns)
        present = SQL(" AND ").join(
            SQL("%s IS NOT NULL", SQL.identifier(column)) for column in columns
        )
        same = SQL(" AND ").join(
            SQL("r.%s = t.%s", SQL.identifier(column), SQL.identifier(column)) for column in columns
        )
        self.env.cr.execute(
            SQL(
                """
                WITH t AS (
                    SELECT %(keys)s, min(number) AS first FROM political_import_row
                     WHERE import_id = %(id)s AND outcome = 'create' AND %(present)s
                     GROUP BY %(keys)s HAVING count(*) > 1
                )
                UPDATE political_import_row r
                   SET outcome = 'duplicate', reason = 'twice:' || t.first
                  FROM t
                 WHERE r.import_id = %(id)s AND r.outcome = 'create' AND r.number > t.first
                   AND %(same)s
                """,
                keys=keys,
                id=self.id,
                present=present,
                same=same,
            )
        )

    # ---------------------------------------------------------------- in the base

    def _match_base(self, scope):
        """Find the contacts that rows are; rows of which several fit are left to people.

        :param SQL scope: condition on contacts ``p``
        :returns: how many rows were found
        """
        staged = self._staged_columns()
        keys = [
            (same, name)
            for columns, same, name in self._base_keys()
            if staged.issuperset(columns) and self._has_staged(columns)
        ]
        if not keys:
            return 0
        self._collect_known([same for same, _name in keys], scope)
        found = sum(self._match_key(same, name) for same, name in keys)
        self.env.cr.execute(SQL("DROP TABLE %s", SQL.identifier(KNOWN)))
        return found

    def _collect_known(self, sames, scope):
        """A temporary table of contacts that share some key with a row, and the keys of their
        names: each is worked out once, and not for each row that shares an address with it.

        A question for each key, which the database may spread over its processes.
        """
        found = SQL(" UNION ").join(
            SQL(
                """
                SELECT p.id FROM res_partner p
                 WHERE (p.company_id = %(company)s OR p.company_id IS NULL)
                   AND p.type = 'contact' AND %(scope)s
                   AND EXISTS (SELECT FROM political_import_row r
                                WHERE r.import_id = %(id)s AND r.outcome = 'create' AND %(same)s)
                """,
                same=same,
                id=self.id,
                company=self.company_id.id,
                scope=scope,
            )
            for same in sames
        )
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE %(known)s ON COMMIT DROP AS
                SELECT p.id, p.ref, p.email_normalized, p.phone_sanitized, p.firstname,
                       p.birthdate, p.zip, p.street, p.is_company, p.active, p.partner_share,
                       %(name_key)s AS name_key
                  FROM res_partner p WHERE p.id IN (%(found)s)
                """,
                known=SQL.identifier(KNOWN),
                name_key=squashed(SQL("p.firstname"), SQL("p.lastname")),
                found=found,
            )
        )
        self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(KNOWN)))

    def _base_keys(self):
        """[(columns that a row needs, what it and a contact ``p`` have in common, what must be
        true of their names)]; ``None`` for a name that is the same, whichever part comes first."""
        # One's own address without a first name on either side is enough of a name.
        agreeing = SQL(
            """(r.name_key IS NULL OR COALESCE(p.firstname, '') = '' OR r.firstname IS NULL
                OR p.name_key IN (r.name_key, r.name_swapped))"""
        )
        address = SQL("%s AND lower(p.street) = lower(r.street)", _equal("zip"))
        return [
            (("ref",), _equal("ref"), SQL("TRUE")),
            (("email_normalized",), _equal("email_normalized"), agreeing),
            (("phone_sanitized", "name_key"), _equal("phone_sanitized"), None),
            (("birthdate", "name_key"), _equal("birthdate"), None),
            (("street", "zip", "name_key"), address, None),
        ]

    def _has_staged(self, columns):
        present = SQL(" AND ").join(
            SQL("%s IS NOT NULL", SQL.identifier(column)) for column in columns
        )
        self.env.cr.execute(
            SQL(
                "SELECT EXISTS (SELECT FROM political_import_row WHERE import_id = %s "
                "AND outcome = 'create' AND %s)",
                self.id,
                present,
            )
        )
        return self.env.cr.fetchone()[0]

    def _match_key(self, same, names):
        """Rows that fit a known contact by one key; how many."""
        said, condition = SQL(""), SQL("%s AND %s", same, names)
        if names is None:
            # The name is part of the key: of many at one address, not each is compared with each
            said = SQL(
                "CROSS JOIN LATERAL (VALUES (r.name_key), (NULLIF(r.name_swapped, r.name_key))) "
                "AS said (name_key)"
            )
            condition = SQL("%s AND p.name_key = said.name_key", same)
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE political_import_match ON COMMIT DROP AS
                SELECT r.number, min(p.id) AS partner_id, count(*) AS fitting,
                       bool_or(p.active) AS active, bool_or(p.partner_share) AS share
                  FROM political_import_row r %(said)s JOIN %(known)s p ON %(condition)s
                 WHERE r.import_id = %(id)s AND r.outcome = 'create'
                   AND r.is_company IS NOT DISTINCT FROM COALESCE(p.is_company, FALSE)
                 GROUP BY r.number
                """,
                known=SQL.identifier(KNOWN),
                said=said,
                condition=condition,
                id=self.id,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_import_row r
                   SET matched_id = m.partner_id,
                       outcome = CASE WHEN m.fitting > 1 THEN 'duplicate'
                                      WHEN NOT m.active OR m.share IS NOT TRUE THEN 'reject'
                                      ELSE 'update' END,
                       reason = CASE WHEN m.fitting > 1 THEN 'several'
                                     WHEN NOT m.active THEN 'archived'
                                     WHEN m.share IS NOT TRUE THEN 'user' END
                  FROM political_import_match m
                 WHERE r.import_id = %s AND r.number = m.number
                """,
                self.id,
            )
        )
        found = self.env.cr.rowcount
        self.env.cr.execute("DROP TABLE political_import_match")
        return found

    def _rematch(self):
        """Contacts that others made since the preview; an import's own are none."""
        self.env.cr.execute(
            SQL(
                "SELECT EXISTS (SELECT FROM res_partner p WHERE p.id > %(seen)s AND %(others)s)",
                seen=self.seen_partner_id,
                others=self._sql_others(),
            )
        )
        if self.env.cr.fetchone()[0]:
            others = SQL("p.id > %s AND %s", self.seen_partner_id, self._sql_others())
            if self._match_base(others):
                self._compare_matched(self.applied_number)

    def _sql_others(self):
        return SQL(
            "NOT EXISTS (SELECT FROM political_import_change c "
            "WHERE c.partner_id = p.id AND c.import_id = %s)",
            self.id,
        )

    # ---------------------------------------------------------------- what would change

    def _compare_matched(self, after):
        """Say what each matched row would add; one that adds nothing is known already.

        :param int after: number of the row after which to begin
        """
        changes = SQL(", ").join(
            SQL("CASE WHEN %s THEN %s END", change.condition, change.name)
            for change in self._update_changes()
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_import_row r
                   SET changes = d.changes,
                       outcome = CASE WHEN d.changes = '' THEN 'duplicate' ELSE 'update' END,
                       reason = CASE WHEN d.changes = '' THEN 'same' END
                  FROM (SELECT r.number, concat_ws(',', %(changes)s) AS changes
                          FROM political_import_row r
                          JOIN res_partner p ON p.id = r.matched_id
                         WHERE r.import_id = %(id)s AND r.outcome = 'update'
                           AND r.number > %(after)s) d
                 WHERE r.import_id = %(id)s AND r.number = d.number
                """,
                changes=changes,
                id=self.id,
                after=after,
            )
        )

    def _check_parents(self):
        """A row's organisation is in the base, or above it in the file."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_import_row r
                   SET outcome = 'reject', reason = 'parent:' || r.parent_name
                 WHERE r.import_id = %(id)s AND r.outcome = 'create' AND r.parent_name IS NOT NULL
                   AND NOT EXISTS (
                        SELECT FROM res_partner p WHERE p.name = r.parent_name AND p.active
                           AND (p.company_id = %(company)s OR p.company_id IS NULL)
                           AND p.political_category IS NULL AND p.is_company)
                   AND NOT EXISTS (
                        SELECT FROM political_import_row o WHERE o.import_id = %(id)s
                           AND o.is_company AND o.name = r.parent_name AND o.number < r.number
                           AND o.outcome <> 'reject')
                """,
                id=self.id,
                company=self.company_id.id,
            )
        )

    # ---------------------------------------------------------------- counting

    def _count(self):
        """Set the figures of the preview."""
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) FILTER (WHERE outcome = 'create'),
                       count(*) FILTER (WHERE outcome = 'update'),
                       count(*) FILTER (WHERE outcome = 'duplicate'),
                       count(*) FILTER (WHERE outcome = 'reject'),
                       count(*) FILTER (WHERE remarks IS NOT NULL), count(*), max(number)
                  FROM political_import_row WHERE import_id = %s
                """,
                self.id,
            )
        )
        names = (
            "created_count",
            "updated_count",
            "duplicate_count",
            "rejected_count",
            "remark_count",
            "total_count",
        )
        *counts, _last = self.env.cr.fetchone()
        self.write(dict(zip(names, counts, strict=True)))
        self._count_consents()
        self.env["political.import.row"].invalidate_model()
