"""A polling station's values to store, from its code."""

from . import codes


def station_row(code, name="", register=""):
    """Values of a polling station to store, from its code.

    What the file does not tell is for a station that is new only: it takes nothing away from one
    that a better file told of.

    :param str code: ``93010_0012``
    :param str name: what the polling place is called, if known
    :param str register: its code in the electoral register, if known
    :return: dict
    """
    town, _mark, number = code.partition("_")
    label = f"Bureau {number.lstrip('0') or number}"
    district = codes.arrondissement_of(code)
    return {
        "kind": "station",
        "code": code,
        "name": f"{label} - {name}" if name else None,
        "new_name": label,
        "code_alt": register or None,
        "new_code_alt": codes.register_station(code),
        "parent_kind": "arrondissement" if district else "commune",
        "parent_code": district or town,
    }
