"""What a file of results, of candidates or of nuances says, in one form for all publishers."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from .plain import candidacy_key
from .results_file import Table
from .results_layout import Layout


class Place(NamedTuple):
    """A place of the file, in official codes; "" for what the file does not tell."""

    level: str
    code: str
    name: str
    commune: str
    commune_name: str
    department: str
    constituency: str
    canton: str


class Counts(NamedTuple):
    """How many voted in a place; ``None`` for what the file does not tell."""

    registered: int
    voters: int
    valid: int
    blank: int | None
    spoiled: int | None


class Candidate(NamedTuple):
    """Somebody, or a list, that stands in a scope.

    ``scope`` is "" for the whole country, ``constituency:0101``, ``commune:93010``,
    ``canton:01:3``, ``department:01``, or ``cluster:29:1`` where the file tells no constituency:
    stations of one department with the very same candidates.
    """

    scope: str
    number: int
    lastname: str
    firstname: str
    label: str
    nuance: str

    @property
    def key(self):
        return candidacy_key(self.lastname, self.firstname, self.label)

    @property
    def name(self):
        return f"{self.firstname} {self.lastname}".strip() or self.label


class Problem(NamedTuple):
    """Something odd in a line. ``rejected``: the line was left out."""

    line: int
    place: str
    code: str
    detail: str
    rejected: bool


@dataclass
class Results:
    """What a file says."""

    table: Table
    layout: Layout
    places: list = field(default_factory=list)
    counts: list = field(default_factory=list)
    candidates: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    # One entry a result, in three arrays: three quarters of a million fit in nine megabytes.
    vote_place: array = field(default_factory=lambda: array("i"))
    vote_candidate: array = field(default_factory=lambda: array("i"))
    votes: array = field(default_factory=lambda: array("i"))
    rounds: Counter = field(default_factory=Counter)
    nuances: list = field(default_factory=list)
    """(code, label, family) of a dictionary of nuances."""

    def problem(self, line, place, code, detail="", rejected=False):
        self.problems.append(Problem(line, place, code, detail, rejected))


class LineError(Exception):
    """A line that cannot be read."""
