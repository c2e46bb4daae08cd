"""Rows into a table by PostgreSQL's COPY: what a million rows need."""

import io

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " ", "\x00": " "})


def copy_rows(cr, table, columns, rows):
    """
    :param cr: a cursor
    :param str table: name of a table of ours
    :param columns: names of its columns
    :param rows: iterable of sequences; ``None`` is NULL
    """
    lines = (
        "\t".join("\\N" if cell is None else str(cell).translate(_ESCAPES) for cell in row)
        for row in rows
    )
    copy_lines(cr, table, columns, "\n".join(lines))


def copy_lines(cr, table, columns, text):
    """As :func:`copy_rows`, for rows that are COPY's text already.

    :param str text: tabs between cells, line ends between rows
    """
    if text:
        names = ", ".join(f'"{name}"' for name in columns)
        cr.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', io.StringIO(text))
