from odoo import fields, models

VOTING_AGE = 18


class ResCompany(models.Model):
    _inherit = "res.company"

    consent_stop_number = fields.Char(
        "Number for STOP",
        help="The short number to which people send STOP, as the SMS gateway gave it. It ends "
        "each SMS (R-26).",
    )

    consent_targeting_from = fields.Selection(
        [
            ("adult", "People of full age (18)"),
            ("floor", "From the day after the birthday one year below voting age"),
        ],
        "Targeted messages go to",
        default="adult",
        required=True,
        help="Who is known to be younger gets no message for which people were chosen. The second "
        "choice is what the law allows at the least (R-23).",
    )
    consent_voting_age = fields.Integer("Voting age", default=VOTING_AGE, required=True)

    _consent_voting_age_check = models.Constraint(
        "CHECK (consent_voting_age BETWEEN 16 AND 21)",
        "People vote from 16 to 21 years of age, by country.",
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
