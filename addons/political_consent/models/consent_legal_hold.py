from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ConsentLegalHold(models.Model):
    """A reason of law to keep one person's data past its term: a claim, an inquiry (R-43)."""

    _name = "consent.legal.hold"
    _description = "Legal hold"
    _order = "end, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    reason = fields.Char(
        required=True, help="The text or the case, without anything about the person."
    )
    end = fields.Date("Until", help="Empty: until somebody lifts it.")
    active = fields.Boolean(default=True)

    @api.model
    def _holding(self, partners):
        """Holds in force over contacts."""
        today = fields.Date.context_today(self)
        return self.search(
            Domain("partner_id", "in", partners.ids)
            & (Domain("end", "=", False) | Domain("end", ">=", today))
        )

    @api.model
    def _sql_held(self, at):
        """Condition over ``res_partner``: somebody's hold is in force."""
        return SQL(
            "EXISTS (SELECT FROM consent_legal_hold h WHERE h.partner_id = res_partner.id "
            'AND h.active AND (h."end" IS NULL OR h."end" >= %s::date))',
            at,
        )
