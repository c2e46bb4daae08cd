from odoo import api, fields, models

from .res_partner import PEOPLE


class ResPartner(models.Model):
    _inherit = "res.partner"

    recruitment_count = fields.Integer(compute="_compute_recruitment_count", groups=PEOPLE)

    @api.depends("opportunity_ids")
    def _compute_recruitment_count(self):
        counts = dict(
            self.env["crm.lead"]._read_group(
                [("partner_id", "in", self.ids), ("political_category", "!=", False)],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.recruitment_count = counts.get(partner._origin, 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Who agreed at their door came by a step of their own: somebody calls them back."""
        people = super().create(vals_list)
        met = people.filtered(lambda p: p.sudo().political_origin == "canvass")
        self.env["crm.lead"]._recruit(met)
        return people

    def write(self, vals):
        result = super().write(vals)
        if vals.get("political_category") == "member":
            self._close_recruitments()
        return result

    def _close_recruitments(self):
        """A person who has become a member is recruited."""
        leads = self.env["crm.lead"].sudo()
        won = leads.search(
            [("partner_id", "in", self.ids), ("stage_id.recruitment", "=", True)]
        ).filtered(lambda lead: not lead.stage_id.is_won)
        if won:
            won.action_set_won()

    def action_recruitments(self):
        """Open the recruitments of the person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_recruitment")
        action["domain"] = [("partner_id", "=", self.id), ("political_category", "!=", False)]
        action["context"] = {"recruitment": True, "active_test": False}
        return action

    def action_recruit(self):
        """Open a recruitment for each of these people who has none."""
        self.check_access("write")
        leads = self.env["crm.lead"]._recruit(self)
        action = self.env["ir.actions.act_window"]._for_xml_id("political_crm.action_recruitment")
        action["context"] = {"recruitment": True}
        if leads:
            action["domain"] = [("id", "in", leads.ids)]
        return action
