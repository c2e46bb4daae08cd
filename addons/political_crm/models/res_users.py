from odoo import api, fields, models

READERS = "base.group_erp_manager,political_crm.group_people"


class ResUsers(models.Model):
    _inherit = "res.users"

    branch_ids = fields.Many2many(
        "political.branch",
        "political_branch_user_rel",
        "user_id",
        "branch_id",
        "Branches",
        groups=READERS,
        help="A local lead sees the people of these branches and of their sub-branches; without "
        "any, nobody.",
    )
    branch_scope_ids = fields.Many2many(
        "political.branch",
        string="Branches in sight",
        compute="_compute_branch_scope_ids",
        groups=READERS,
    )

    @api.depends("branch_ids")
    def _compute_branch_scope_ids(self):
        """Own branches with their descendants: what the record rules ask, as plain ids, so that
        the database reads them from an index. No branch means none (never: all)."""
        Branch = self.env["political.branch"].sudo().with_context(active_test=False)
        for user in self:
            own = user.sudo().branch_ids
            user.branch_scope_ids = Branch.search([("id", "child_of", own.ids)]) if own else own

    def _get_invalidation_fields(self):
        """Record rules are cached by user: a change of branches drops them."""
        return super()._get_invalidation_fields() | {"branch_ids"}
