"""Tables of statistics by commune, IRIS, polling station or constituency: INSEE's and anybody's.

The column of codes is found by name; every other column of numbers is an indicator.
"""

import re
from dataclasses import dataclass, field

from . import codes
from .plain import plain
from .results_file import FileError, read_table

_CODES = (
    ("station", ("codebv", "idbrutmiom", "idbv", "bureau", "codebureau")),
    ("iris", ("iris", "codeiris", "dcomiris")),
    (
        "commune",
        ("codgeo", "codeinsee", "insee", "codecommune", "commune", "com", "depcom", "code"),
    ),
    ("constituency", ("circo", "codecirco", "codecirconscription")),
)
OVERSEAS = ("97", "98")
_NUMBER = re.compile(r"^-?\d+(?:[.,]\d+)?$")
# INSEE's marks for what it keeps secret or does not know.
_NOTHING = {"", "s", "ns", "nd", "n/a", "na", "c", "-", "..."}


@dataclass
class IndicatorFile:
    """Values of a table by the codes of places."""

    level: str
    columns: dict = field(default_factory=dict)
    """``{header: {code: value}}``"""
    rejected: int = 0


def read_indicators(content):
    """
    :param bytes content: csv, gzip or not, or an Excel workbook; INSEE's workbooks have lines of
        titles above the header, which are skipped
    :return: IndicatorFile
    :raises FileError: ``no_header`` without a column of codes, ``no_rows`` without numbers, and
        what a file that cannot be read raises
    """
    table = read_table(content)
    headers = [
        (index, [plain(cell).replace(" ", "") for cell in row])
        for index, row in enumerate(table.rows[:15])
    ]
    headers = [pair for pair in headers if _code_column(pair[1])[0]]
    if not headers:
        raise FileError("no_header")
    # The fullest one: “© Insee” above it names a column as well.
    index, names = max(headers, key=lambda pair: sum(map(bool, pair[1])))
    level, column = _code_column(names)
    parts = _parts(names, level)
    found = IndicatorFile(level)
    rows = table.rows[index + 1 :]
    wanted = [n for n in range(len(names)) if n != column and n not in parts and names[n]]
    coded = []
    for row in rows:
        code = _code(row, column, parts, level)
        if code:
            coded.append((code, row))
        else:
            found.rejected += 1
    for n in wanted:
        values = _column_of_numbers(coded, n)
        if values:
            found.columns[table.rows[index][n].strip()] = values
    if not found.columns:
        raise FileError("no_rows")
    return found


def _column_of_numbers(coded, column):
    """``{code: value}``, empty for a column of words (a name, a label): that is no indicator."""
    values = {}
    for code, row in coded:
        cell = (
            row[column].strip().replace(" ", "").replace("\u202f", "") if column < len(row) else ""
        )
        cell = cell.replace("\xa0", "")
        if _NUMBER.match(cell):
            values[code] = float(cell.replace(",", "."))
        elif cell.lower() not in _NOTHING:
            return {}
    return values


def _code_column(names):
    for level, aliases in _CODES:
        for alias in aliases:
            if alias in names:
                return level, names.index(alias)
    return "", None


def _parts(names, level):
    """Columns that are codes too: a department beside the three figures of a commune."""
    known = {"codedepartement", "departement", "dep", "coderegion", "region", "reg", "codecanton"}
    known |= {"codearrondissement", "uu2010", "annee", "year"}
    if level != "commune":
        known |= {"com", "codecommune", "depcom"}
    return {n: name for n, name in enumerate(names) if name in known}


def _code(row, column, parts, level):
    cell = row[column].strip() if column < len(row) else ""
    if level == "station":
        return codes.station_from(cell)
    if level == "iris":
        cell = cell.zfill(9) if cell.isdigit() else cell
        return cell if len(cell) == 9 else ""
    if level == "constituency":
        # INSEE writes 01001 where the ministry writes 0101; 00000 is the country's mean.
        department, number = (cell[:3], cell[3:]) if cell[:2] in OVERSEAS else (cell[:2], cell[2:])
        return codes.constituency(number.lstrip("0"), department) if number.strip("0") else ""
    departments = ("codedepartement", "departement", "dep")
    department = next((row[n] for n, name in parts.items() if name in departments), "")
    return codes.commune(cell, department)


def shared_out(values, shares, *, total):
    """Values of places brought to others that overlap them.

    :param dict values: value by place
    :param list shares: (place, other place, weight): area or addresses that both have
    :param bool total: a count of people or things is divided; a rate or an income is averaged
    :return: dict, value by the other place
    """
    weight_of = {}
    for place, _other, weight in shares:
        weight_of[place] = weight_of.get(place, 0.0) + weight
    sums, weights = {}, {}
    for place, other, weight in shares:
        if place not in values or weight <= 0:
            continue
        part = weight / weight_of[place] if total else weight
        sums[other] = sums.get(other, 0.0) + values[place] * part
        weights[other] = weights.get(other, 0.0) + weight
    if total:
        return sums
    return {other: number / weights[other] for other, number in sums.items()}
