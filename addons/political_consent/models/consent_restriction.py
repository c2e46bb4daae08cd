from odoo import fields, models


class ConsentRestriction(models.Model):
    """A person whose data is kept and not used, article 18: no message goes out to them."""

    _name = "consent.restriction"
    _description = "Restricted person"
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    request_id = fields.Many2one("consent.right.request", ondelete="set null", index=True)
    since = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)

    _partner_unique = models.Constraint(
        "UNIQUE (partner_id, company_id)", "This person is restricted already."
    )
