from odoo import api, models
from odoo.addons.political_consent.models.consent_gate import PARTNER, Check
from odoo.tools import SQL

from .res_partner import OWN_ORIGINS


class ConsentGate(models.AbstractModel):
    _inherit = "consent.gate"

    @api.model
    def _gate_checks(self, request):
        """R-22: whom somebody else told us about is never targeted, whatever they agreed to since:
        their own step is then recorded as the new origin."""
        checks = super()._gate_checks(request)
        if request.segmented or request.purpose.targeting:
            checks.append(
                Check(
                    "indirect_origin",
                    SQL(
                        "(%(partner)s.political_category IS NULL"
                        " OR COALESCE(%(partner)s.political_origin = ANY(%(own)s), FALSE))",
                        partner=PARTNER,
                        own=list(OWN_ORIGINS),
                    ),
                )
            )
        return checks

    @api.model
    def _reason_labels(self):
        return super()._reason_labels() | {
            "indirect_origin": self.env._("not told to us by the person: never targeted"),
        }
