from odoo import fields, models


class PhoneBlacklist(models.Model):
    _name = "phone.blacklist"
    _inherit = ["consent.blacklist.mixin", "phone.blacklist"]

    # Not tracked: the chatter would keep the number after an erasure.
    number = fields.Char(tracking=False)

    def _consent_kind(self):
        return "phone", "number"
