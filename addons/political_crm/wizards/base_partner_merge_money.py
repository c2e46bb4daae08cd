from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Fold what may exist once a person before core moves the links: payers and the open
        lines of memberships."""
        self._fold_memberships(src_partners | dst_partner, dst_partner)
        self._fold_payers(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _fold_memberships(self, partners, dst_partner):
        """Of two live (or waiting) lines of one person the one that reaches furthest stays."""
        Membership = self.env["political.membership"].sudo()
        lines = Membership.search(
            [
                ("partner_id", "in", partners.ids),
                ("state", "in", ("requested", "active", "arrears")),
            ]
        )
        for live in (True, False):
            same = lines.filtered(lambda m, live=live: (m.state != "requested") == live)
            same = same.sorted(
                lambda m: (m.state == "active", str(m.date_end or ""), m.id), reverse=True
            )
            same[1:].write({"state": "renewed" if live else "cancelled"})
        Membership.flush_model()

    @api.model
    def _fold_payers(self, src_partners, dst_partner):
        """Their payments have one payer; the sum may pass a cap: the agent sees it, nothing of
        the past is refused."""
        Payer = self.env["political.payer"].sudo()
        payers = Payer.search([("partner_id", "in", (src_partners | dst_partner).ids)])
        kept = payers.filtered(lambda p: p.partner_id == dst_partner)[:1] or payers[:1]
        gone = payers - kept
        if not gone:
            return
        self.env.flush_all()
        for table in ("political_payment", "political_join_request"):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET payer_id = %s WHERE payer_id = ANY(%s)",
                    SQL.identifier(table),
                    kept.id,
                    list(gone.ids),
                )
            )
        # Open receipts are prepared anew; numbered ones keep the payer they were issued to
        self.env.cr.execute(
            SQL(
                """
                UPDATE political_payment SET receipt_id = NULL WHERE receipt_id IN (
                    SELECT id FROM political_receipt WHERE number IS NULL AND payer_id = ANY(%s))
                """,
                list(gone.ids),
            )
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM political_receipt WHERE number IS NULL AND payer_id = ANY(%s)",
                list(gone.ids),
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE political_receipt SET payer_id = %s WHERE payer_id = ANY(%s)",
                kept.id,
                list(gone.ids),
            )
        )
        self.env.invalidate_all()
        gone.unlink()
