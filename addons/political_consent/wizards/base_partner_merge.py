import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class MergePartnerAutomatic(models.TransientModel):
    """R-33: merging two contacts keeps the stricter answer and never makes a basis.

    Each contact keeps its code in the ledger; the codes follow the contact that stays. Where one
    of them said no and another yes to the same thing, a withdrawal is written for the yes, unless
    the yes came later and for the same address.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._merge_consents(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _merge_consents(self, src_partners, dst_partner):
        Subject = self.env["consent.subject"].sudo()
        moved = Subject.search([("partner_id", "in", src_partners.ids)])
        if not moved:
            return
        for company in moved.company_id:
            Subject._ensure(dst_partner, company)
        everyone = moved | Subject.search([("partner_id", "=", dst_partner.id)])
        Subject._lock(everyone.ids)
        closings = self._consents_overruled(everyone)
        # Now, and not by the raw UPDATE of core, which the unique index of current codes stops.
        moved.filtered(lambda s: not s.merged_at).merged_at = fields.Datetime.now()
        moved.partner_id = dst_partner
        moved.flush_recordset()
        self.env["consent.event"].sudo()._record(closings)

    @api.model
    def _consents_overruled(self, subjects):
        """Withdrawals to write: the given answers that another contact's no overrules."""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT g.subject_id, g.identifier_key, g.purpose_id, g.channel,
                       g.list_id, e.uid
                  FROM consent_state g
                  JOIN consent_subject gs ON gs.id = g.subject_id
                  JOIN consent_event e ON e.id = g.event_id
                  JOIN consent_subject cs ON cs.company_id = gs.company_id
                       AND cs.partner_id <> gs.partner_id
                  JOIN consent_state c ON c.subject_id = cs.id
                       AND c.purpose_id = g.purpose_id AND c.channel = g.channel
                       AND (c.list_id IS NULL OR c.list_id = g.list_id)
                 WHERE gs.id = ANY(%(ids)s) AND cs.id = ANY(%(ids)s)
                   AND g.action = 'given' AND c.action IN ('withdrawn', 'refused')
                   AND NOT (g.identifier_key IS NOT DISTINCT FROM c.identifier_key
                            AND g.collected_at > c.collected_at)
                 ORDER BY g.subject_id, e.uid
                """,
                ids=subjects.ids,
            )
        )
        return [
            {
                "subject": self.env["consent.subject"].sudo().browse(subject_id),
                "identifier_key": identifier_key,
                "purpose": self.env["consent.purpose"].sudo().browse(purpose_id),
                "channel": channel,
                "list": self.env["consent.list"].sudo().browse(list_id or ()),
                "action": "withdrawn",
                "means": "merge",
                "act": "none",
                "replaces_uid": uid,
                "collector": self.env.user,
            }
            for subject_id, identifier_key, purpose_id, channel, list_id, uid in (
                self.env.cr.fetchall()
            )
        ]

    def _log_merge_operation(self, src_partners, dst_partner):
        """Say that it was done, without core's names and addresses: they would outlive an erasure
        in the chatter (R-31)."""
        _logger.info(
            "(uid = %s) merged the partners %r with %s",
            self.env.uid,
            src_partners.ids,
            dst_partner.id,
        )
        dst_partner.message_post(
            body=self.env._(
                "Merged with the contacts %(ids)s. What they had answered came along; where the "
                "answers differed, the stricter one counts.",
                ids=", ".join(str(partner.id) for partner in src_partners),
            )
        )
