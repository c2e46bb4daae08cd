from psycopg2 import IntegrityError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger
from odoo.tools.sql import table_columns

# Each is folded by an override of its own before core's raw UPDATE.
FOLDED = {"consent_subject", "website_visitor", "political_duplicate"}
# Of two such rows one says all that both say: core deletes the other.
SAY_THE_SAME = {
    "mail_followers",
    "mail_notification",
    "mail_message_reaction",
    "discuss_channel_member",
    "mailing_subscription",
    "consent_restriction",
}


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        people = self.env["res.partner"].browse(partner_ids).exists()
        self._merge_with_journal(people, dst_partner, extra_checks)

    def _merge_with_journal(self, people, keep, extra_checks=True, values=None, **noted):
        """Merge contacts so that it can be undone.

        :param people: contacts, ``keep`` among them
        :param keep: the one that stays; core chooses when it is none
        :param bool extra_checks: core's limits for who is no administrator
        :param dict values: values that the one who stays takes from the others
        :param noted: further values of the journal
        :returns: the ``political.merge``, or none when there was nothing to merge
        """
        Merge = self.env["political.merge"].sudo()
        if len(people) < 2:
            return Merge
        self._check_one_controller(people)
        Merge._photograph(0, people.ids)
        # Called with more to say than core's method takes.
        super()._merge(  # pylint: disable=super-method-mismatch
            people.ids, dst_partner=keep, extra_checks=extra_checks
        )
        kept = people.exists()
        if values:
            kept.write(values)
        Merge._photograph(1, people.ids)
        return Merge._write_journal(kept, len(people) - 1, **noted)

    @api.model
    def _check_one_controller(self, people):
        """Two controllers' cards of one person stay two: merging them would hand one's data to
        the other (R-41)."""
        if len(people.sudo().filtered("political_category").company_id) > 1:
            raise UserError(
                self.env._(
                    "These people are in the files of different controllers, which share "
                    "nothing. They stay apart."
                )
            )

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self.env["political.duplicate"].sudo()._follow_merge(src_partners, dst_partner)
        self._move_unique_rows(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_foreign_keys_generic(self, model, src_records, dst_record):
        seen = self.with_context(merge_sources=src_records.ids)
        return super(BasePartnerMergeAutomaticWizard, seen)._update_foreign_keys_generic(
            model, src_records, dst_record
        )

    def _get_fk_on(self, table):
        # Core asks the catalogue about each of a hundred tables; few have rows of one contact.
        links = super()._get_fk_on(table)
        sources = self.env.context.get("merge_sources")
        if not sources:
            return links
        used = self.env["political.merge"]._used(links, sources)
        return [(name, column) for name, columns in used.items() for column in columns]

    @api.model
    def _move_unique_rows(self, src_partners, dst_partner):
        """Move the rows of which a contact can have one only.

        Core deletes what clashes with a constraint, and stops on a unique index: no history may
        go that way.
        """
        self.env.flush_all()
        model_of = self.env["consent.eraser"].sudo()._catalogue()["model_of"]
        links = self._unique_links()
        used = self.env["political.merge"]._used(links, src_partners.ids)
        for table, column in links:
            name = model_of.get(table)
            if column not in used.get(table, ()):
                continue
            if table in FOLDED or table in SAY_THE_SAME or name is None:
                continue
            if len(table_columns(self.env.cr, table)) <= 2 or self.env[name]._transient:
                continue
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    self.env.cr.execute(
                        SQL(
                            "UPDATE %(table)s SET %(column)s = %(dst)s "
                            "WHERE %(column)s = ANY(%(src)s)",
                            table=SQL.identifier(table),
                            column=SQL.identifier(column),
                            dst=dst_partner.id,
                            src=src_partners.ids,
                        )
                    )
            except IntegrityError as error:
                self._solve_clash(self.env[name], column, src_partners, dst_partner, error)
        self.env.invalidate_all()

    @api.model
    def _unique_links(self):
        """Columns that name a contact in a unique index: [(table, column)]."""
        self.env.cr.execute(
            """
            SELECT DISTINCT c.relname, a.attname
              FROM pg_constraint k
              JOIN pg_class c ON c.oid = k.conrelid
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
              JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY(i.indkey)
             WHERE k.contype = 'f' AND k.confrelid = 'res_partner'::regclass
               AND array_length(k.conkey, 1) = 1
             ORDER BY 1, 2
            """
        )
        return self.env.cr.fetchall()

    @api.model
    def _solve_clash(self, model, column, src_partners, dst_partner, error):
        """Both contacts have what one person can have once only. Addons that know how to make one
        of two extend this; core would delete one of them.

        :param model: empty recordset of the rows' model
        :param str column: the column that names the contact
        :param error: what the database said
        :raises UserError: when nobody knows
        """
        raise UserError(
            self.env._(
                "Both contacts have what one person has only once: %(thing)s. Settle that first, "
                "then merge.",
                thing=self.env["ir.model"]._get(model._name).name,
            )
        ) from error
