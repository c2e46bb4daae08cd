from odoo import fields, models


class PoliticalIndicator(models.Model):
    """A published statistic about places: INSEE's incomes, ages, households..."""

    _name = "political.indicator"
    _description = "Indicator"
    _order = "name, year desc"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short and without spaces.")
    unit = fields.Char(help="What a value counts: %, €, people.")
    year = fields.Integer(help="Year that the values describe; 0: not known.")
    source = fields.Char(help="Who published it, and under which licence.")
    method = fields.Char(
        help="How the values came to these places: published, or shared out by area or addresses."
    )
    value_ids = fields.One2many("political.indicator.value", "indicator_id", "Values")

    _code_unique = models.Constraint("UNIQUE (code)", "Another indicator has this code.")
