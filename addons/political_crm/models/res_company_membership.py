from datetime import datetime, timezone

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    membership_open = fields.Boolean("Join page open", default=True)
    membership_min_age = fields.Integer("Youngest age to join", default=16)
    membership_statement = fields.Text(
        "What one declares to join",
        translate=True,
        help="For instance that one belongs to no other party. Shown beside a box to tick.",
    )
    membership_opinion_days = fields.Integer(
        "Days for the section's opinion",
        default=0,
        help="How long a request waits for the section. 0: no opinion is asked.",
    )
    membership_auto_accept = fields.Boolean(
        "Accept by itself what is safe",
        default=True,
        help="A confirmed request of somebody who is not known at all, of age, and against whom "
        "nothing speaks.",
    )
    membership_grace_days = fields.Integer(
        "Days in arrears before the end",
        default=90,
        help="How long somebody who has not renewed stays a member, in arrears.",
    )
    membership_late_month = fields.Integer(
        "Joining counts for next year from month",
        default=9,
        help="Who joins from this month on is a member until the end of the next civil year. "
        "0: never.",
    )
    membership_renewal_days = fields.Integer(
        "Days before the end when the renewal opens", default=60
    )
    membership_reminders = fields.Char(
        "Reminders",
        default="30, 0, -30",
        help="Days before the end of the membership, separated by commas; below zero: after it. "
        "Empty: none.",
    )
    membership_tz = fields.Selection(
        lambda self: [(tz, tz) for tz in pytz.common_timezones],
        "Time zone of the accounts",
        default="Europe/Paris",
        required=True,
        help="Whose midnight ends a civil year for payments. A membership ends at midnight where "
        "the member lives.",
    )

    _membership_values = models.Constraint(
        "CHECK (membership_min_age >= 0 AND membership_grace_days >= 0"
        " AND membership_opinion_days >= 0 AND membership_renewal_days >= 0"
        " AND membership_late_month BETWEEN 0 AND 12)",
        "Days and ages are 0 or more, a month is 1 to 12.",
    )

    @api.constrains("membership_reminders")
    def _check_membership_reminders(self):
        for company in self:
            company._membership_reminder_days()

    def _membership_reminder_days(self):
        """Days before the end at which members are reminded, the earliest first.

        :raises ValidationError: when the setting is no list of numbers
        """
        self.ensure_one()
        parts = [part.strip() for part in (self.membership_reminders or "").split(",")]
        try:
            return sorted({int(part) for part in parts if part}, reverse=True)
        except ValueError as error:
            raise ValidationError(
                self.env._("Reminders are whole numbers of days, such as: 30, 0, -30.")
            ) from error

    def _membership_today(self, tz=None):
        """The day of today where the accounts are kept, or in another time zone."""
        zone = pytz.timezone(tz or self.sudo().membership_tz or "Europe/Paris")
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return datetime.astimezone(now, zone).date()
