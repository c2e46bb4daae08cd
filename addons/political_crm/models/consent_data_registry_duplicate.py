from odoo import api, models
from odoo.addons.political_consent.models.consent_data_registry import Descriptor


class ConsentDataRegistry(models.AbstractModel):
    _inherit = "consent.data.registry"

    @api.model
    def _descriptors(self):
        """Journals of merges hold what merged contacts were: they go with the person (R-31)."""
        return {
            **super()._descriptors(),
            "political.duplicate": Descriptor("delete", shown=False),
            "political.merge": Descriptor("delete", shown=False),
        }
