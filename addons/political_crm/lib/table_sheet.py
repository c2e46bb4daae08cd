"""Workbooks: the first sheet that holds anything, row by row."""

import datetime
import zipfile

from .table_parts import COLUMNS, FileError, Table, checked_header, fitted, is_doubled

PARTS = 1 << 28
"""Bytes that a workbook's parts may unpack to, its sheets apart: openpyxl holds these in memory."""
SHEET = 1 << 33


def look_at_sheet(stream):
    """Recognise a workbook.

    :param stream: seekable binary stream
    :returns: a :class:`Table`
    :raises FileError: when it is none, or another archive
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {info.filename: info.file_size for info in archive.infolist()}
            if "mimetype" in names:
                raise FileError("ods")
    except FileError:
        raise
    except Exception as error:
        raise FileError("damaged") from error
    if "xl/workbook.xml" not in names:
        inside = sorted(name for name in names if not name.endswith("/"))
        raise FileError("zip", names=", ".join(inside[:3]))
    sheets = {name: size for name, size in names.items() if name.startswith("xl/worksheets/")}
    if sum(names.values()) - sum(sheets.values()) > PARTS or sum(sheets.values()) > SHEET:
        raise FileError("workbook")
    table = Table("xlsx", encoding="utf-8")
    with _workbook(stream) as book:
        for name in book.sheetnames:
            for skipped, cells in enumerate(_values(book[name])):
                if any(value is not None for value, _fault in cells):
                    table.header = checked_header([value for value, _fault in cells])
                    table.sheet, table.skipped = name, skipped
                    table.doubled = _is_sheet_doubled(book[name])
                    return table
    raise FileError("empty")


class _workbook:  # noqa: N801 - reads as a function
    """An open workbook, read-only; whatever openpyxl stumbles over is damage."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        from openpyxl import load_workbook

        self.stream.seek(0)
        try:
            self.book = load_workbook(self.stream, read_only=True, data_only=False)
        except Exception as error:
            raise FileError("damaged") from error
        return self.book

    def __exit__(self, kind, error, trace):
        self.book.close()
        if isinstance(error, Exception) and not isinstance(error, FileError):
            raise FileError("damaged") from error


def _is_sheet_doubled(sheet):
    text = []
    for place, cells in enumerate(_values(sheet)):
        if place > 200:
            break
        text += [value for value, _fault in cells if value]
    return is_doubled("\n".join(text))


def _values(sheet):
    """Lists of (text, fault) of a sheet's rows. The sheet's own word on its size is not taken:
    writers are often wrong."""
    sheet.reset_dimensions()
    for cells in sheet.iter_rows(max_col=COLUMNS):
        yield [_cell(cell) for cell in cells]


def _cell(cell):
    value = cell.value
    if value is None:
        return None, None
    if isinstance(value, str):
        text = value.strip()
        if cell.data_type == "f":
            return text, "formula"
        if cell.data_type == "e":
            return text, "error"
        return text or None, "formula" if text.startswith("=") else None
    if isinstance(value, bool):
        return ("1" if value else "0"), None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value)), None
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return (value.date() if midnight else value).isoformat(), None
    return str(value), "formula" if cell.data_type == "f" else None


def sheet_rows(stream, table, after):
    """Rows of a workbook after that number: iterator of ``Row``."""
    width = len(table.header)
    with _workbook(stream) as book:
        if table.sheet not in book.sheetnames:
            raise FileError("damaged")
        for number, cells in enumerate(_values(book[table.sheet]), 1):
            if number <= max(table.skipped + 1, after):
                continue
            faults = [fault for _value, fault in cells if fault]
            row = fitted(number, [value or "" for value, _fault in cells], width, "\n")
            if row:
                row.fault = row.fault or (faults[0] if faults else None)
                yield row
