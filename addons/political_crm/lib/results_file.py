"""From an uploaded file's bytes to rows of text, or to a sentence about what is wrong with it."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter

HTML = re.compile(rb"^\s*(<!doctype html|<html|<\?xml[^>]*>\s*<html|<head|<body)", re.I)
OLD_LETTERS = {name: "éèàçÉ".encode(name) for name in ("cp1252", "cp850", "mac-roman")}
SEPARATORS = ";\t,|"
# A text that grows more than this is no results file but a bomb.
LARGEST = 1 << 30


class FileError(Exception):
    """A file that is refused whole.

    :ivar str code: what is wrong; the caller has the sentence
    :ivar dict detail: values for the sentence
    """

    def __init__(self, code, **detail):
        super().__init__(code)
        self.code = code
        self.detail = detail


class Table:
    """Rows of text of a file and how they were read.

    :ivar list rows: list of list of str, comment lines and empty lines left out
    :ivar list lines: number of each row's line, from 1
    :ivar list comments: lines before the data that begin with ``--``
    :ivar str encoding: ``utf-8``, ``cp1252``, ``cp850``, ``mac-roman`` or ``xlsx``
    :ivar str separator: one character
    :ivar bool ended: whether the last line has its line end
    """

    def __init__(self, rows, lines, comments, encoding, separator, ended):
        self.rows = rows
        self.lines = lines
        self.comments = comments
        self.encoding = encoding
        self.separator = separator
        self.ended = ended


def read_table(content):
    """
    :param bytes content: csv or text, gzip or not, or an Excel workbook
    :return: Table
    :raises FileError: ``empty``, ``html``, ``cut``, ``unreadable``
    """
    content = unzipped(content)
    if not content.strip():
        raise FileError("empty")
    if HTML.match(content[:2000].removeprefix(codecs.BOM_UTF8)):
        raise FileError("html")
    if content[:4] == b"PK\x03\x04":
        return _workbook(content)
    text, encoding = _decoded(content)
    separator = _separator(text)
    rows, lines, comments = [], [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if not any(row):
                continue
            if row[0].startswith("--"):
                comments.append(separator.join(row))
                continue
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise FileError("unreadable") from error
    if not rows:
        raise FileError("empty")
    return Table(rows, lines, comments, encoding, separator, text.endswith(("\n", "\r")))


def unzipped(content):
    """
    :param bytes content: gzip or not
    :return: bytes
    :raises FileError: ``cut`` or ``unreadable``
    """
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            parts = []
            while part := stream.read(1 << 22):
                parts.append(part)
                if len(parts) > LARGEST >> 22:
                    raise FileError("unreadable")
            return b"".join(parts)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError("cut") from error


def _decoded(content):
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in content[:4000]:
        raise FileError("unreadable")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3 and error.start > 0 and not content.isascii():
            # Only the very last character is broken: the download stopped in its middle.
            before = content[: error.start]
            if not before.isascii():
                raise FileError("cut") from error
    # Which of the old encodings puts the letters é, è, à, ç, É where these bytes are?
    counts = Counter(byte for byte in content if byte > 127)
    encoding = max(OLD_LETTERS, key=lambda name: sum(counts[byte] for byte in OLD_LETTERS[name]))
    return content.decode(encoding, errors="replace"), encoding


def _separator(text):
    first = next((line for line in text.splitlines() if line.strip() and line[:2] != "--"), "")
    plain = re.sub(r'"[^"]*"', "", first)
    found = max(SEPARATORS, key=plain.count)
    if not plain.count(found):
        raise FileError("no_header")
    return found


def _workbook(content):
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        found = [
            ["" if cell is None else str(cell) for cell in row]
            for row in sheet.iter_rows(values_only=True)
        ]
    except Exception as error:
        raise FileError("unreadable") from error
    pairs = [(number, row) for number, row in enumerate(found, 1) if any(row)]
    if not pairs:
        raise FileError("empty")
    rows = [row for _number, row in pairs]
    return Table(rows, [number for number, _row in pairs], [], "xlsx", ";", True)
