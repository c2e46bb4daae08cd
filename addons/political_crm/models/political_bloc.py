from odoo import fields, models


class PoliticalBloc(models.Model):
    """A user's own way of adding up nuances, which change from one ballot to the next."""

    _name = "political.bloc"
    _description = "Bloc"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="From left to right on graphs.")
    color = fields.Char(default="#6c757d", help="On maps and graphs: #rrggbb.")
    nuance_ids = fields.One2many("political.nuance", "bloc_id", "Nuances")
    active = fields.Boolean(default=True)

    _name_unique = models.Constraint("UNIQUE (name)", "Another bloc has this name.")
