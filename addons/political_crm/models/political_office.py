from odoo import fields, models

KINDS = [("elected", "Elected office"), ("party", "Party office")]


class PoliticalOffice(models.Model):
    """An office that people hold: mayor, senator, treasurer of a federation."""

    _name = "political.office"
    _description = "Office"
    _order = "kind, sequence, name, id"

    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(KINDS, required=True, default="elected")
    active = fields.Boolean(default=True)
    incompatible_ids = fields.Many2many(
        "political.office",
        "political_office_incompatible_rel",
        "office_id",
        "other_id",
        "Not together with",
        help="Offices that one person may not hold at the same time. One direction is enough.",
    )
    is_local = fields.Boolean(
        "Local mandate",
        help="Counts among the local mandates, of which one person holds two at most "
        "(electoral code, article L.46-1).",
    )
    source = fields.Char(help="Where the incompatibility is written.")
    remind_days = fields.Integer(
        "Remind before the end (days)", default=180, help="0: no reminder."
    )

    _name_unique = models.UniqueIndex("(kind, name)", "This office is in the list already.")
    _remind_days_positive = models.Constraint(
        "CHECK (remind_days >= 0)", "A reminder comes a positive number of days before the end."
    )
