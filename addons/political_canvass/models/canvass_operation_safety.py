from odoo import fields, models


class CanvassOperation(models.Model):
    _inherit = "canvass.operation"

    checkin_minutes = fields.Integer(
        "Ask after (minutes)",
        default=45,
        help="A phone that has reported nothing for so long asks its pair whether all is well, "
        "and after twice as long it stands on top of “Phones out”. 0 asks never.",
    )
    safety_phone = fields.Char(
        "Number in trouble",
        help="Shown on the volunteers' phones during their shift, to call with one tap.",
    )

    _checkin = models.Constraint(
        "CHECK (checkin_minutes BETWEEN 0 AND 240)", "A phone asks after 0 to 240 minutes."
    )
