from odoo import models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Two controllers' cards of one person stay two: merging them would hand one's data to
        the other (R-41)."""
        people = self.env["res.partner"].sudo().browse(partner_ids).exists()
        if len(people.filtered("political_category").company_id) > 1:
            raise UserError(
                self.env._(
                    "These people are in the files of different controllers, which share "
                    "nothing. They stay apart."
                )
            )
        return super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
