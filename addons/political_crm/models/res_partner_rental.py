from odoo import fields, models

from .res_partner import PEOPLE


class ResPartner(models.Model):
    _inherit = "res.partner"

    rental_id = fields.Many2one(
        "political.rental",
        "Rented file",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        copy=False,
        groups=PEOPLE,
    )
