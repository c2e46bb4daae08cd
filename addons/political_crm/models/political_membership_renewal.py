from datetime import date, timedelta

from odoo import models
from odoo.exceptions import UserError

from .political_membership import LIVE


class PoliticalMembership(models.Model):
    """What follows a line: its renewal, and another branch."""

    _inherit = "political.membership"

    def action_renew(self):
        """Open the renewal of these members: each gets a line that waits for its dues.

        Who has one already, or left, is passed over.

        :returns: a notification that says how many
        """
        self._check_may_act()
        made = self.env["political.membership.job"].sudo()._open_renewals(self.ids)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s renewals opened.", count=made),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _renewal(self):
        """The line that renews this one, opened if there is none."""
        self.ensure_one()
        line = self.sudo()
        waiting = self.sudo().search(
            [
                ("partner_id", "=", line.partner_id.id),
                ("company_id", "=", line.company_id.id),
                ("state", "=", "requested"),
            ],
            limit=1,
        )
        if not waiting:
            self.env["political.membership.job"].sudo()._open_renewals(line.ids)
            waiting = self.sudo().search(
                [("previous_id", "=", line.id), ("state", "=", "requested")], limit=1
            )
        return waiting

    # ---------------------------------------------------------------- moving

    def _transfer(self, branch):
        """Move live lines to another branch of the controller: the history keeps both.

        :param branch: ``political.branch``
        :returns: the new lines
        """
        made = self.browse()
        for line in self.sudo():
            if line.state not in LIVE:
                raise UserError(self.env._("Only a member moves to another branch."))
            if branch.company_id != line.company_id:
                raise UserError(self.env._("The branch belongs to another controller (R-41)."))
            if branch == line.branch_id:
                continue
            state, payments = line.state, line.payment_ids
            start = max(line.company_id._membership_today(), line.date_start or date.min)
            new = line.copy(
                {
                    "branch_id": branch.id,
                    "date_start": start,
                    "state": "cancelled",
                    "previous_id": line.id,
                }
            )
            line.write({"state": "transferred", "date_end": start - timedelta(days=1)})
            line.flush_recordset()
            new.write({"state": state})
            payments.write({"membership_id": new.id})
            line.partner_id.branch_id = branch
            made |= new
        return made
