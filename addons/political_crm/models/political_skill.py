from odoo import fields, models


class PoliticalSkill(models.Model):
    _name = "political.skill"
    _description = "Volunteer skill"
    _order = "sequence, name, id"

    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    color = fields.Integer()

    _name_unique = models.UniqueIndex("(name)", "This skill is in the list already.")
