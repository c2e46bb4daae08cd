from odoo import api, fields, models

from .political_payment import FINANCE
from .res_partner import PEOPLE


class ResPartner(models.Model):
    """Membership on the contact. No field leads from here to amounts: nothing can be searched,
    grouped or mailed by them (R-61)."""

    _inherit = "res.partner"

    membership_ids = fields.One2many(
        "political.membership", "partner_id", "Memberships", readonly=True, groups=PEOPLE
    )
    membership_count = fields.Integer(compute="_compute_membership_count", groups=PEOPLE)
    payment_count = fields.Integer(compute="_compute_payment_count", groups=FINANCE)

    def _compute_membership_count(self):
        counts = dict(
            self.env["political.membership"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.membership_count = counts.get(partner, 0)

    def _compute_payment_count(self):
        counts = dict(
            self.env["political.payment"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.payment_count = counts.get(partner, 0)

    def action_memberships(self):
        """Open the person's memberships."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_membership")
        return {**action, "domain": [("partner_id", "=", self.id)], "context": {}}

    def action_payments(self):
        """Open the person's payments: the financial agent's."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_payment")
        return {
            **action,
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id},
        }

    def action_join(self):
        """Open a request to join for this contact, filled in with what is known.

        :returns: a window action
        """
        self.ensure_one()
        return self.env["political.join.request"]._open_for(self)._get_records_action()

    @api.model
    def _membership_of(self, partner, company):
        """The person's live membership with a company, else the last one."""
        lines = (
            self.env["political.membership"]
            .sudo()
            .search([("partner_id", "=", partner.id), ("company_id", "=", company.id)])
        )
        live = lines.filtered(lambda line: line.state in ("active", "arrears"))
        return live[:1] or lines.filtered("date_start")[:1]
