from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_relay(self):
        """Open a message to these people, which the party sends for the user."""
        self.check_access("read")
        people = self.filtered("political_category")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to them"),
            "res_model": "political.relay",
            "view_mode": "form",
            "context": {
                "default_mode": "people",
                "default_partner_ids": people.ids,
                "default_company_id": self.env.company.id,
            },
        }
