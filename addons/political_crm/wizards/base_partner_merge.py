from psycopg2 import IntegrityError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger
from odoo.tools.sql import table_columns

from ..lib.merging import Gathered, Group

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
    # Core has put what only one of them had to the other, and archived what both had
    "res_partner_bank",
}


def _numbers(groups):
    """The number of its group, by the id of each contact."""
    return {
        partner_id: number for number, group in enumerate(groups) for partner_id in group.people.ids
    }


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        people = self.env["res.partner"].browse(partner_ids).exists()
        if len(people) > 1:
            self._merge_with_journal(Group(people, dst_partner, extra_checks))

    def _merge_with_journal(self, *groups):
        """Merge contacts so that it can be undone.

        Groups of one go share what can be asked and done once. Those that have something in
        common (relatives, say) are merged one after the other.

        :param Group groups: contacts that become one, no contact in two of them
        :returns: the ``political.merge`` records
        """
        Merge = self.env["political.merge"].sudo()
        for group in groups:
            self._check_one_controller(group.people)
        number_of = _numbers(groups)
        Merge._photograph(0, number_of)
        shared = Merge._shared()
        if shared:
            apart = [group for number, group in enumerate(groups) if number in shared]
            groups = [group for number, group in enumerate(groups) if number not in shared]
            merges = self._merge_with_journal(*groups) if groups else Merge
            return merges.concat(*(self._merge_with_journal(group) for group in apart))
        vals_list = self._merge_gathered(groups)
        Merge._photograph(1, number_of)
        if Merge._shared():
            raise UserError(self.env._("These people have something in common: merge them apart."))
        return Merge._write_journals(vals_list)

    def _merge_gathered(self, groups):
        """Let core merge each group, and do at the end what is done for all of them.

        :returns: list of dict, the merges' values
        """
        gathered = self._gather([partner_id for group in groups for partner_id in group.people.ids])
        wizard = self.with_context(merge_gathered=gathered)
        for group in groups:
            # Core's, with another context than ours.
            core = super(BasePartnerMergeAutomaticWizard, wizard)
            core._merge(  # pylint: disable=super-method-mismatch
                group.people.ids,
                dst_partner=group.keep and group.keep.with_env(wizard.env),
                extra_checks=group.extra_checks,
            )
        partners = self.env["res.partner"]
        partners.browse(gathered.gone).sudo().unlink()
        partners.browse(gathered.notes).sudo()._message_log_batch(gathered.notes)
        vals_list = []
        for group in groups:
            kept = group.people.filtered(lambda person: person.id not in gathered.gone)
            if group.values:
                kept.write(group.values)
            vals_list.append(
                {"partner_id": kept.id, "merged_count": len(group.people) - 1, **group.noted}
            )
        return vals_list

    def _gather(self, ids):
        links = self._get_fk_on("res_partner")
        return Gathered(
            ids,
            links=links,
            unique={*self._unique_links()},
            used=self.env["political.merge"]._used(links, ids),
        )

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
        sources = self.env.context.get("merge_sources")
        gathered = self.env["res.partner"]._gathered()
        if table == "res_partner" and gathered and sources:
            links = self._named_by(sources)
            folded = [link for link in links if link[0] in FOLDED]
            rest = [link for link in links if link[0] not in FOLDED]
            # What is folded by now is not core's business any more
            return rest + list(self.env["political.merge"]._used(folded, sources))
        links = super()._get_fk_on(table)
        return list(self.env["political.merge"]._used(links, sources)) if sources else links

    @api.model
    def _named_by(self, source_ids):
        """The links that name one of these contacts: [(table, column)]."""
        used = self.env["res.partner"]._gathered().used
        return [link for link, ids in used.items() if not ids.isdisjoint(source_ids)]

    @api.model
    def _move_unique_rows(self, src_partners, dst_partner):
        """Move the rows of which a contact can have one only.

        Core deletes what clashes with a constraint, and stops on a unique index: no history may
        go that way.
        """
        model_of = self.env["consent.eraser"].sudo()._catalogue()["model_of"]
        unique = self.env["res.partner"]._gathered().unique
        links = [link for link in self._named_by(src_partners.ids) if link in unique]
        if not links:
            return
        self.env.flush_all()
        for table, column in links:
            name = model_of.get(table)
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
