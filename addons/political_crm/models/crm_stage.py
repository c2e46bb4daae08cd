from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    recruitment = fields.Boolean(
        help="A step on the way to membership: for people of the party, and for nobody else."
    )
