from odoo import fields, models


class ConsentList(models.Model):
    """An audience of a controller that a person joins or leaves: a newsletter, a branch's news.

    Also what "the whole list" means: a message to a whole list is no targeting, any filter on it
    is (R-20).
    """

    _name = "consent.list"
    _description = "Consent list"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    active = fields.Boolean(default=True)
    purpose_id = fields.Many2one("consent.purpose", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="purpose_id.company_id", store=True, index=True)
    public = fields.Boolean(
        "On public pages", help="People may join and leave it by themselves on the public pages."
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code)", "This controller has a list with this code already."
    )
