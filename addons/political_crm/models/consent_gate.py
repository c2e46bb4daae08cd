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
        checks.insert(0, Check("deceased", SQL("%s.deceased_date IS NULL", PARTNER)))
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
    def _other_basis_checks(self, request):
        """R-11, R-39: who is kept for one single message gets one, whatever the card or channel.

        What they agreed to has another basis, and no limit.
        """
        checks = super()._other_basis_checks(request)
        if not request.purpose.statutory:
            at = next(
                n
                for n, check in enumerate(checks)
                if check.code in ("no_balancing_test", "not_member", "no_address")
            )
            checks.insert(at, Check("single_message", self._sql_single_left()))
        return checks

    @api.model
    def _sql_single_left(self):
        return SQL(
            """(%(partner)s.political_basis IS DISTINCT FROM 'single' OR (
                %(partner)s.single_message_at IS NULL AND NOT EXISTS (
                    SELECT FROM res_partner twin
                     WHERE twin.email_normalized = %(partner)s.email_normalized
                       AND twin.company_id = %(partner)s.company_id
                       AND twin.single_message_at IS NOT NULL)))""",
            partner=PARTNER,
        )

    @api.model
    def _sql_member(self, request):
        """Members are who the file says they are; former ones have left (R-44)."""
        return SQL(
            "(COALESCE(%(partner)s.political_category = 'member', FALSE) OR"
            " (%(partner)s.political_category IS NULL AND %(told)s))",
            partner=PARTNER,
            told=super()._sql_member(request),
        )

    @api.model
    def _sql_letter(self, channel, company, partner_ids):
        """One writes to a member of one's own party."""
        return SQL(
            "(%(partner)s.deceased_date IS NULL AND (%(other)s OR"
            " COALESCE(%(partner)s.political_category = 'member'"
            " AND %(partner)s.company_id = %(company)s, FALSE)))",
            other=super()._sql_letter(channel, company, partner_ids),
            partner=PARTNER,
            company=company.id,
        )

    @api.model
    def _reason_labels(self):
        return super()._reason_labels() | {
            "indirect_origin": self.env._("not told to us by the person: never targeted"),
            "single_message": self.env._("had the one message that an occasional contact gets"),
            "deceased": self.env._("has died"),
        }
