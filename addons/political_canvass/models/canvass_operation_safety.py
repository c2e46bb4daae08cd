from odoo import fields, models

CHECKIN_MINUTES = 45


class CanvassOperation(models.Model):
    _inherit = "canvass.operation"

    checkin_minutes = fields.Integer(
        "Ask after (minutes)",
        default=CHECKIN_MINUTES,
        help="A phone that has reported nothing for so long asks its pair whether all is well; "
        "after twice as long the lead is told. Shifts begin with the same time. 0 asks never.",
    )
    safety_phone = fields.Char(
        "Number in trouble",
        help="Shown on the volunteers' phones during their shift, to call with one tap.",
    )

    _checkin = models.Constraint(
        "CHECK (checkin_minutes BETWEEN 0 AND 240)", "A phone asks after 0 to 240 minutes."
    )
