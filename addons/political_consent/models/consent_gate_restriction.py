from odoo import api, models
from odoo.tools import SQL

from .consent_gate import Check


class ConsentGate(models.AbstractModel):
    _inherit = "consent.gate"

    @api.model
    def _gate_checks(self, request):
        """Article 18: a restricted person is reached for nothing, statutory notices included."""
        checks = super()._gate_checks(request)
        self.env.cr.execute(
            SQL(
                "SELECT FROM consent_restriction WHERE company_id = %s LIMIT 1",
                request.company.id,
            )
        )
        if not self.env.cr.rowcount:
            return checks
        allows = SQL(
            "NOT EXISTS (SELECT FROM consent_restriction r "
            "WHERE r.partner_id = res_partner.id AND r.company_id = %s)",
            request.company.id,
        )
        return [Check("restricted", allows), *checks]

    @api.model
    def _flush(self):  # pylint: disable=missing-return
        super()._flush()
        self.env["consent.restriction"].flush_model()

    @api.model
    def _reason_labels(self):
        return {
            **super()._reason_labels(),
            "restricted": self.env._("asked that their data be kept and not used"),
        }
