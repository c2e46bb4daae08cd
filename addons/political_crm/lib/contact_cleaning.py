"""Cleaning what people write in contact files: names, addresses, numbers, dates, French habits.

Each function takes and returns text, ``""`` for nothing. What cannot be understood is returned as
it was, or refused with :class:`CellError` where a wrong guess would do harm.
"""

import datetime
import functools
import re
import unicodedata

from phonenumbers import PhoneMetadata

YES = {"1", "x", "o", "y", "t", "oui", "yes", "true", "vrai", "ok", "✓", "✔", "on", "subscribed"}
NO = {"0", "n", "f", "non", "no", "false", "faux", "off", "unsubscribed", "cleaned"}
REMEMBERED = 1 << 14
"""Texts whose cleaning is remembered: names and towns come again and again."""
PARTICLES = {"de", "du", "des", "d"}
STREET_WORDS = PARTICLES | {
    "rue", "avenue", "boulevard", "place", "chemin", "allée", "allee", "impasse", "route", "square",
    "quai", "cours", "passage", "sentier", "résidence", "residence", "lotissement", "cité", "cite",
    "la", "le", "les", "l", "et", "sur", "sous", "en", "aux", "au", "bis", "ter", "quater",
}  # fmt: skip
SHORT_WORDS = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "bvd": "boulevard",
    "boul": "boulevard", "r": "rue", "pl": "place", "ch": "chemin", "che": "chemin",
    "chem": "chemin", "all": "allée", "imp": "impasse", "rte": "route", "sq": "square",
    "pass": "passage", "res": "résidence", "rés": "résidence", "lot": "lotissement",
    "fg": "faubourg", "crs": "cours", "sent": "sentier",
}  # fmt: skip
CIVILITY = re.compile(
    r"^(?:m|mr|mme|mlle|mrs|ms|dr|me|monsieur|madame|mademoiselle)\.?\s+(?=\S)", re.IGNORECASE
)
PLAIN_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
NUMBERED = re.compile(r"^(\d+)\s*,?\s*(bis|ter|quater|[a-z])?\s*,?\s+(.*)$", re.IGNORECASE)
FRENCH_PHONE = re.compile(r"(?:\+33|0033|0)?([1-9]\d{8})")
PHONE_DRESS = str.maketrans("", "", " .-/()\u00a0\u202f\t")
WORD = re.compile(r"[^\W\d_]+")
# The very letters that the database squashes too: see name_key_sql.
BARE = {
    "a": "àáâãäåāăąæ", "c": "çćč", "d": "ďđ", "e": "èéêëēĕėęě", "g": "ğģ", "i": "ìíîïīįı",
    "k": "ķ", "l": "ĺļľł", "n": "ñńņň", "o": "òóôõöøōőœ", "r": "ŕř", "s": "śşšșß", "t": "ţťț",
    "u": "ùúûüũūůűų", "y": "ýÿ", "z": "źżž",
}  # fmt: skip
ACCENTED = "".join(BARE.values())
PLAIN = "".join(letter * len(some) for letter, some in BARE.items())
SQUASH = str.maketrans(ACCENTED, PLAIN)
NOT_KEY = re.compile(r"[^a-z0-9]+")


class CellError(Exception):
    """A cell that cannot be taken.

    :ivar str code: what is wrong
    :ivar str text: the cell
    """

    def __init__(self, code, text):
        super().__init__(code)
        self.code = code
        self.text = text


def squeezed(text):
    """Text without spaces at its ends or doubled ones within, composed (NFC); not empty."""
    if text.isascii():
        if text.isprintable() and "  " not in text and text[0] != " " and text[-1] != " ":
            return text
    else:
        text = unicodedata.normalize("NFC", text.replace("\u200b", ""))
    return " ".join(text.split())


def is_tidy(joined):
    """Whether cells are squeezed as they are: most rows are, and are spared the work.

    :param str joined: the cells of a row with ``","`` between them
    """
    return (
        joined.isprintable()
        and "  " not in joined
        and '," ' not in joined
        and ' ",' not in joined
        and joined[:1] != " "
        and joined[-1:] != " "
        and unicodedata.is_normalized("NFC", joined)
    )


# ---------------------------------------------------------------- names


def name(text):
    """A first or last name: “DUPONT-MARTIN” and “dupont-martin” become “Dupont-Martin”."""
    if not (text.isupper() or text.islower()) or len(text) < 2:
        return text
    return _titled_name(text)


@functools.lru_cache(REMEMBERED)
def _titled_name(text):
    return _titled(text, PARTICLES, first_too=True)


def _titled(text, small, first_too=False):
    seen = 0

    def word(match):
        nonlocal seen
        seen += 1
        lower = match.group().lower()
        alone = match.end() == len(text)
        if lower in small and not alone and (first_too or seen > 1):
            return lower
        return lower[0].upper() + lower[1:]

    return WORD.sub(word, text)


def full_name(text, first_last=True):
    """Split a full name.

    A comma or capitals tell the last name: “Dupont, Jean”, “DUPONT Jean”, “Jean DUPONT”.

    :param bool first_last: which comes first where nothing tells
    :returns: (first name, last name)
    """
    text = CIVILITY.sub("", text)
    if "," in text:
        last, first = (part.strip() for part in text.split(",", 1))
        return first, last
    words = text.split()
    capital = [len(word) > 1 and word.isupper() for word in words]
    if any(capital) and not all(capital):
        last = [word for word, is_last in zip(words, capital, strict=True) if is_last]
        first = [word for word, is_last in zip(words, capital, strict=True) if not is_last]
        return " ".join(first), " ".join(last)
    if len(words) < 2:
        return "", text
    if first_last:
        return words[0], " ".join(words[1:])
    return " ".join(words[1:]), words[0]


def name_key(*parts):
    """What two spellings of one name have in common: letters without accents, nothing else.

    Written again by the database in ``political.import``: a change here is one there.
    """
    key = "".join(parts).lower()
    if not key.isascii():
        key = key.translate(SQUASH)
    # Most names are letters alone.
    return key if key.isascii() and key.isalnum() else NOT_KEY.sub("", key)


# ---------------------------------------------------------------- e-mail and telephone


def email(text):
    """An e-mail address: lower case, without ``mailto:``, brackets or spaces around it.

    :returns: (the address, whether it is one as everybody writes them)
    """
    low = text.lower()
    if PLAIN_EMAIL.fullmatch(low):
        return low, True
    found = PLAIN_EMAIL.findall(low.removeprefix("mailto:").replace(" ", ""))
    return (found[0], True) if len(found) == 1 else (text, False)


@functools.cache
def _french_pattern():
    """Every number that the library takes for valid in France, as one expression."""
    metadata = PhoneMetadata.metadata_for_region("FR")
    kinds = (
        "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan "
        "voicemail"
    )
    patterns = [
        getattr(metadata, kind).national_number_pattern
        for kind in kinds.split()
        if getattr(metadata, kind) and getattr(metadata, kind).national_number_pattern
    ]
    general = metadata.general_desc.national_number_pattern
    return re.compile(f"(?=(?:{general})$)(?:{'|'.join(patterns)})")


def french_phone(text, country="FR"):
    """A French telephone number as E.164, ``""`` where it is none that the library takes.

    Nearly all are recognised by the library's own patterns without its parsing, thirty times
    faster and with the same answer (a test compares).

    :param str country: two letters, where the number does not tell
    :returns: text, or ``None`` for what only the library can judge
    """
    bare = text.translate(PHONE_DRESS)
    match = FRENCH_PHONE.fullmatch(bare)
    if not match or (country != "FR" and bare[:1] != "+"):
        return None
    return f"+33{match.group(1)}" if _french_pattern().fullmatch(match.group(1)) else ""


# ---------------------------------------------------------------- addresses


def street(text):
    """A street: “12, BD DE LA MER” becomes “12 boulevard de la Mer”."""
    match = NUMBERED.match(text)
    number, more, rest = match.groups() if match else ("", "", text)
    if match and more and len(more) == 1 and more.lower() in SHORT_WORDS and "." in rest[:1]:
        more, rest = "", f"{more}{rest}"
    shout = rest.isupper()
    head, _space, tail = rest.partition(" ")
    bare = head.rstrip(".").lower()
    if tail and bare in SHORT_WORDS and (match or head.endswith(".") or len(bare) > 1):
        rest = f"{SHORT_WORDS[bare]} {tail}"
    if shout:
        rest = _titled(rest.lower(), STREET_WORDS, first_too=bool(match))
    if more:
        number = f"{number}{more.upper()}" if len(more) == 1 else f"{number} {more.lower()}"
    return f"{number} {rest}".strip()


@functools.lru_cache(REMEMBERED)
def city(text):
    """A town: “SAINT-DENIS” becomes “Saint-Denis”."""
    if not (text.isupper() or text.islower()):
        return text
    return _titled(text, STREET_WORDS - {"la", "le", "les"})


def postcode(text, country="FR"):
    """A postcode: spaces out, and the zero that spreadsheets take from “01000” back."""
    bare = text.replace(" ", "")
    if country == "FR" and bare.isdigit() and len(bare) == 4:
        return f"0{bare}"
    return bare if country == "FR" else text


def postcode_and_city(text, country="FR"):
    """Split “93140 BONDY”.

    :returns: (postcode, town)
    """
    match = re.match(r"^(\d{4,5})\s+(.+)$", text)
    if not match:
        return "", text
    return postcode(match.group(1), country), match.group(2)


# ---------------------------------------------------------------- dates and answers


def date(text):
    """A date, day first as French people write it, or ISO.

    :rtype: datetime.date
    :raises CellError: ``date`` for anything else; a year of two digits is nobody's birth year
    """
    match = re.match(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?$", text)
    parts = match.groups() if match else None
    if not parts:
        match = re.match(r"^(\d{1,2})[/.\s-](\d{1,2})[/.\s-](\d{4})(?:\s.*)?$", text)
        parts = match.groups()[::-1] if match else None
    if not parts:
        raise CellError("date", text)
    try:
        return datetime.date(*map(int, parts))
    except ValueError as error:
        raise CellError("date", text) from error


def birthdate(text, today):
    """A date of birth.

    :raises CellError: ``date``, or ``birthdate`` where nobody alive was born
    """
    found = date(text)
    if not today.year - 120 <= found.year or found > today:
        raise CellError("birthdate", text)
    return found


def answer(text):
    """Yes or no.

    :rtype: bool
    :raises CellError: ``answer``
    """
    low = text.lower()
    if low in YES:
        return True
    if low in NO:
        return False
    raise CellError("answer", text)


def several(text):
    """Items of a cell that holds several, separated by ``;``, ``|`` or commas."""
    mark = next((mark for mark in ";|" if mark in text), ",")
    return list(dict.fromkeys(filter(None, (item.strip() for item in text.split(mark)))))
