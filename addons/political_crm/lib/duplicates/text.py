"""Names, addresses, numbers and dates in one spelling, so that they can be compared."""

import re
import unicodedata
from datetime import date

_LIGATURES = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"}
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_PARTICLES = {"de", "du", "des", "d", "la", "le", "les", "l", "da", "dos", "el", "al", "ben", "van"}
_MARRIED = {"ep", "epouse", "epse", "nee", "ne", "veuve", "vve", "vf", "divorcee", "dit", "dite"}
_CIVIL = {"m", "mr", "mme", "mlle", "madame", "monsieur", "mademoiselle", "dr", "docteur"}
_STREET_WORDS = {
    "av": "avenue",
    "ave": "avenue",
    "r": "rue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "all": "allee",
    "al": "allee",
    "pl": "place",
    "imp": "impasse",
    "ch": "chemin",
    "che": "chemin",
    "chem": "chemin",
    "rte": "route",
    "sq": "square",
    "res": "residence",
    "lot": "lotissement",
    "pass": "passage",
    "qu": "quai",
    "crs": "cours",
    "fg": "faubourg",
    "fbg": "faubourg",
    "st": "saint",
    "ste": "sainte",
    "gal": "general",
    "gen": "general",
    "mal": "marechal",
    "cdt": "commandant",
    "col": "colonel",
    "cap": "capitaine",
    "lt": "lieutenant",
    "dr": "docteur",
    "pr": "professeur",
    "pdt": "president",
    "prof": "professeur",
    "jq": "jacques",
}
_STREET_WORDS.update(dict.fromkeys("de du des d la le les l a au aux et".split(), ""))
_NUMBER = re.compile(r"^(\d+)\s*(bis|ter|quater|b|t|q|[a-h])?(?=\s|$)")
_REPEAT = {"b": "bis", "t": "ter", "q": "quater"}
_LONG = re.compile(r"(.)\1+")
_SOUNDS = (
    (re.compile(r"[^a-z]"), ""),
    (re.compile(r"ph"), "f"),
    (re.compile(r"eaux?|au[xt]?"), "o"),
    (re.compile(r"[ae]in|[iy]n(?![aeiouy])|ym|im(?![aeiouy])"), "1"),
    (re.compile(r"(?:an|en|am|em)(?![aeiouy])"), "2"),
    (re.compile(r"ou"), "u"),
    (re.compile(r"ai|ei|ay|ey|oe"), "e"),
    (re.compile(r"qu|q|ck|c(?![eiyh])|k"), "k"),
    (re.compile(r"sch|sh|ch"), "3"),
    (re.compile(r"c"), "s"),
    (re.compile(r"g(?=[eiy])"), "j"),
    (re.compile(r"h"), ""),
    (re.compile(r"y"), "i"),
    (re.compile(r"z|ss"), "s"),
    (re.compile(r"w"), "v"),
    (re.compile(r"(?:ers?|ez|es?|s|t|d|x|p)$"), ""),
)


class _Bare(dict):
    """Letters without what stands above and below them, each worked out once."""

    def __missing__(self, number):
        plain = unicodedata.normalize("NFKD", chr(number))
        bare = self[number] = "".join(c for c in plain if not unicodedata.combining(c))
        return bare


_BARE = _Bare(str.maketrans(_LIGATURES))


def digits_of(text):
    """The digits in a text.

    :param str text:
    :return: str
    """
    return text if text.isdigit() else "".join(filter(str.isdigit, text))


def mend(text):
    """Undo a text's UTF-8 having once been read as Windows-1252 (``lâ€™Union``).

    :param str text:
    :return: str
    """
    if "Ã" in text or "â€" in text or "Å" in text:
        try:
            return text.encode("cp1252").decode("utf-8")
        except UnicodeError:
            return text
    return text


def fold(text):
    """A text in small plain letters and digits, single spaces between.

    :param str text:
    :return: str
    """
    text = text.lower() if text.isascii() else mend(text).lower().translate(_BARE)
    return text if text.isalnum() and text.isascii() else _NOT_PLAIN.sub(" ", text).strip()


def name_parts(text, first=False):
    """The parts of a name, small words joined to the next one: ``("delatour", "martin")``.

    :param str text: as typed
    :param bool first: a first name, in which no small word is looked for
    :return: tuple of str, without the words that tell of a marriage or of a title
    """
    parts, pending = [], ""
    for word in fold(text).split():
        if word in _MARRIED or (word in _CIVIL and not first):
            continue
        if not first and word in _PARTICLES:
            pending += word
            continue
        parts.append(pending + word)
        pending = ""
    if pending:
        parts.append(pending)
    return tuple(parts)


def sound(name):
    """What a folded name sounds like in French, roughly.

    :param str name:
    :return: str, not meant to be read
    """
    for pattern, other in _SOUNDS:
        name = pattern.sub(other, name)
    return _LONG.sub(r"\1", name) or "-"


def email(text):
    """An e-mail address as its owner means it.

    :param str text:
    :return: tuple of str, local part (what follows a plus sign aside) and domain; empty ones
        when there is no address
    """
    local, at, domain = mend(text).strip().lower().partition("@")
    if not at or not local or "." not in domain:
        return "", ""
    return local.split("+")[0], domain


def phone(text):
    """The digits of a number that tell it from others, French ones without their prefix.

    :param str text:
    :return: str, empty when there are too few digits
    """
    digits = digits_of(text)
    if digits.startswith("00"):
        digits = digits[2:]
    if digits.startswith("33") and len(digits) in (11, 12):
        digits = digits[2:].lstrip("0")
    digits = digits.lstrip("0")
    return digits if len(digits) >= 6 else ""


def street(text):
    """A street line taken apart.

    :param str text: ``12 bis, av. du Gal Leclerc``
    :return: tuple of str, number (``12bis``) and name (``avenue general leclerc``)
    """
    words = fold(text)
    number = ""
    found = _NUMBER.match(words)
    if found:
        repeat = found[2] or ""
        number = found[1] + _REPEAT.get(repeat, repeat)
        words = words[found.end() :]
    known = [_STREET_WORDS.get(word, word) for word in words.split()]
    return number, " ".join(filter(None, known))


def born(text):
    """A date of birth as a number.

    :param str text: ``1980-02-29``, ``19800229`` or ``29/02/1980``
    :return: int, 19800229; 0 when it is none
    """
    numbers = re.findall(r"\d+", text)
    try:
        if len(numbers) == 1 and len(numbers[0]) == 8:
            year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
        elif len(numbers) >= 3 and len(numbers[0]) == 4:
            year, month, day = map(int, numbers[:3])
        elif len(numbers) >= 3:
            day, month, year = map(int, numbers[:3])
        else:
            return 0
        date(year, month, day)
    except ValueError:
        return 0
    return year * 10000 + month * 100 + day
