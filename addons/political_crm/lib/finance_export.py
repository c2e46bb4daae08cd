"""Tab-separated files for the CNCCFP (R-58): the columns lie in ``data/finance_columns.json``."""

import json
from pathlib import Path

COLUMNS_FILE = Path(__file__).parent.parent / "data" / "finance_columns.json"


def columns(name):
    """Columns of a file, in order: ``[[header, key], ...]``.

    :param str name: ``operations`` or ``donors``
    """
    return json.loads(COLUMNS_FILE.read_text("utf-8"))[name]


def cell(value):
    """A value as the file has it: no tab, no line break; amounts with a dot and two digits."""
    if value is None or value is False:
        return ""
    return " ".join(str(value).split())


def table(name, rows):
    """The whole file.

    :param str name: ``operations`` or ``donors``
    :param rows: dicts by column key
    :returns: UTF-8 text with LF line ends, the header first
    :rtype: bytes
    """
    wanted = columns(name)
    lines = ["\t".join(header for header, _key in wanted)]
    lines += ["\t".join(cell(row.get(key)) for _header, key in wanted) for row in rows]
    return ("\n".join(lines) + "\n").encode()
