"""Reading tables that people send: CSV of any make and XLSX, row by row.

Never holds more than a line of a CSV file in memory. Whatever is wrong with a whole file is a
:class:`FileError`; what is wrong with one row comes with that row. Nothing else is raised,
whatever the bytes.
"""

import codecs
import csv
import io
import re

from .table_parts import FileError, Place, Row, Table, checked_header, fitted, is_doubled, repaired
from .table_sheet import look_at_sheet, sheet_rows

__all__ = ["ENCODINGS", "FileError", "Place", "Row", "Table", "look", "rows"]

SAMPLE = 1 << 20
"""Bytes read to recognise a file."""
LINE = 1 << 20
"""Characters of the longest line that a table may have."""
SEPARATORS = ";,\t|"
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "ISO-8859-1",
}
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
        return look_at_sheet(stream)
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
        checked_header(header),
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


# ---------------------------------------------------------------- rows of text


def rows(stream, table, repair=False, place=None):
    """The rows below the header, empty ones left out.

    :param stream: seekable binary stream
    :param Table table: what :func:`look` said of it
    :param bool repair: mend accents that were encoded twice
    :param Place place: after which to go on
    :returns: iterator of :class:`Row`
    :raises FileError: where the file cannot be read any further
    """
    place = place or Place()
    if table.kind == "csv":
        found = _text_rows(stream, table, place)
    else:
        found = sheet_rows(stream, table, place.number)
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


def _text_rows(stream, table, place):
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=table.encoding, newline="", errors="strict")
    place.tell = text.tell
    taken = []
    lines = _lines(text, taken)
    begun = place.start is not None
    try:
        if begun:
            text.seek(place.start)
        else:
            for _time in range(table.skipped):
                next(lines, None)
            taken.clear()
        number = place.number if begun else table.skipped
        reader = csv.reader(lines, delimiter=table.separator)
        for row in _records(reader, table, taken, number, begun):
            if row.number > place.number:
                yield row
    except UnicodeError as error:
        raise FileError("damaged") from error
    finally:
        place.tell = None
        # The stream is the caller's to close; it may have done so before it let go of the rows.
        if not stream.closed:
            text.detach()


def _records(reader, table, taken, number, begun):
    width, first = len(table.header), not begun
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
            row = fitted(number, cells, width, last)
            if row:
                yield row
    except csv.Error as error:
        raise FileError("quote", number=number + 1) from error
