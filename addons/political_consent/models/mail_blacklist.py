from odoo import fields, models


class MailBlacklist(models.Model):
    _name = "mail.blacklist"
    _inherit = ["consent.blacklist.mixin", "mail.blacklist"]

    # Not tracked: the chatter would keep the address after an erasure.
    email = fields.Char(tracking=False)

    def _consent_kind(self):
        return "email", "email"
