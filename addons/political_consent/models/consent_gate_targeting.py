from odoo import api, models
from odoo.tools import SQL

from .consent_gate import PARTNER, Check

ONLINE = ("email", "sms")


class ConsentGate(models.AbstractModel):
    """R-20: choosing people by more than their list is targeting, which asks for its own consent
    (regulation (EU) 2024/900, article 18)."""

    _inherit = "consent.gate"

    @api.model
    def _gate_checks(self, request):
        checks = super()._gate_checks(request)
        if self._needs_targeting_consent(request):
            checks.append(Check("no_targeting_consent", self._sql_targeting_given(request)))
        return checks

    @api.model
    def _reason_labels(self):
        return {
            **super()._reason_labels(),
            "no_targeting_consent": self.env._("did not agree to be targeted"),
        }

    @api.model
    def _needs_targeting_consent(self, request):
        """Only what is online is political advertising that the regulation means, and what the
        statutes oblige to send is no advertising."""
        return (
            request.channel in ONLINE
            and not request.purpose.statutory
            and (request.segmented or request.purpose.targeting)
        )

    @api.model
    def _sql_targeting_given(self, request):
        key = SQL.identifier({"email": "email_key", "sms": "phone_key"}[request.channel])
        among = SQL("s.partner_id = ANY(%s)", list(request.among)) if request.among else SQL("TRUE")
        return SQL(
            """(%(partner)s.id IN (
                SELECT s.partner_id FROM consent_state t
                  JOIN consent_subject s ON s.id = t.subject_id
                  JOIN consent_purpose p ON p.id = t.purpose_id
                 WHERE p.targeting AND p.company_id = %(company)s AND t.channel = %(channel)s
                   AND t.list_id IS NULL AND t.action = 'given'
                   AND (t.expires_at IS NULL OR t.expires_at > %(at)s)
                   AND t.identifier_key = s.%(key)s AND s.partner_id IS NOT NULL
                   AND %(among)s))""",
            partner=PARTNER,
            company=request.company.id,
            channel=request.channel,
            at=request.at,
            key=key,
            among=among,
        )
