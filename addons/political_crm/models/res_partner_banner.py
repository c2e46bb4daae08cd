from odoo import api, fields, models

from .res_partner import PEOPLE


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_of_party = fields.Boolean(compute="_compute_is_of_party")
    do_not_contact = fields.Char(compute="_compute_do_not_contact", groups=PEOPLE)

    @api.depends_context("uid")
    @api.depends("is_company")
    def _compute_is_of_party(self):
        """For screens alone; says nothing to who may not know (R-10)."""
        may_know = self.env.user.has_group(PEOPLE)
        for partner in self:
            partner.is_of_party = may_know and bool(partner.political_category)

    @api.depends("deceased_date", "email_normalized", "phone_sanitized", "company_id")
    def _compute_do_not_contact(self):
        """In words, why nobody should reach this person at all, for the banner on their page."""
        gate = self.env["consent.gate"].sudo()
        for partner in self:
            partner.do_not_contact = False
            if not partner.political_category or not partner._origin:
                continue
            if partner.deceased_date:
                partner.do_not_contact = self.env._("This person has died.")
                continue
            company = partner.sudo().company_id
            newsletter = self.env["consent.purpose"].sudo()
            newsletter = newsletter.search(
                [("code", "=", "newsletter"), ("company_id", "=", company.id)], limit=1
            )
            if newsletter:
                request = gate._gate_request(newsletter, "post")
                reason = gate._reasons(partner._origin.ids, request)[partner._origin.id]
                if reason == "suppressed":
                    partner.do_not_contact = self.env._(
                        "This person objected to any message. Do not contact them."
                    )
