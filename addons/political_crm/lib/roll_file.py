"""Electoral rolls: the layout of the order of 12 November 2013 and today's REU export.

Only what delivering letters and walking doors needs is read: places of birth, nationality and
order numbers are dropped before anything is stored (R-18). Electors without an address stay
without one (R-19).
"""

import re

from .contact_cleaning import CellError, squeezed
from .contact_headers import squashed

# Our column: names in either layout, squashed.
NAMES = {
    "list_kind": "typeliste libelledutypedeliste typedeliste",
    "lastname": "nomdenaissance",
    "usage_name": "nomdusage",
    "firstnames": "prenoms",
    "sex": "sexe",
    "birthdate": "datedenaissance",
    "street_number": "numerovoie numerodevoie",
    "street_kind": "typevoie",
    "street_name": "libellevoie libelledevoie",
    "street2": "complementdelocalisation1 complement1",
    "street3": "complementdelocalisation2 complement2",
    "locality": "lieudit",
    "zip": "codepostal",
    "city": "villelocalite commune",
    "country": "pays",
    "station_code": "nobureaudevote codedubureaudevote",
    "station_name": "nombureaudevote libelledubureaudevote",
    "commune_code": "codecommune codedelugle codedulugle",
    "commune_name": "nomcommune libelledelugle libelledulugle",
}  # fmt: skip
COLUMN_OF = {name: column for column, names in NAMES.items() for name in names.split()}
REQUIRED = ("lastname", "firstnames", "birthdate")
COLUMNS = (
    "list_kind", "lastname", "usage_name", "firstnames", "sex", "birthdate", "birth_year",
    "street", "street2", "zip", "city", "country", "station_code", "station_name", "commune_code",
)  # fmt: skip
KINDS = (("complementairemunicipale", "lcm"), ("lcm", "lcm"), ("complementaireeuropeenne", "lce"),
         ("lce", "lce"), ("principale", "lp"), ("lp", "lp"))  # fmt: skip
FILE_COMMUNE = re.compile(r"com(\d{5}|2[AB]\d{3})", re.IGNORECASE)


class RollLayout:
    """Where a roll's columns are.

    :param list header: names of the file's columns
    :param str filename: may alone name the commune
    """

    def __init__(self, header, filename=""):
        self.places = {}
        for place, name in enumerate(header):
            column = COLUMN_OF.get(squashed(name))
            if column:
                self.places.setdefault(column, place)
        self.missing = [column for column in REQUIRED if column not in self.places]
        found = FILE_COMMUNE.search(filename or "")
        self.commune_code = found.group(1).upper() if found else None

    def entry(self, cells):
        """An elector of a row, by the names of :data:`COLUMNS`.

        :rtype: dict
        :raises CellError: ``nobody`` without a name, ``date`` for a date of birth that is none
        """
        got = {}
        for column, place in self.places.items():
            cell = cells[place] and squeezed(cells[place])
            if cell:
                got[column] = cell
        if not got.get("lastname"):
            raise CellError("nobody", "")
        birthdate, year = birth(got.get("birthdate", ""))
        street = " ".join(
            filter(
                None, (got.get(part) for part in ("street_number", "street_kind", "street_name"))
            )
        )
        more = ", ".join(filter(None, (got.get(p) for p in ("street2", "street3", "locality"))))
        sex = got.get("sex", "")[:1].upper()
        return {
            "list_kind": kind(got.get("list_kind", "")),
            "lastname": got["lastname"],
            "usage_name": got.get("usage_name"),
            "firstnames": got.get("firstnames"),
            "sex": sex if sex in ("M", "F") else None,
            "birthdate": birthdate,
            "birth_year": year,
            "street": street or None,
            "street2": more or None,
            "zip": got.get("zip"),
            "city": got.get("city"),
            "country": got.get("country"),
            "station_code": got.get("station_code"),
            "station_name": got.get("station_name"),
            "commune_code": got.get("commune_code") or self.commune_code,
        }


def birth(text):
    """(ISO date or ``None``, year or ``None``): rolls have 00/00/1953 and 1961 too.

    :raises CellError: ``date``
    """
    if not text:
        return None, None
    match = re.fullmatch(r"(?:(\d{1,2})/(\d{1,2})/)?(\d{4})", text)
    if match:
        day, month, year = (int(part or 0) for part in match.groups())
    else:
        match = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
        if not match:
            raise CellError("date", text)
        year, month, day = map(int, match.groups())
    if not 1880 <= year <= 2100 or month > 12 or day > 31:
        raise CellError("date", text)
    whole = (
        f"{year:04}-{month:02}-{day:02}" if day and month and _exists(year, month, day) else None
    )
    return whole, year


def _exists(year, month, day):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def kind(text):
    """The list: ``lp`` main, ``lcm`` and ``lce`` of EU citizens, ``lp`` where nothing is said."""
    name = squashed(text)
    return next((code for words, code in KINDS if words in name), "lp")
