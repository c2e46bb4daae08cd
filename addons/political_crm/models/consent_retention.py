from datetime import timedelta

from odoo import api, models
from odoo.addons.political_consent.models.consent_retention import RetentionRule
from odoo.tools import SQL

from .res_partner import OWN_ORIGINS

# Where the person typed the data on a page: NS-34 asks for a shorter term than for paper.
WEB_ORIGINS = ("web_form", "petition", "social")
# How a consent came, as the origin of who gave it.
ORIGIN_OF = {
    "web": "web_form",
    "portal": "web_form",
    "preferences": "web_form",
    "paper": "paper_form",
    "membership": "paper_form",
    "letter": "letter",
    "phone": "phone",
    "canvass": "canvass",
    "event": "event",
    "staff": "meeting",
}


class ConsentRetention(models.AbstractModel):
    _inherit = "consent.retention"

    @api.model
    def _sql_keepers(self, at):
        """A member stays while they are one; their terms begin when they leave (R-44). So does who
        holds an office."""
        return [
            *super()._sql_keepers(at),
            SQL("COALESCE(res_partner.political_category = 'member', FALSE)"),
            SQL(
                "EXISTS (SELECT FROM political_mandate m WHERE m.partner_id = res_partner.id"
                " AND (m.date_end IS NULL OR m.date_end >= %s::date))",
                at,
            ),
        ]

    @api.model
    def _rules(self, company, at):
        """R-12: who is kept for one single message goes two months after it; who never got one,
        after a year."""
        term = SQL(
            "CASE WHEN p.political_origin = ANY(%s) THEN %s ELSE %s END",
            list(WEB_ORIGINS),
            company.single_message_web_days,
            company.single_message_days,
        )
        return [
            *super()._rules(company, at),
            RetentionRule(
                "single_message",
                self.env._("Occasional contacts without an answer to their single message"),
                SQL(
                    "SELECT p.id FROM res_partner p WHERE %s"
                    " AND p.single_message_at + make_interval(days => %s) <= %s",
                    self._sql_silent(company),
                    term,
                    at,
                ),
                "delete",
            ),
            RetentionRule(
                "single_never_sent",
                self.env._("Occasional contacts who got no message within a year"),
                SQL(
                    "SELECT p.id FROM res_partner p WHERE %s AND p.single_message_at IS NULL"
                    " AND p.create_date <= %s",
                    self._sql_silent(company),
                    at - timedelta(days=company.single_message_wait_days),
                ),
                "delete",
            ),
        ]

    @api.model
    def _sql_silent(self, company):
        """Condition over ``res_partner p``: kept for one message and never heard of since."""
        return SQL(
            """p.political_basis = 'single' AND p.company_id = %s
               AND NOT EXISTS (SELECT FROM consent_state t
                                 JOIN consent_subject s ON s.id = t.subject_id
                                WHERE s.partner_id = p.id AND t.action = 'given')
               AND NOT EXISTS (SELECT FROM mail_message m WHERE m.author_id = p.id)""",
            company.id,
        )

    @api.model
    def _run(self, company):
        self._keep_answered(company)
        return super()._run(company)

    @api.model
    def _keep_answered(self, company):
        """R-12: who answered, or agreed to something, is a regular contact from then on: that
        step of their own is their origin now."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT p.id, (
                    SELECT e.means FROM consent_state t
                      JOIN consent_subject s ON s.id = t.subject_id
                      JOIN consent_purpose c ON c.id = t.purpose_id AND c.code <> 'petition'
                      JOIN consent_event e ON e.id = t.event_id
                     WHERE s.partner_id = p.id AND t.action = 'given'
                     ORDER BY t.collected_at DESC LIMIT 1) AS means,
                    EXISTS (SELECT FROM mail_message m WHERE m.author_id = p.id) AS wrote
                  FROM res_partner p
                 WHERE p.political_basis = 'single' AND p.company_id = %s
                """,
                company.id,
            )
        )
        origins = {}
        for partner_id, means, wrote in self.env.cr.fetchall():
            origin = ORIGIN_OF.get(means) or (wrote and "letter")
            if origin:
                origins.setdefault(origin, []).append(partner_id)
        for origin, partner_ids in origins.items():
            self.env["res.partner"].sudo().browse(partner_ids)._became_regular(origin)

    @api.model
    def _own_origin(self, means):
        """The origin that a step of the person's own gives, or ``False``."""
        origin = ORIGIN_OF.get(means)
        return origin if origin in OWN_ORIGINS else False
