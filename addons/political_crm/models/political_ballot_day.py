from datetime import timedelta

import pytz

from odoo import api, fields, models

from ..lib.ballot_calendar import MAINLAND, SATURDAY_KINDS, TERRITORIES, window


class PoliticalBallotDay(models.Model):
    """When one territory votes in a ballot, and hence keeps silent (R-28).

    The row without territory speaks for every place that no other row names.
    """

    _name = "political.ballot.day"
    _description = "Day of a ballot in a territory"
    _order = "election_id, territory nulls first, id"

    election_id = fields.Many2one(
        "political.election", required=True, ondelete="cascade", index=True
    )
    territory = fields.Char(
        help="Code of a department (972), ZZ for people living abroad; empty: everywhere else."
    )
    name = fields.Char(required=True, default="Hexagone")
    tz = fields.Selection(
        lambda self: [(name, name) for name in pytz.common_timezones],
        "Time zone",
        required=True,
        default=MAINLAND,
    )
    saturday = fields.Boolean("Votes the day before")
    closes = fields.Float(
        "Last station closes at", required=True, default=20.0, help="Local time of the territory."
    )
    date = fields.Date("Day of the vote", compute="_compute_window", store=True)
    silent_from = fields.Datetime(
        "Silence from",
        compute="_compute_window",
        store=True,
        help="The eve at 00:00 local time (L.49 of the electoral code).",
    )
    silent_until = fields.Datetime("Silence until", compute="_compute_window", store=True)

    _territory_once = models.UniqueIndex(
        "(election_id, (COALESCE(territory, '')))", "This territory has its day in this ballot."
    )
    _silence_index = models.Index("(silent_until, silent_from)")
    _closes_in_day = models.Constraint(
        "CHECK (closes > 0 AND closes <= 24)", "A station closes between 0:00 and 24:00."
    )

    @api.depends("election_id.date", "saturday", "tz", "closes")
    def _compute_window(self):
        for day in self:
            on = day.election_id.date
            if not (on and day.tz):
                day.date = day.silent_from = day.silent_until = False
                continue
            day.date = on - timedelta(days=day.saturday)
            day.silent_from, day.silent_until = window(day.date, day.tz, day.closes)

    @api.model
    def _days_of(self, kind):
        """Values of the days of a national ballot of a kind.

        :param str kind: kind of election
        :rtype: list[dict]
        """
        early = kind in SATURDAY_KINDS
        return [
            {},
            *(
                {
                    "territory": place.code,
                    "name": place.name,
                    "tz": place.tz,
                    "saturday": place.saturday and early,
                }
                for place in TERRITORIES
            ),
        ]
