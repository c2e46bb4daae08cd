from odoo import fields, models


class PoliticalAvailability(models.Model):
    """When volunteers can help: a short list of a party's usual times."""

    _name = "political.availability"
    _description = "Volunteer availability"
    _order = "sequence, name, id"

    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    color = fields.Integer()

    _name_unique = models.UniqueIndex("(name)", "This time is in the list already.")
