"""What a table is made of, whatever the file: faults, rows, headers, accents."""

import re
from dataclasses import dataclass, field

COLUMNS = 500
# UTF-8 that was read as Windows-1252 and written again: “Ã©” for “é”, “â€™” for “’”.
DOUBLED = re.compile(
    r"[\u00c2\u00c3\u00c5][\u0080-\u00bf\u0152-\u017e\u02c6-\u2122]|â€[\u0080-\u2122]"
)


class FileError(Exception):
    """A file that is no table.

    :ivar str code: what is wrong; the caller has a sentence for each
    :ivar dict values: what the sentence names
    """

    def __init__(self, code, **values):
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass
class Table:
    """What a file looks like."""

    kind: str
    """``csv`` or ``xlsx``"""
    header: list = field(default_factory=list)
    encoding: str = ""
    separator: str = ""
    doubled: bool = False
    """Accents were encoded twice."""
    skipped: int = 0
    """Lines before the header."""
    sheet: str = ""


@dataclass(slots=True)
class Row:
    """One row of a table.

    ``number`` is the row's as a spreadsheet counts them, the header being 1; ``fault`` is ``None``
    or a code: ``wide`` (more cells than columns), ``cut`` (the file ends within it), ``formula``,
    ``error`` (a cell such as #REF!), ``unreadable`` (a NUL character).
    """

    number: int
    cells: list
    fault: str | None = None


class Place:
    """Where reading stands, to go on there another time.

    :param int number: of the last row read
    :param str mark: what :meth:`mark` said after it; ``""`` to look for the row from the beginning
    """

    def __init__(self, number=0, mark=""):
        self.number = number
        self.start = int(mark) if mark else None
        self.tell = None

    def mark(self):
        """The place after the last row read, as text; ``""`` where a file has none.

        :rtype: str
        """
        return str(self.tell()) if self.tell else ""


def checked_header(cells):
    """Names of the columns, made unique, the empty ones at the end dropped."""
    names = [
        " ".join(str(cell or "").replace("\x00", "").replace("\ufeff", "").split())
        for cell in cells
    ]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise FileError("header")
    if len(names) > COLUMNS:
        raise FileError("columns", number=len(names))
    if any(_is_data(name) for name in names):
        raise FileError("no_header")
    seen = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _is_data(name):
    """A name that is an e-mail address or a number or a date belongs to a person, not to a
    column."""
    return bool(
        re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", name) or re.fullmatch(r"[\d\s./+-]{6,}", name)
    )


def is_doubled(text):
    """Whether accents of a text look encoded twice.

    :rtype: bool
    """
    return len(DOUBLED.findall(text)) >= 2


def repaired(text):
    """A text whose accents were encoded twice, as it was before; another one unchanged.

    :rtype: str
    """
    if not DOUBLED.search(text):
        return text
    try:
        raw = b"".join(_windows_bytes(character) for character in text)
        return raw.decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return text


def _windows_bytes(character):
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def fitted(number, cells, width, last):
    """A row of the table's width; ``None`` where all is empty."""
    fault = None
    missing = width - len(cells)
    if missing > 0:
        if not any(cells):
            return None
        if not last.endswith(("\n", "\r")):
            fault = "cut"
        cells += [""] * missing
    elif missing < 0:
        if any(cells[width:]):
            fault = "wide"
        else:
            del cells[width:]
    joined = "\n".join(cells)
    if "=" in joined or "\x00" in joined:
        fault = fault or _cells_fault(cells)
    if not fault and not joined.strip("\n"):
        return None
    return Row(number, cells, fault)


def _cells_fault(cells):
    for cell in cells:
        if cell.startswith("="):
            return "formula"
        if "\x00" in cell:
            return "unreadable"
    return None
