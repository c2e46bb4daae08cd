from odoo import fields, models


class ConsentProcessor(models.Model):
    """A supplier that handles people's data for the controller: host, mail or SMS gateway (R-80,
    articles 28 and 44)."""

    _name = "consent.processor"
    _description = "Processor"
    _order = "name, id"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    service = fields.Char("What for", required=True, translate=True)
    country_id = fields.Many2one("res.country", required=True)
    contract_date = fields.Date(
        "Contract signed on", help="The contract that article 28 of the GDPR asks for."
    )
    transfer = fields.Char(
        "Guarantee outside the EU", help="For a supplier outside the EU: what article 46 asks for."
    )
    active = fields.Boolean(default=True)
