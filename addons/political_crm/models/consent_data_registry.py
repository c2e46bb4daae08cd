from odoo import api, models
from odoo.addons.political_consent.models.consent_data_registry import Descriptor


class ConsentDataRegistry(models.AbstractModel):
    _inherit = "consent.data.registry"

    @api.model
    def _descriptors(self):
        """What hangs on a person goes with them, and the access page shows it (R-31, R-32)."""
        return {
            **super()._descriptors(),
            "political.relation": Descriptor("delete", columns=("kind", "since")),
            "political.mandate": Descriptor(
                "delete", columns=("office_id", "zone_id", "branch_id", "date_start", "date_end")
            ),
            "political.primary.participant": Descriptor("delete"),
            "political.change": Descriptor("delete", shown=False),
            "political.relay": Descriptor("detach", shown=False),
        }
