from odoo import models
from odoo.tools import SQL


class PoliticalImport(models.Model):
    """Taking back: completed contacts get back what they had, column by column."""

    _inherit = "political.import"

    def _undo_updated(self, change_ids):
        """Give completed contacts back what they had; how many."""
        return sum(self._undo_round(some) for some in self._rounds(change_ids))

    def _rounds(self, change_ids):
        """The changes in rounds of one a contact, the latest first."""
        self.env.cr.execute(
            SQL(
                "SELECT id, row_number() OVER (PARTITION BY partner_id ORDER BY id DESC) "
                "FROM political_import_change WHERE id = ANY(%s)",
                list(change_ids),
            )
        )
        rounds = {}
        for change_id, number in self.env.cr.fetchall():
            rounds.setdefault(number, []).append(change_id)
        return [rounds[number] for number in sorted(rounds)]

    def _undo_round(self, change_ids):
        self.env.cr.execute(
            SQL(
                """
                SELECT c.id FROM political_import_change c
                  JOIN res_partner p ON p.id = c.partner_id
                 WHERE c.id = ANY(%s) AND (c.after IS NULL OR NOT EXISTS (
                        SELECT FROM jsonb_each(c.after - %s::text[]) a
                         WHERE a.value IS DISTINCT FROM to_jsonb(p) -> a.key))
                """,
                change_ids,
                ["write_date", "write_uid"],
            )
        )
        free = [change_id for (change_id,) in self.env.cr.fetchall()]
        self._restore(free)
        self._remove_added_tags(free)
        self._withdraw_given(free)
        self._mark(free, "undone")
        self._mark(set(change_ids) - set(free), "kept")
        return len(free)

    def _restore(self, change_ids):
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT DISTINCT k FROM political_import_change c, jsonb_object_keys(c.before) k "
                "WHERE c.id = ANY(%s)",
                change_ids,
            )
        )
        columns = sorted(name for (name,) in cr.fetchall())
        if not columns:
            return
        # Who wrote last and when comes back too, where nobody wrote since.
        alone = SQL("p.write_date = c.stamp AND ")
        assignments = SQL(", ").join(
            SQL(
                "%(c)s = CASE WHEN %(alone)sc.before ? %(n)s THEN old.%(c)s ELSE p.%(c)s END",
                c=SQL.identifier(name),
                n=name,
                alone=alone if name in ("write_date", "write_uid") else SQL(""),
            )
            for name in columns
        )
        cr.execute(
            SQL(
                """
                UPDATE res_partner p SET %s
                  FROM political_import_change c,
                       LATERAL jsonb_populate_record(NULL::res_partner, c.before) old
                 WHERE c.id = ANY(%s) AND c.partner_id = p.id AND c.before IS NOT NULL
                """,
                assignments,
                change_ids,
            )
        )
        self._align_restored(change_ids)

    def _align_restored(self, change_ids):
        keys = self.env["consent.key"].sudo()
        self.env.cr.execute(
            SQL(
                """
                UPDATE consent_subject s SET email_key = n.email, phone_key = n.phone
                  FROM (SELECT p.id,
                               CASE WHEN p.email_normalized <> '' THEN %(email)s END AS email,
                               CASE WHEN p.phone_sanitized <> '' THEN %(phone)s END AS phone
                          FROM res_partner p
                          JOIN political_import_change c ON c.partner_id = p.id
                         WHERE c.id = ANY(%(ids)s)) n
                 WHERE n.id = s.partner_id
                   AND (s.email_key, s.phone_key) IS DISTINCT FROM (n.email, n.phone)
                """,
                email=keys._sql_digest("email", SQL("p.email_normalized")),
                phone=keys._sql_digest("phone", SQL("p.phone_sanitized")),
                ids=change_ids,
            )
        )

    def _remove_added_tags(self, change_ids):
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM res_partner_res_partner_category_rel x
                 USING political_import_change c, jsonb_array_elements_text(c.tag_ids) t(tag_id)
                 WHERE c.id = ANY(%s) AND c.tag_ids IS NOT NULL
                   AND x.partner_id = c.partner_id AND x.category_id = t.tag_id::int
                """,
                change_ids,
            )
        )

    def _withdraw_given(self, change_ids):
        """Consents that only this import recorded are withdrawn; a later answer stands."""
        self.env.cr.execute(
            SQL(
                """
                SELECT t.id FROM political_import_change c
                  JOIN consent_subject s ON s.partner_id = c.partner_id
                  JOIN consent_state t ON t.subject_id = s.id AND t.action = 'given'
                  JOIN consent_event e ON e.id = t.event_id
                 WHERE c.id = ANY(%s) AND e.source_ref = %s
                """,
                change_ids,
                f"import/{self.id}",
            )
        )
        self._withdraw([state_id for (state_id,) in self.env.cr.fetchall()])
