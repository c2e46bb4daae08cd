"""Reading tables that people send: CSV of any make and XLSX, row by row.

Never holds more than a line of a CSV file in memory. Whatever is wrong with a whole file is a
:class:`FileError`; what is wrong with one row comes with that row. Nothing else is raised,
whatever the bytes.
"""

import codecs
import csv
import datetime
import io
import re
import zipfile
from dataclasses import dataclass, field

SAMPLE = 1 << 20
"""Bytes read to recognise a file."""
LINE = 1 << 20
"""Characters of the longest line that a table may have."""
CELL = 1 << 17
"""Characters of the longest cell."""
COLUMNS = 500
SHEET_PARTS = 1 << 28
"""Bytes that a workbook's parts may unpack to, its sheets apart: openpyxl holds these in memory."""
SHEET = 1 << 33
SEPARATORS = ";,\t|"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "ISO-8859-1",
}
# UTF-8 that was read as Windows-1252 and written again: “Ã©” for “é”, “â€™” for “’”.
DOUBLED = re.compile(
    r"[\u00c2\u00c3\u00c5][\u0080-\u00bf\u0152-\u017e\u02c6-\u2122]|â€[\u0080-\u2122]"
)
# Bytes that Windows-1252 does not have.
NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
PAGE = re.compile(r"<(?:!doctype|html|head|body|table|script|\?xml)\b", re.IGNORECASE)
SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"\x1f\x8b", "zip"),
    (b"7z\xbc\xaf", "zip"),
    (b"Rar!", "zip"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
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


# ---------------------------------------------------------------- recognising


def look(stream):
    """Recognise a table.

    :param stream: seekable binary stream
    :returns: a :class:`Table`
    :raises FileError: when it is none
    """
    stream.seek(0)
    sample = stream.read(SAMPLE)
    if not sample.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FileError("empty")
    for signature, code in SIGNATURES:
        if sample.startswith(signature):
            raise FileError(code)
    if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _look_at_zip(stream)
    return _look_at_text(stream, sample)


def _look_at_text(stream, sample):
    encoding = _encoding(stream, sample)
    text = sample.decode(encoding, errors="ignore")
    controls = len(CONTROLS.findall(text))
    if controls > 2 and controls > len(text) // 50:
        raise FileError("binary")
    if PAGE.search(text[:2000]):
        raise FileError("page")
    if len(sample) == SAMPLE and "\n" not in text and "\r" not in text:
        raise FileError("line", number=1)
    lines = text.splitlines(keepends=True)
    if len(sample) == SAMPLE and len(lines) > 1:
        lines.pop()
    skipped = 0
    separator = None
    while lines and (not lines[0].strip(" \t\r\n;,|\x00\ufeff") or lines[0].startswith("sep=")):
        declared = re.match(r"sep=(.)\s*$", lines.pop(0))
        separator = declared.group(1) if declared else separator
        skipped += 1
    separator = separator or _separator(lines)
    header = _first_record(lines, separator)
    table = Table(
        "csv",
        _checked_header(header),
        encoding,
        separator,
        doubled=is_doubled(text),
        skipped=skipped,
    )
    if table.doubled:
        table.header = [repaired(name) for name in table.header]
    return table


def _encoding(stream, sample):
    """The encoding that the whole file decodes in."""
    if sample.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8"]
    for encoding in candidates:
        if _decodes(stream, encoding):
            return encoding
    if candidates == ["utf-16"]:
        raise FileError("binary")
    stream.seek(0)
    while chunk := stream.read(SAMPLE):
        if NOT_CP1252.search(chunk):
            return "latin-1"
    return "cp1252"


def _decodes(stream, encoding):
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while chunk := stream.read(SAMPLE):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, UnicodeError):
        return False
    return True


def _separator(lines):
    """The separator by which most of the first lines have as many cells as the header."""
    best, found = (0, 0), ","
    for separator in SEPARATORS:
        try:
            rows = list(csv.reader(lines[:50], delimiter=separator))
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        alike = sum(len(row) == width for row in rows)
        if (alike * width, width) > best:
            best, found = (alike * width, width), separator
    return found


def _first_record(lines, separator):
    try:
        return next(csv.reader(lines[:100], delimiter=separator), [])
    except csv.Error as error:
        raise FileError("header") from error


def _checked_header(cells):
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


# ---------------------------------------------------------------- rows of text


def rows(stream, table, repair=False):
    """The rows below the header, empty ones left out.

    :param stream: seekable binary stream
    :param Table table: what :func:`look` said of it
    :param bool repair: mend accents that were encoded twice
    :returns: iterator of :class:`Row`
    :raises FileError: where the file cannot be read any further
    """
    found = _text_rows(stream, table) if table.kind == "csv" else _sheet_rows(stream, table)
    if not repair:
        return found
    return _repaired_rows(found)


def _repaired_rows(found):
    for row in found:
        row.cells = [repaired(cell) for cell in row.cells]
        yield row


def _lines(text, taken):
    """Lines of a text, none longer than memory allows; ``taken`` collects those of a record."""
    number = 0
    while line := text.readline(LINE):
        number += 1
        if len(line) >= LINE:
            raise FileError("line", number=number)
        taken.append(line)
        yield line


def _text_rows(stream, table):
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=table.encoding, newline="", errors="strict")
    taken = []
    lines = _lines(text, taken)
    try:
        for _time in range(table.skipped):
            next(lines, None)
        taken.clear()
        yield from _records(csv.reader(lines, delimiter=table.separator), table, taken)
    except UnicodeError as error:
        raise FileError("damaged") from error
    finally:
        # The stream is the caller's to close; it may have done so before it let go of the rows.
        if not stream.closed:
            text.detach()


def _records(reader, table, taken):
    width, first = len(table.header), True
    number = table.skipped
    try:
        for cells in reader:
            number += 1
            record, last = taken[:], taken[-1] if taken else ""
            taken.clear()
            if len(record) > 1 and sum(line.count('"') for line in record) % 2:
                raise FileError("quote", number=number)
            if first:
                first = False
                continue
            row = _row(number, cells, width, last)
            if row:
                yield row
    except csv.Error as error:
        raise FileError("quote", number=number + 1) from error


def _row(number, cells, width, last):
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
    for cell in cells:
        if cell and (cell[0] == "=" or "\x00" in cell):
            fault = fault or ("formula" if cell[0] == "=" else "unreadable")
    if not fault and not any(cells):
        return None
    return Row(number, cells, fault)


# ---------------------------------------------------------------- workbooks


def _look_at_zip(stream):
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
    if sum(names.values()) - sum(sheets.values()) > SHEET_PARTS or sum(sheets.values()) > SHEET:
        raise FileError("workbook")
    table = Table("xlsx", encoding="utf-8")
    with _workbook(stream) as book:
        for name in book.sheetnames:
            for skipped, cells in enumerate(_values(book[name])):
                if any(value is not None for value, _fault in cells):
                    table.header = _checked_header([value for value, _fault in cells])
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


def _sheet_rows(stream, table):
    width = len(table.header)
    with _workbook(stream) as book:
        if table.sheet not in book.sheetnames:
            raise FileError("damaged")
        for number, cells in enumerate(_values(book[table.sheet]), 1):
            if number <= table.skipped + 1:
                continue
            faults = [fault for _value, fault in cells if fault]
            row = _row(number, [value or "" for value, _fault in cells], width, "\n")
            if row:
                row.fault = row.fault or (faults[0] if faults else None)
                yield row
