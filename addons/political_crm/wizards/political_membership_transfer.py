from odoo import fields, models


class PoliticalMembershipTransfer(models.TransientModel):
    _name = "political.membership.transfer"
    _description = "Move members to another branch"

    membership_ids = fields.Many2many(
        "political.membership",
        "political_membership_transfer_rel",
        "wizard_id",
        "membership_id",
        "Members",
        default=lambda self: self.env.context.get("active_ids"),
        required=True,
    )
    branch_id = fields.Many2one("political.branch", "To the branch", required=True)

    def action_transfer(self):
        """Move them, each with a line of history for the old branch and one for the new."""
        self.ensure_one()
        self.membership_ids._check_may_act()
        self.branch_id.check_access("read")
        self.membership_ids._transfer(self.branch_id)
        return {"type": "ir.actions.act_window_close"}
