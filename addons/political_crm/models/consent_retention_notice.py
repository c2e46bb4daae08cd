from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.addons.political_consent.models.consent_retention import RetentionRule
from odoo.tools import SQL


class ConsentRetention(models.AbstractModel):
    """R-25: whom we did not tell within a month that we hold their data, we let go (GDPR, 14)."""

    _inherit = "consent.retention"

    @api.model
    def _rules(self, company, at):
        untold = RetentionRule(
            "notice_due",
            self.env._("Not told within a month that we hold their data"),
            self._sql_untold(company, at - relativedelta(months=1)),
            "delete",
        )
        return [*super()._rules(company, at), untold]

    @api.model
    def _sql_untold(self, company, before):
        """Query of the people entered before a moment and never informed.

        Whoever agreed to something since has read a notice then.
        """
        return SQL(
            """
            SELECT p.id FROM res_partner p
             WHERE p.company_id = %(company)s AND p.political_category IS NOT NULL
               AND p.political_notice = 'due' AND p.create_date < %(before)s
               AND NOT EXISTS (SELECT FROM consent_subject s
                                 JOIN consent_state t ON t.subject_id = s.id
                                WHERE s.partner_id = p.id AND t.action = 'given')
            """,
            company=company.id,
            before=before,
        )
