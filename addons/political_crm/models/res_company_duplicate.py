from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    duplicate_auto_merge = fields.Boolean(
        "Merge certain duplicates by itself",
        help="Only above the probability below, and never when dates of birth, e-mail addresses, "
        "branches, categories, support or consents differ. Each merge can be undone.",
    )
    duplicate_auto_score = fields.Float(
        "From a probability of",
        default=0.999,
        digits=(7, 6),
        help="Between 95 and 100 %. The higher, the fewer are merged, and the surer.",
    )
    merge_undo_days = fields.Integer(
        "Days to undo a merge",
        default=60,
        help="So long the journal keeps what the merged contacts were, then it goes.",
    )

    @api.constrains("duplicate_auto_score", "merge_undo_days")
    def _check_duplicates(self):
        for company in self:
            if not 0.95 <= company.duplicate_auto_score <= 1:
                raise ValidationError(
                    self.env._(
                        "Contacts are merged without a look from a probability of 95 to 100 % only."
                    )
                )
            if not 1 <= company.merge_undo_days <= 365:
                raise ValidationError(
                    self.env._("Give 1 to 365 days to undo a merge: journals hold personal data.")
                )
