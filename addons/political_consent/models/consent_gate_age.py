from odoo import api, models
from odoo.tools import SQL

from .consent_gate import PARTNER, Check

FULL_AGE = 18


class ConsentGate(models.AbstractModel):
    """R-23: minors are not targeted."""

    _inherit = "consent.gate"

    @api.model
    def _age_checks(self, request):
        """Nobody known to be a minor is targeted, nor who said no more than to be old enough for a
        consent."""
        checks = super()._age_checks(request)
        if request.purpose.targeting or request.segmented:
            checks.append(Check("underage", self._sql_old_enough(request)))
        return checks

    @api.model
    def _sql_old_enough(self, request):
        """The law's floor is one year below voting age, that birthday included (regulation (EU)
        2024/900, article 18(2)); a controller may choose it instead of full age."""
        born = SQL("%s.birthdate", PARTNER)
        today = SQL("%s::date", request.at)
        if request.company.consent_targeting_from == "floor":
            years = request.company.consent_voting_age - 1
            known = SQL("%s < %s - make_interval(years => %s)", born, today, years)
        else:
            known = SQL("%s <= %s - make_interval(years => %s)", born, today, FULL_AGE)
        return SQL("COALESCE(%s, NOT %s)", known, self._sql_maybe_minor(request))

    @api.model
    def _sql_maybe_minor(self, request):
        """People whose consent to be targeted tells an age below 18, or none but "15 or over"."""
        return SQL(
            """(%(partner)s.id IN (
                SELECT s.partner_id FROM consent_state t
                  JOIN consent_subject s ON s.id = t.subject_id
                  JOIN consent_purpose p ON p.id = t.purpose_id
                  JOIN consent_event e ON e.id = t.event_id
                 WHERE p.targeting AND p.company_id = %(company)s AND t.channel = %(channel)s
                   AND t.action = 'given' AND e.age_check IN ('15', 'joint')
                   AND s.partner_id IS NOT NULL AND %(among)s))""",
            partner=PARTNER,
            company=request.company.id,
            channel=request.channel,
            among=SQL("s.partner_id = ANY(%s)", list(request.among))
            if request.among
            else SQL("TRUE"),
        )
