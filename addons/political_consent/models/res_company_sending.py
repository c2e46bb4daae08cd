from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    consent_stop_number = fields.Char(
        "Number for STOP",
        help="The short number to which people send STOP, as the SMS gateway gave it. It ends "
        "each SMS (R-26).",
    )

    def _sms_signature(self):
        """What ends each SMS: who writes, and how to make it stop."""
        self.ensure_one()
        if self.consent_stop_number:
            return self.env._(
                "%(controller)s – STOP to %(number)s",
                controller=self.name,
                number=self.consent_stop_number,
            )
        return self.env._("%(controller)s – reply STOP", controller=self.name)
