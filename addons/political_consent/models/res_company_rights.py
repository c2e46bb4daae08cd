from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    consent_processor_ids = fields.One2many("consent.processor", "company_id")
    consent_head_email = fields.Char(
        "Address of the ledger's daily seal",
        help="Somebody outside, a bailiff or another officer, who keeps the daily fingerprint of "
        "the ledger: from then on nobody can rewrite what came before it, not even we.",
    )
    consent_dpia_date = fields.Date("Impact assessment signed on")

    def _consent_processors(self):
        """Suppliers that receive people's data: ``[(name, what for)]``."""
        self.ensure_one()
        return [(one.name, one.service) for one in self.consent_processor_ids]
