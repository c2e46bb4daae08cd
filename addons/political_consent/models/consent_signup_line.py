from odoo import fields, models


class ConsentSignupLine(models.Model):
    """One box that was ticked: one wording, and the list it was ticked for (R-06)."""

    _name = "consent.signup.line"
    _description = "Ticked box of a pending sign-up"
    _log_access = False
    _order = "id"

    signup_id = fields.Many2one("consent.signup", required=True, ondelete="cascade", index=True)
    wording_id = fields.Many2one("consent.wording", required=True, ondelete="restrict")
    list_id = fields.Many2one("consent.list", ondelete="cascade")
