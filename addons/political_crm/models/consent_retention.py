from odoo import api, models
from odoo.tools import SQL


class ConsentRetention(models.AbstractModel):
    _inherit = "consent.retention"

    @api.model
    def _sql_keepers(self, at):
        """A member stays while they are one; their terms begin when they leave (R-44)."""
        return [
            *super()._sql_keepers(at),
            SQL("COALESCE(res_partner.political_category = 'member', FALSE)"),
        ]
