from odoo import fields, models


class PoliticalBranch(models.Model):
    _inherit = "political.branch"

    team_id = fields.Many2one(
        "crm.team",
        "Recruitment team",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Made with the first recruitment; its members are the branch's local leads.",
    )

    def _recruitment_team(self):
        """The branch's team in the pipeline, made when first needed; empty without a branch."""
        branch = self.sudo()
        if not branch:
            return branch.env["crm.team"]
        branch.ensure_one()
        if not branch.team_id:
            branch.team_id = branch.env["crm.team"].create(
                {
                    "name": branch.complete_name,
                    "company_id": branch.company_id.id,
                    "use_leads": False,
                    "use_opportunities": True,
                    "member_ids": [
                        fields.Command.set(branch.user_ids.filtered(branch._may_be_in_team).ids)
                    ],
                }
            )
        return branch.team_id

    def _may_be_in_team(self, user):
        return user.active and self.company_id in user.company_ids

    def write(self, vals):
        result = super().write(vals)
        if "user_ids" in vals:
            for branch in self.sudo().filtered("team_id"):
                branch.team_id.member_ids = branch.user_ids.filtered(branch._may_be_in_team)
        return result
