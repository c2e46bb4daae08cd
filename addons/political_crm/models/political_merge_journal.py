from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

# Neither snapshot nor restored: the ledger is append-only and its answers follow it; the rest is
# of the moment.
LEFT_OUT = {
    "consent_event",
    "consent_state",
    "consent_seal",
    "political_merge_line",
    "bus_bus",
    "mail_presence",
}
# Rows of these never go in a merge, and much hangs on them.
NOT_FOLLOWED = {"res_partner", "res_users", "mail_message", "mail_notification"}
AUTHORS = ("create_uid", "write_uid")


class PoliticalMerge(models.Model):
    """The journal: all rows that hang on contacts, before their merge and after it.

    Merges of one go share its questions; each row goes to the merge of the contact on whom it
    hangs.
    """

    _inherit = "political.merge"

    @api.model
    def _photograph(self, moment, number_of):
        """Put the rows that hang on contacts, as they are now, into a temporary table.

        :param int moment: 0 before the merges, 1 after them
        :param dict number_of: the number of its merge, by the id of each contact
        """
        self.env.flush_all()
        if not moment:
            self._begin_journal(number_of)
        ids = list(number_of)
        self._keep_named(moment, "res_partner", "id", ids)
        links = self._links("res_partner").items()
        used = self._used([(table, column) for table, some in links for column in some], ids)
        for table, column in used:
            self._keep_named(moment, table, column, ids)
        for table, names_it, condition in self._loose_links(ids):
            self._keep(moment, table, SQL("political_merge_people m ON %s", names_it), condition)
        self._follow(moment)
        if moment:
            self._keep_again()

    @api.model
    def _begin_journal(self, number_of):
        cr = self.env.cr
        cr.execute(
            """
            CREATE TEMP TABLE IF NOT EXISTS political_merge_rows (moment int, number int, tab text,
                   key text, row jsonb, PRIMARY KEY (moment, tab, key, number)) ON COMMIT DROP;
            CREATE TEMP TABLE IF NOT EXISTS political_merge_people (id int PRIMARY KEY, number int)
                   ON COMMIT DROP;
            TRUNCATE political_merge_rows, political_merge_people
            """
        )
        cr.execute(
            SQL(
                "INSERT INTO political_merge_people SELECT * FROM unnest(%s, %s)",
                list(number_of),
                list(number_of.values()),
            )
        )

    @api.model
    def _keep_named(self, moment, table, column, ids):
        """Rows whose column is the number of a contact."""
        column = SQL.identifier("t", column)
        self._keep(
            moment,
            table,
            SQL("political_merge_people m ON m.id = %s", column),
            SQL("%s = ANY(%s)", column, ids),
        )

    @api.model
    def _keep(self, moment, table, owner, condition):
        """Keep rows ``t`` of a table.

        :param SQL owner: what to join for the number ``m.number`` of their merge
        """
        if table in LEFT_OUT:
            return
        key = (
            SQL("t.id::text") if table in self._catalogue()["has_id"] else SQL("to_jsonb(t)::text")
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO political_merge_rows SELECT %s, m.number, %s, %s, to_jsonb(t) "
                "FROM %s t JOIN %s WHERE %s ON CONFLICT DO NOTHING",
                moment,
                table,
                key,
                SQL.identifier(table),
                owner,
                condition,
            )
        )

    @api.model
    def _shared(self):
        """Merges that have a row in common: what one does to it the other's journal would undo.

        :returns: set of their numbers
        """
        self.env.cr.execute(
            """
            SELECT DISTINCT unnest(array_agg(DISTINCT number)) FROM political_merge_rows
             GROUP BY tab, key HAVING min(number) <> max(number)
            """
        )
        return {number for (number,) in self.env.cr.fetchall()}

    @api.model
    def _catalogue(self):
        return self.env["consent.eraser"].sudo()._catalogue()

    @api.model
    def _links(self, target):
        """Tables with a foreign key to a table: ``{table: [columns]}``, wizards apart."""
        model_of = self._catalogue()["model_of"]
        links = {}
        for table, column, _kind in self._catalogue()["links"].get(target, ()):
            model = self.env.get(model_of.get(table, ""))
            if (
                (model is not None and model._transient)
                or table.startswith("base_partner_merge_")
                or column in AUTHORS
            ):
                continue
            links.setdefault(table, []).append(column)
        return links

    @api.model
    def _used(self, links, ids):
        """Of many columns that may name a record, those that name one of these, asked at once.

        :param list links: (table, column) each
        :param list ids: of the records
        :returns: the set of ids that it names, by (table, column)
        """
        if not links:
            return {}
        self.env.cr.execute(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, array_agg(DISTINCT %s) FROM %s WHERE %s = ANY(%s)",
                    place,
                    SQL.identifier(column),
                    SQL.identifier(table),
                    SQL.identifier(column),
                    ids,
                )
                for place, (table, column) in enumerate(links)
            )
        )
        return {links[place]: set(named) for place, named in self.env.cr.fetchall() if named}

    @api.model
    @ormcache()
    def _reference_columns(self):
        """(table, column) of every stored field that names a record with its model."""
        return tuple(
            (model._table, name)
            for model in self.env["consent.data.registry"].sudo()._tables().values()
            if not model._transient
            for name, field in model._fields.items()
            if field.type == "reference" and field.store
        )

    @api.model
    def _loose_links(self, ids):
        """Rows that name contacts without a foreign key: (table, how they name the contact ``m``,
        condition) each."""
        registry = self.env["consent.data.registry"].sudo()
        for name, model_field, id_field in registry._pairs():
            if not self.env[name]._transient:
                column = SQL.identifier("t", id_field)
                yield (
                    self.env[name]._table,
                    SQL("m.id = %s", column),
                    SQL(
                        "%s = 'res.partner' AND %s = ANY(%s)",
                        SQL.identifier("t", model_field),
                        column,
                        ids,
                    ),
                )
        for table, name in self._reference_columns():
            column = SQL.identifier("t", name)
            yield (
                table,
                SQL("'res.partner,' || m.id = %s", column),
                SQL("%s = ANY(%s)", column, [f"res.partner,{partner_id}" for partner_id in ids]),
            )
        for field in self.env.registry.many2one_company_dependents["res.partner"]:
            yield (
                self.env[field.model_name]._table,
                SQL(
                    "EXISTS (SELECT FROM jsonb_each_text(%s) e WHERE e.value = m.id::text)",
                    SQL.identifier("t", field.name),
                ),
                SQL("%s IS NOT NULL", SQL.identifier("t", field.name)),
            )

    @api.model
    def _follow(self, moment):
        """Rows that hang on those that may go: what a fold moves, a deletion takes along or cuts
        off."""
        cr = self.env.cr
        cr.execute(SQL("SELECT DISTINCT tab FROM political_merge_rows WHERE moment = %s", moment))
        has_id = self._catalogue()["has_id"]
        for (target,) in cr.fetchall():
            if target in NOT_FOLLOWED or target not in has_id:
                continue
            for table, columns in self._links(target).items():
                for column in columns:
                    self._keep_kept(moment, table, column, moment, target)

    @api.model
    def _keep_kept(self, moment, table, column, since, target):
        """Rows whose column is the number of a row of another table that was kept."""
        self._keep(
            moment,
            table,
            SQL("political_merge_rows m ON m.key::int = %s", SQL.identifier("t", column)),
            SQL("m.moment = %s AND m.tab = %s", since, target),
        )

    @api.model
    def _keep_again(self):
        """After the merges: the rows of before, wherever they hang now."""
        cr = self.env.cr
        cr.execute("SELECT DISTINCT tab FROM political_merge_rows WHERE moment = 0")
        for (table,) in cr.fetchall():
            if table in self._catalogue()["has_id"]:
                self._keep_kept(1, table, "id", 0, table)

    @api.model
    def _write_journals(self, vals_list):
        """Keep what differs between the two photographs.

        :param list vals_list: values of the merges, by their number
        :returns: the ``political.merge`` records
        """
        today = fields.Date.context_today(self)
        partners = self.env["res.partner"]
        for vals in vals_list:
            company = partners.browse(vals["partner_id"]).company_id or self.env.company
            vals["until"] = today + timedelta(days=company.merge_undo_days)
        merges = self.create(vals_list)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO political_merge_line (merge_id, table_name, row_key, before, after)
                SELECT (%s::int[])[number + 1], tab, key,
                       CASE WHEN a.row IS NULL THEN b.row ELSE (
                           SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(b.row) e
                            WHERE a.row -> e.key IS DISTINCT FROM e.value) END,
                       CASE WHEN b.row IS NULL THEN a.row ELSE (
                           SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(a.row) e
                            WHERE b.row -> e.key IS DISTINCT FROM e.value) END
                  FROM (SELECT * FROM political_merge_rows WHERE moment = 0) b
                  FULL JOIN (SELECT * FROM political_merge_rows WHERE moment = 1) a
                       USING (number, tab, key)
                 WHERE a.row IS DISTINCT FROM b.row
                 ORDER BY number, tab <> 'res_partner', tab, key
                """,
                merges.ids,
            )
        )
        self.env.cr.execute("DROP TABLE political_merge_rows, political_merge_people")
        merges.invalidate_recordset(["line_ids"])
        return merges
