"""What a file's name says of the ballot it tells of."""

import re
from datetime import date
from typing import NamedTuple

from .plain import plain

# First and second round; data.gouv.fr's abbreviation.
_SHORT = {
    "presidential": "pres",
    "legislative": "legi",
    "european": "euro",
    "municipal": "muni",
    "regional": "regi",
    "departmental": "dpmt",
    "senatorial": "sena",
    "referendum": "refe",
}
DATES = {
    ("presidential", 2012): (date(2012, 4, 22), date(2012, 5, 6)),
    ("presidential", 2017): (date(2017, 4, 23), date(2017, 5, 7)),
    ("presidential", 2022): (date(2022, 4, 10), date(2022, 4, 24)),
    ("legislative", 2012): (date(2012, 6, 10), date(2012, 6, 17)),
    ("legislative", 2017): (date(2017, 6, 11), date(2017, 6, 18)),
    ("legislative", 2022): (date(2022, 6, 12), date(2022, 6, 19)),
    ("legislative", 2024): (date(2024, 6, 30), date(2024, 7, 7)),
    ("european", 2009): (date(2009, 6, 7),),
    ("european", 2014): (date(2014, 5, 25),),
    ("european", 2019): (date(2019, 5, 26),),
    ("european", 2024): (date(2024, 6, 9),),
    ("municipal", 2014): (date(2014, 3, 23), date(2014, 3, 30)),
    ("municipal", 2020): (date(2020, 3, 15), date(2020, 6, 28)),
    ("municipal", 2026): (date(2026, 3, 15), date(2026, 3, 22)),
    ("departmental", 2015): (date(2015, 3, 22), date(2015, 3, 29)),
    ("departmental", 2021): (date(2021, 6, 20), date(2021, 6, 27)),
    ("regional", 2015): (date(2015, 12, 6), date(2015, 12, 13)),
    ("regional", 2021): (date(2021, 6, 20), date(2021, 6, 27)),
}
_WORDS = (
    ("presidential", ("presidentielle", "presidentielles", "pres", "pr")),
    ("legislative", ("legislatives", "legislative", "leg", "legi", "lg")),
    ("european", ("europeennes", "europeenne", "euro", "eur", "europ")),
    ("municipal", ("municipales", "municipale", "muni", "mun", "mn")),
    ("regional", ("regionales", "regionale", "regi", "reg", "rg")),
    ("departmental", ("departementales", "departementale", "dpmt", "dep", "cantonales")),
    ("referendum", ("referendum", "refe")),
)
_ROUND = re.compile(r"\b(?:t|tour ?|round ?)([12])\b|\b([12])(?:er|e|eme|nd|d)? ?tour\b|\b([12])\b")


class Guess(NamedTuple):
    """What a name tells; empty or 0 for what it does not."""

    kind: str
    year: int
    round: int
    date: date | None
    code: str


def guess(text):
    """
    :param str text: a file's name, or the title of a ballot
    :return: Guess
    """
    words = re.sub(r"([a-z])(\d)", r"\1 \2", plain(text))
    words = re.sub(r"(\d{4})([a-z])", r"\1 \2", words)
    words = re.sub(r"\bt ([12])\b", r"t\1", words)
    tokens = words.split()
    kind = next((k for k, known in _WORDS if any(token in known for token in tokens)), "")
    year = next((int(t) for t in tokens if re.fullmatch(r"(19|20)\d\d", t)), 0)
    if not year:
        # The ministry's own names: PR17, lg 2024.
        short = next((t for t in tokens if re.fullmatch(r"[0-3]\d", t)), "") if kind else ""
        year = 2000 + int(short) if short else 0
    found = _ROUND.search(words.replace(str(year), " ") if year else words)
    ballot_round = int(next(group for group in found.groups() if group)) if found else 0
    if kind == "european":
        ballot_round = 1
    days = DATES.get((kind, year), ())
    day = days[ballot_round - 1] if ballot_round and len(days) >= ballot_round else None
    code = code_of(kind, year, ballot_round) if kind and year and ballot_round else ""
    return Guess(kind, year, ballot_round, day, code)


def code_of(kind, year, ballot_round):
    """
    :param str kind: kind of election
    :param int year: year
    :param int ballot_round: 1 or 2
    :return: str, as data.gouv.fr writes it, ``2022_pres_t1``
    """
    return f"{year}_{_SHORT.get(kind, kind)}_t{ballot_round}"
