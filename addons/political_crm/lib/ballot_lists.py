"""What the ministry publishes before a ballot: who stands where, and what nuances mean.

Birthdays, professions and substitutes, which lists of candidates hold too, are never read.
"""

import re

from . import codes
from .results_data import Candidate
from .results_file import FileError

SHAPES = ("candidates", "nuances")
_CODE = re.compile(r"[A-Z][A-Z0-9-]{0,9}")


def read(results):
    """
    :param results: :class:`~.results_data.Results` with table and layout of a list
    :return: the same, with its candidates or its nuances
    :raises FileError: ``cut`` or ``no_rows``
    """
    table, first = results.table, results.layout.first
    rows = table.rows[first:]
    width = len(table.rows[first - 1])
    if rows and not table.ended and len(rows[-1]) < width:
        raise FileError("cut")
    reader = {"candidates": _candidates, "nuances": _nuances}[results.layout.shape]
    reader(results, list(zip(rows, table.lines[first:], strict=True)))
    if not (results.candidates or results.nuances):
        raise FileError("no_rows")
    return results


def _candidates(results, rows):
    place, block = results.layout.place, results.layout.blocks[0]
    seen = set()
    for row, line in rows:
        constituency = codes.constituency(
            _cell(row, place["constituency"]), _cell(row, place.get("department"))
        )
        number = _cell(row, block.get("number"))
        lastname, firstname = _cell(row, block["lastname"]), _cell(row, block.get("firstname"))
        if not (constituency and lastname) or not (number.isdigit() or not number):
            results.problem(line, constituency, "unreadable_line", lastname, rejected=True)
            continue
        nuance = _cell(row, block["nuance"]).upper()
        candidate = Candidate(
            f"constituency:{constituency}", int(number or 0), lastname, firstname, "", nuance
        )
        if (candidate.scope, candidate.key) in seen:
            results.problem(line, constituency, "twice", candidate.name, rejected=True)
            continue
        seen.add((candidate.scope, candidate.key))
        results.candidates.append(candidate)


def _nuances(results, rows):
    columns = results.layout.place
    seen = set()
    for row, line in rows:
        code = _cell(row, columns["code"]).upper()
        label = " ".join(_cell(row, columns["label"]).split())
        if not _CODE.fullmatch(code) or not label:
            results.problem(line, code, "unreadable_line", label, rejected=True)
        elif code in seen:
            results.problem(line, code, "twice", label, rejected=True)
        else:
            seen.add(code)
            results.nuances.append((code, label, _cell(row, columns.get("family"))))


def _cell(row, column):
    return row[column].strip() if column is not None and column < len(row) else ""
