"""Reading an address file of the Base Adresse Nationale (BAN).

The BAN publishes one CSV per department (``;``, UTF-8, header line), also gzipped. Columns are
found by name, never by position. Source: adresse.data.gouv.fr, Licence Ouverte 2.0.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from operator import itemgetter
from typing import NamedTuple

REQUIRED = ("id", "numero", "nom_voie", "code_postal", "nom_commune", "lon", "lat")
OPTIONAL = ("rep", "code_insee", "station")
# English names of the same columns, as in the extracts that ship with the project. ``station`` is
# no column of the BAN: the official code of the polling station, where somebody added it.
NAMES = {
    "number": "numero",
    "suffix": "rep",
    "street": "nom_voie",
    "zip": "code_postal",
    "city": "nom_commune",
}
MAX_BYTES = 1 << 30
# A file in which one line in ten cannot be used is not an address file.
MAX_REJECTED_SHARE = 0.1


class AddressFileError(ValueError):
    """The file as a whole cannot be used.

    :ivar str code: one of ``empty``, ``html``, ``binary``, ``gzip``, ``too_large``,
        ``encoding``, ``columns``, ``short_line``, ``quotes``, ``unusable``
    :ivar dict details: what the sentence for the user needs (``line``, ``columns``, ``found``,
        ``expected``, ``reason``)
    """

    def __init__(self, code, **details):
        super().__init__(code)
        self.code = code
        self.details = details


class Address(NamedTuple):
    """One address point. ``number`` is 0 where the file has none (a hamlet, a named place)."""

    code: str
    number: int
    suffix: str
    street: str
    zip: str
    city: str
    city_code: str
    lat: float
    lon: float
    station: str


class AddressFile(NamedTuple):
    addresses: list
    rejected: list  # (line number, reason): reasons are ``id``, ``street``, ``number``, ``point``
    repeated: int  # lines whose id came before in the file


def parse(content):
    """Read a whole file; nothing is returned from a file that is damaged anywhere.

    :param bytes content: the file as uploaded, plain or gzipped
    :rtype: AddressFile
    :raises AddressFileError: see its codes
    """
    text = _decode(_unzip(content))
    heading = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=heading.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _read(lines)
    except csv.Error as error:
        raise AddressFileError("quotes", line=lines.line_num) from error


def _unzip(content):
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            plain = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise AddressFileError("gzip") from error
    if len(plain) > MAX_BYTES:
        raise AddressFileError("too_large")
    return plain


def _decode(content):
    if not content.strip():
        raise AddressFileError("empty")
    if re.match(rb"(\xef\xbb\xbf)?\s*<", content):
        # What one gets when a portal answers instead of the file.
        raise AddressFileError("html")
    if b"\x00" in content:
        raise AddressFileError("binary")
    try:
        return codecs.decode(content, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise AddressFileError("encoding", line=content.count(b"\n", 0, error.start) + 1) from error


def _read(lines):
    width, cells_of = _columns(next(lines))
    addresses, rejected, seen, repeated = [], [], set(), 0
    for values in lines:
        if len(values) != width:
            if not values:
                continue
            raise AddressFileError(
                "short_line", line=lines.line_num, found=len(values), expected=width
            )
        values.append("")
        cells = [cell.strip() for cell in cells_of(values)]
        code = cells[0]
        if code in seen:
            repeated += 1
            continue
        reason, address = _address(*cells)
        if code:
            seen.add(code)
        if reason:
            rejected.append((lines.line_num, reason))
        else:
            addresses.append(address)
    if not addresses and not rejected:
        raise AddressFileError("empty")
    if len(rejected) > MAX_REJECTED_SHARE * (len(addresses) + len(rejected)):
        line, reason = rejected[0]
        raise AddressFileError("unusable", line=line, reason=reason)
    return AddressFile(addresses, rejected, repeated)


def _columns(heading):
    """How wide a line is, and what picks the cells of :func:`_address` from one.

    A column that the file does not have is looked for behind the last one, where an empty cell is.
    """
    header = [NAMES.get(name, name) for name in (cell.strip().lower() for cell in heading)]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise AddressFileError("columns", columns=missing)
    behind = len(header)
    return behind, itemgetter(
        *(header.index(name) if name in header else behind for name in (*REQUIRED, *OPTIONAL))
    )


def _address(code, number, street, postcode, city, lon, lat, suffix, city_code, station):
    """``(reason, None)`` of a line that cannot be used, or ``(None, address)``.

    Called for each address of a department: nothing here is looked up twice.
    """
    if not code or len(code) > 64:
        return "id", None
    if not street:
        return "street", None
    if not number:
        number = "0"
    elif not (len(number) <= 5 and number.isascii() and number.isdecimal()):
        return "number", None
    try:
        latitude, longitude = float(lat), float(lon)
    except ValueError:
        return "point", None
    # 0, 0 lies in the ocean: what tools write for "unknown". NaN fails every comparison.
    if not (-85 <= latitude <= 85 and -180 <= longitude <= 180 and (latitude or longitude)):
        return "point", None
    return None, Address(
        code, int(number), suffix, street, postcode, city, city_code, latitude, longitude, station
    )
