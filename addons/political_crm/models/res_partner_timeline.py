from odoo import fields, models

from .res_partner import PEOPLE


class ResPartner(models.Model):
    _inherit = "res.partner"

    timeline_ids = fields.One2many(
        "political.timeline",
        "partner_id",
        readonly=True,
        copy=False,
        exportable=False,
        groups=PEOPLE,
    )
