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
    header = [NAMES.get(name, name) for name in (cell.strip().lower() for cell in next(lines))]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise AddressFileError("columns", columns=missing)
    position = {name: header.index(name) for name in (*REQUIRED, *OPTIONAL) if name in header}
    addresses, rejected, seen, repeated = [], [], set(), 0
    for values in lines:
        if not values:
            continue
        if len(values) != len(header):
            raise AddressFileError(
                "short_line", line=lines.line_num, found=len(values), expected=len(header)
            )
        row = {name: values[index].strip() for name, index in position.items()}
        if row["id"] and row["id"] in seen:
            repeated += 1
            continue
        seen.add(row["id"])
        reason, address = _address(row)
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


def _address(row):
    if not row["id"] or len(row["id"]) > 64:
        return "id", None
    if not row["nom_voie"]:
        return "street", None
    number = row["numero"] or "0"
    if not re.fullmatch(r"[0-9]{1,5}", number):
        return "number", None
    point = _point(row)
    if not point:
        return "point", None
    lat, lon = point
    return None, Address(
        code=row["id"],
        number=int(number),
        suffix=row.get("rep", ""),
        street=row["nom_voie"],
        zip=row["code_postal"],
        city=row["nom_commune"],
        city_code=row.get("code_insee", ""),
        lat=lat,
        lon=lon,
        station=row.get("station", ""),
    )


def _point(row):
    try:
        lat, lon = float(row["lat"]), float(row["lon"])
    except ValueError:
        return None
    # 0, 0 lies in the ocean: what tools write for "unknown". NaN fails every comparison.
    inside = -85 <= lat <= 85 and -180 <= lon <= 180 and (lat, lon) != (0, 0)
    return (round(lat, 6), round(lon, 6)) if inside else None
