"""Tables about polling stations and addresses that are known already: what a station is called in
the other family of codes, where one votes, in which IRIS an address lies."""

import re
from collections import defaultdict

from . import codes
from .place_table import column
from .plain import plain
from .results_file import FileError
from .station_row import station_row
from .streets import street_key

# Files that may not say which town they are about.
OF_A_TOWN = {"address_iris"}
_OF_PARIS = re.compile(r"(\d{1,2})-(\d{1,3})")


def codes_of(found, header, rows, _kind):
    """Codes of results files beside those of contours.

    Publishers who take ``.0`` away from numbers take the last zeros too: 29080 comes as ``2908``,
    station 20 as ``2``. The commune is read in the contour's code, which keeps it; two lines that
    have become alike are said once.
    """
    contour_of, number_of = column(header, "bureau"), column(header, "bvreconciliation")
    insee, whole = column(header, "insee"), column(header, "bvid")
    pairs = {}
    for n, row in enumerate(rows):
        contour, number = _told(contour_of(row)), _told(number_of(row))
        as_said = f"{insee(row)}_{number_of(row)}" == whole(row)
        if not as_said and row is rows[-1] and not found.ended:
            raise FileError("cut")
        if not as_said or not (contour or number):
            found.reject(n, "unreadable_line", whole(row))
        elif not contour:
            town = insee(row)
            found.reject(n, "no_contour", codes.station(town, number) if len(town) == 5 else town)
        elif not (code := _code_in_results(contour, number)):
            found.reject(n, "no_result_code", contour)
        elif (code, contour) in pairs:
            found.reject(n, "twice", contour)
        else:
            pairs[code, contour] = n
    _refuse_several(found, pairs)
    for (code, contour), n in pairs.items():
        found.places.append({**station_row(code, "", contour), "line": found.lines[n]})


def _told(cell):
    return "" if cell.lower() == "nan" else cell


def _code_in_results(contour, number):
    """The code in results of a contour's station; by rule in Paris, Lyon and Marseille alone."""
    town = contour.partition("_")[0]
    if number:
        return codes.station(town, number) if len(town) == 5 else ""
    return codes.station_from(contour) if codes.is_arrondissement(town) else ""


def _refuse_several(found, pairs):
    """Two codes for one: nobody can say which is the right one."""
    sides = defaultdict(list), defaultdict(list)
    for pair in pairs:
        for side, code in zip(sides, pair, strict=True):
            side[code].append(pair)
    several = {pair for side in sides for same in side.values() if len(same) > 1 for pair in same}
    for pair in sorted(several):
        found.reject(pairs.pop(pair), "several_codes", pair[0], pair[1])


def polling_places(found, header, rows, _kind):
    """Where Paris votes: one line a station, ``arrondissement-number``."""
    station, name = (
        column(header, "identifiantdubureaudevote"),
        column(header, "libelledubureaudevote"),
    )
    street, postcode = column(header, "adresse"), column(header, "codepostal")
    point = column(header, "geopoint2d")
    for n, row in enumerate(rows):
        told = _OF_PARIS.fullmatch(station(row))
        if not told or not codes.is_arrondissement(town := f"751{int(told[1]):02d}"):
            found.reject(n, "unreadable_line", station(row))
            continue
        try:
            latitude, longitude = (round(float(part), 7) for part in point(row).split(","))
        except ValueError:
            found.reject(n, "unreadable_line", station(row), point(row))
            continue
        found.places.append(
            {
                **station_row(codes.station(town, told[2]), name(row)),
                "street": street(row) or None,
                "zip": postcode(row) or None,
                "longitude": longitude,
                "latitude": latitude,
                "line": found.lines[n],
            }
        )


def iris_of_addresses(found, header, rows, commune):
    """In which IRIS each address lies; the IRIS may be numbered within its commune.

    :param str commune: code of the commune, when the file does not say it
    """
    iris, name = column(header, "iris"), column(header, "nomiris", "libelleiris")
    town, suffix = column(header, "codeinsee", "codecommune"), column(header, "rep", "suffixe")
    number, street = column(header, "numero"), column(header, "nomvoie")
    has_suffix = bool({"rep", "suffixe"} & set(header))
    known, seen = {}, {}
    for n, row in enumerate(rows):
        code = iris(row)
        if len(code) != 9:
            own = codes.commune(town(row)) or commune
            if not own:
                raise FileError("no_commune")
            code = own + code.zfill(4)
        if not (len(code) == 9 and code[2:].isdigit() and number(row).isdigit()):
            found.reject(n, "unreadable_line", iris(row), f"{number(row)} {street(row)}")
            continue
        key = (code[:5], int(number(row)), plain(suffix(row)) if has_suffix else None)
        seen.setdefault((*key, street_key(street(row))), {}).setdefault(code, n)
        known.setdefault(code, (name(row), n))
    for address, told in seen.items():
        if len(told) > 1:
            for code, n in told.items():
                found.reject(n, "two_iris", code, f"{address[1]} {address[3]}")
            continue
        [(code, n)] = told.items()
        found.iris_of.append((found.lines[n], code, *address))
    for code, (label, n) in known.items():
        found.places.append({**iris_row(code, label), "line": found.lines[n]})


def iris_row(code, name=""):
    """Values of an IRIS to store.

    :param str code: nine characters, the first five of which are its commune's
    :param str name: what it is called, if known
    :return: dict
    """
    return {
        "kind": "iris",
        "code": code,
        "name": name or None,
        "new_name": f"IRIS {code[5:]}",
        "parent_kind": "arrondissement" if codes.is_arrondissement(code[:5]) else "commune",
        "parent_code": code[:5],
    }
