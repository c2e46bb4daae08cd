from odoo import fields, models


class CanvassGround(models.AbstractModel):
    """What a branch does on its ground: who answers for it, and who sees it."""

    _name = "canvass.ground"
    _description = "Work of a branch"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        "Controller",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    branch_id = fields.Many2one(
        "political.branch",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env.user.sudo().branch_ids[:1],
    )
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )

    def write(self, vals):
        result = super().write(vals)
        if not {"branch_id", "company_id"}.isdisjoint(vals):
            # Rules are checked before a write; nobody pushes work onto others' ground.
            self.check_access("write")
        return result
