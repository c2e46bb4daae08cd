"""What a file says of places, and how its columns are asked."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Problem(NamedTuple):
    """A line that says something odd; ``rejected``: it was left out."""

    line: int
    place: str
    code: str
    detail: str
    rejected: bool = True


@dataclass
class PlaceFile:
    """What a file says of places."""

    name: str = ""
    """``communes``, ``movements``, ``register``, ``register_addresses``, ``addresses``, ``list``,
    ``station_codes``, ``polling_places``, ``address_iris``"""
    places: list = field(default_factory=list)
    """dicts for ``political.zone._store_places``"""
    links: list = field(default_factory=list)
    """(commune before, commune after, ISO date)"""
    addresses: list = field(default_factory=list)
    """(ban id, commune, number, suffix, street key, postcode, longitude, latitude, station)"""
    iris_of: list = field(default_factory=list)
    """(line, code of the IRIS, commune, number, suffix, street key)"""
    problems: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    """number of each row's line in the file"""
    ended: bool = True
    """whether the last line has its line end"""

    @property
    def rejected(self):
        return sum(problem.rejected for problem in self.problems)

    def reject(self, row_number, code, place="", detail=""):
        """Leave a row out.

        :param int row_number: from 0 below the header
        :param str code: what is wrong with it
        """
        self.problems.append(Problem(self.lines[row_number], place, code, detail))


def column(header, *names):
    """A reader of the first of some columns; of a column that is not there it reads "".

    :param list header: compact names
    :return: function of a row
    """
    place = next((header.index(name) for name in names if name in header), None)
    if place is None:
        return lambda row: ""
    return lambda row: row[place].strip() if place < len(row) else ""
