from odoo import api, models
from odoo.exceptions import ValidationError


class IapEnrichApi(models.AbstractModel):
    _inherit = "iap.enrich.api"

    @api.model
    def _contact_iap(self, local_endpoint, params):
        """R-14: nothing about a contact is sent out to learn more about them."""
        raise ValidationError(self.env["iap.account"]._enrichment_refused())
