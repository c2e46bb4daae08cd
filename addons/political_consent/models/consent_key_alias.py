from odoo import fields, models


class ConsentKeyAlias(models.Model):
    """Two hashes of one address: under an older key, as the ledger has it, and of today."""

    _name = "consent.key.alias"
    _description = "Hash of an address under an older key"
    _log_access = False

    old_key = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, index=True)

    _old_key_unique = models.Constraint("UNIQUE (old_key)", "A hash stands for one address.")
