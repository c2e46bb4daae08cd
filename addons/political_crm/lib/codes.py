"""Official codes of French places, as each publisher writes them, brought to one form.

One form: department ``01``, ``2A``, ``971``; commune ``01001``; constituency ``0104``, ``97101``;
polling station ``75056_0101`` (the family of results files). Codes are text.
"""

import re
from functools import lru_cache

# Before 2024 the ministry wrote overseas departments with letters; ZX stands for 977 and 978.
OVERSEAS = {
    "ZA": "971",
    "ZB": "972",
    "ZC": "973",
    "ZD": "974",
    "ZM": "976",
    "ZN": "988",
    "ZP": "987",
    "ZS": "975",
    "ZW": "986",
}
# Commune and first arrondissement of Paris, Lyon and Marseille.
DIVIDED = {"75056": 75101, "69123": 69381, "13055": 13201}
_OF_ARRONDISSEMENT = {
    **{str(75100 + n): ("75056", n) for n in range(1, 21)},
    **{str(69380 + n): ("69123", n) for n in range(1, 10)},
    **{str(13200 + n): ("13055", n) for n in range(1, 17)},
}
_EXCEL_TAIL = re.compile(r"\.0$")


@lru_cache(maxsize=100_000)
def department(code):
    """
    :param str code: ``1``, ``01``, ``2a``, ``ZA``, ``971``
    :return: str, ``01``, ``2A``, ``971``; ``ZX`` and ``ZZ`` stay
    """
    code = _clean(code)
    return OVERSEAS.get(code, code.zfill(2))


@lru_cache(maxsize=100_000)
def commune(code, of_department=""):
    """
    :param str code: five characters, or the three that a department adds to
    :param str of_department: as the file writes it, when ``code`` is a part
    :return: str of five characters, or "" when there is nothing to make one of
    """
    code = _clean(code)
    if not code:
        return ""
    if len(code) >= 5:
        return code
    raw = _clean(of_department)
    if len(code) == 4 or not raw:
        # A spreadsheet took the leading zero away.
        return code.zfill(5) if len(code) == 4 else ""
    part = code.zfill(3)
    dep = "977" if raw == "ZX" else department(raw)
    if len(dep) == 2:
        return dep + part
    # The part's first figure is the department's last one (977 and 978 are counted together);
    # Mayotte had other numbers before 2015.
    joined = part[0] == dep[2] or (dep == "977" and part[0] == "8")
    return dep[:2] + part if joined else dep + part[1:]


def department_of(commune_code):
    """
    :param str commune_code: five characters
    :return: str, the code of the commune's department
    """
    return commune_code[:3] if commune_code[:2] in ("97", "98") else commune_code[:2]


def number(code):
    """A polling station's number in its commune: four characters at least, letters kept.

    :param str code: ``1``, ``0001``, ``JU01``, ``01.1``
    :return: str
    """
    return _clean(code).zfill(4)


def station(commune_code, code):
    """
    :param str commune_code: of the commune, or of an arrondissement of a divided town
    :param str code: number of the station there
    :return: str in the family of results files, ``75056_0101``
    """
    town, arrondissement = _OF_ARRONDISSEMENT.get(commune_code, (commune_code, 0))
    plain = _clean(code)
    if town == "75056" and arrondissement and plain.isdigit() and int(plain) < 100:
        plain = f"{arrondissement:02d}{int(plain):02d}"
    return f"{town}_{number(plain)}"


def station_from(code):
    """A whole station code of either family, in the family of results files.

    :param str code: ``75056_0101``, ``75101_1``, ``ZA101_0001``, Cartelec's ``750060019``
    :return: str, or "" when it is no station code
    """
    code = _clean(code)
    town, mark, plain = code.partition("_")
    if not mark:
        if not re.fullmatch(r"[0-9AB]{9}", code):
            return ""
        # Nine figures: Cartelec writes Paris by its postal number.
        town, plain = code[:5], code[5:].lstrip("0") or "0"
        town = f"751{town[3:]}" if town.startswith("750") else town
    if len(town) == 5 and town[:2] in OVERSEAS:
        town = commune(town[2:], town[:2])
    return station(town, plain) if len(town) == 5 and plain else ""


def register_station(code):
    """The same station in the family of the electoral register (REU).

    :param str code: ``75056_0101``
    :return: str, ``75101_1``; Lyon and Marseille keep the whole number: ``69381_101``
    """
    town, _mark, plain = code.partition("_")
    first = DIVIDED.get(town)
    if first and plain.isdigit():
        arrondissement = str(first + int(plain[:2]) - 1)
        return f"{arrondissement}_{int(plain[2:] if town == '75056' else plain)}"
    return f"{town}_{int(plain) if plain.isdigit() else plain.lstrip('0')}"


def arrondissement_of(code):
    """
    :param str code: of a station
    :return: str, the municipal arrondissement's code, or "" elsewhere than in Paris, Lyon and
        Marseille
    """
    town, _mark, plain = code.partition("_")
    first = DIVIDED.get(town)
    return str(first + int(plain[:2]) - 1) if first and plain[:2].isdigit() else ""


def is_arrondissement(code):
    """
    :param str code: five characters
    :return: bool, whether it is a municipal arrondissement of Paris, Lyon or Marseille
    """
    return code in _OF_ARRONDISSEMENT


@lru_cache(maxsize=100_000)
def constituency(code, of_department=""):
    """
    :param str code: number in the department, or both joined (``101``, ``0101``, ``97101``)
    :param str of_department: as the file writes it
    :return: str, ``0101``, ``97101``, ``ZX01``, or "" for what is no number
    """
    code = _clean(code)
    dep = department(of_department) if of_department else ""
    if dep in ("97", "98") and len(code) == 5:
        # The ministry's 2024 file writes 97 for every overseas department.
        return code
    if dep and len(code) > 2:
        # Joined already, perhaps without its leading zero.
        code = code[-2:]
    if not code.isdigit() or not dep:
        return code.zfill(4) if re.fullmatch(r"(\d|2[AB])?\d{3,4}|(2[AB]|Z[XZ])\d\d", code) else ""
    return f"{dep}{int(code):02d}"


def _clean(code):
    text = str(code or "").strip().upper()
    if text.isalnum():
        return text
    return _EXCEL_TAIL.sub("", text.strip("'\""))
