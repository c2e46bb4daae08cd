"""When a ballot silences propaganda: from the eve at 00:00 to the close, local time (L.49, R-28).

Saturday voters: so that nobody votes knowing the result of the mainland, most places west of it
vote the day before in national ballots (loi 62-1292 art. 3, loi 77-729 art. 26, code électoral).
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple

import pytz

MAINLAND = "Europe/Paris"
# Ballots in which the territories below vote the day before.
SATURDAY_KINDS = ("presidential", "legislative", "european", "referendum")


class Territory(NamedTuple):
    """Where clocks or the day of the vote differ from the mainland's."""

    code: str
    name: str
    tz: str
    saturday: bool


TERRITORIES = (
    Territory("971", "Guadeloupe", "America/Guadeloupe", True),
    Territory("972", "Martinique", "America/Martinique", True),
    Territory("973", "Guyane", "America/Cayenne", True),
    Territory("974", "La Réunion", "Indian/Reunion", False),
    Territory("975", "Saint-Pierre-et-Miquelon", "America/Miquelon", True),
    Territory("976", "Mayotte", "Indian/Mayotte", False),
    Territory("977", "Saint-Barthélemy", "America/St_Barthelemy", True),
    Territory("978", "Saint-Martin", "America/Marigot", True),
    Territory("986", "Wallis-et-Futuna", "Pacific/Wallis", False),
    Territory("987", "Polynésie française", "Pacific/Tahiti", True),
    Territory("988", "Nouvelle-Calédonie", "Pacific/Noumea", False),
)


def window(day, tz, closes):
    """
    :param date day: the local day of the vote
    :param str tz: name of a time zone
    :param float closes: local hour at which the last station closes, 20.0 for 20:00
    :return: tuple of naive UTC datetimes: first moment of silence, first moment after it
    """
    zone = pytz.timezone(tz)
    eve = datetime.combine(day - timedelta(days=1), time.min)
    minutes = round(closes * 60)
    close = datetime.combine(day, time.min) + timedelta(minutes=minutes)
    return tuple(
        zone.localize(moment).astimezone(pytz.utc).replace(tzinfo=None) for moment in (eve, close)
    )
