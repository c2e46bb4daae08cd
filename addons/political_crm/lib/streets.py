"""French street addresses in one form, so that typed ones meet those of the BAN."""

import re
from functools import lru_cache

from .plain import plain

_WORDS = {
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "r": "rue",
    "pl": "place",
    "all": "allee",
    "al": "allee",
    "allees": "allee",
    "imp": "impasse",
    "ch": "chemin",
    "che": "chemin",
    "chem": "chemin",
    "rte": "route",
    "sq": "square",
    "pass": "passage",
    "psg": "passage",
    "qu": "quai",
    "res": "residence",
    "lot": "lotissement",
    "fg": "faubourg",
    "fbg": "faubourg",
    "st": "saint",
    "ste": "sainte",
    "gal": "general",
    "gen": "general",
    "mal": "marechal",
    "mar": "marechal",
    "cdt": "commandant",
    "col": "colonel",
    "cap": "capitaine",
    "dr": "docteur",
    "pdt": "president",
    "pres": "president",
    "prof": "professeur",
    "vx": "vieux",
    "gd": "grand",
    "gde": "grande",
}
_SMALL = {"de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et", "en"}
_NUMBER = re.compile(r"^(\d{1,5})\s*(?:(bis|ter|quater|quinquies|[a-h])\b)?[\s,]*(.*)$")
_WHOLE = re.compile(r"^(.*?)\s+(\d{5})\s+(\D+)$")


@lru_cache(maxsize=200_000)
def street_key(street):
    """
    :param str street: ``Av. du Gal de Gaulle``
    :return: str, ``avenue general gaulle``
    """
    words = (_WORDS.get(word, word) for word in plain(street).split())
    return " ".join(word for word in words if word not in _SMALL)


def split_street(line):
    """
    :param str line: ``12 bis, rue de l'Essai``
    :return: tuple: number (0 when there is none), suffix, street's key
    """
    text = plain(line)
    found = _NUMBER.match(text)
    if not found or not found[3]:
        return 0, "", street_key(text)
    return int(found[1]), found[2] or "", street_key(found[3])


def split_address(line):
    """
    :param str line: ``12 bis Rue de l'Essai 29100 Essaiville``, as a geocoder answers
    :return: tuple: number, suffix, street's key, postcode, town; or ``None``
    """
    found = _WHOLE.match(" ".join((line or "").split()))
    if not found:
        return None
    return (*split_street(found[1]), found[2], found[3].strip())
