"""How one person's name and addresses may be written in any text, and how to take them out."""

import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import quote

MASK = "***"
AT = r"(?:@|%40|&#64;|&commat;|\\u0040)"
GAP = r"(?:[\s_.,+\u00a0-]|%20|&nbsp;|\\u00a0|\\xa0){1,4}"
# Where iCalendar and quoted-printable break a line, which may be in the middle of a word
FOLD = r"(?:=?\r?\n[ \t]?)?"
SQL_FOLD = r"(=?\r?\n[ \t]?)?"
# iCalendar and JSON write a line's end as a backslash and a letter, right before the next word
ESCAPED_END = r"(?<=\\[nrt])"
DIGIT_GAP = r"[\s.\-/()\u00a0]{0,3}"


def plain(text):
    """Text without accents, in lower case, spaces collapsed: how two names are compared."""
    folded = unicodedata.normalize("NFKD", text or "")
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).lower().split())


@dataclass
class Identity:
    """What names one person: normalised e-mails, E.164 numbers, full names."""

    emails: set = field(default_factory=set)
    phones: set = field(default_factory=set)
    names: set = field(default_factory=set)

    def __bool__(self):
        return bool(self.emails or self.phones or self.names)

    def without_names(self):
        return Identity(emails=set(self.emails), phones=set(self.phones))


def _letter(char):
    """One letter of a name, in every encoding that a text or a log may hold."""
    if char.isascii():
        return re.escape(char)
    forms = set()
    for one in (char, char.lower(), char.upper()):
        forms |= {
            re.escape(one),
            re.escape(quote(one)),
            f"&\\#{ord(one)};",
            f"\\\\u{ord(one):04x}",
            *(re.escape(c) for c in plain(one)),
            re.escape(unicodedata.normalize("NFD", one)),
        }
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


def _name_patterns(name):
    tokens = [token for token in re.split(r"[\s,]+", name or "") if token]
    if len(tokens) < 2:
        return  # a single word is anybody's
    for turn in range(len(tokens)):
        turned = tokens[turn:] + tokens[:turn]
        yield f"{FOLD}{GAP}{FOLD}".join(FOLD.join(_letter(c) for c in token) for token in turned)


def _email_pattern(email):
    local, _at, domain = email.rpartition("@")
    return FOLD.join([*map(re.escape, local), AT, *map(re.escape, domain)])


def _phone_pattern(phone, country_code):
    """An E.164 number, also as people write it, with its country's code, 0, or neither."""
    national = phone.lstrip("+").removeprefix(country_code)
    code = DIGIT_GAP.join(country_code)
    prefix = rf"(?:(?:\+|00|%2B)?{DIGIT_GAP}{code}{DIGIT_GAP}(?:\(0\))?{DIGIT_GAP}|0{DIGIT_GAP})?"
    return prefix + DIGIT_GAP.join(national)


class Scrubber:
    """Finds and masks a person in texts: addresses first, since a name may be part of one."""

    def __init__(self, expressions):
        self._compiled = [re.compile(one, re.IGNORECASE) for one in expressions]

    def search(self, text):
        return any(one.search(text) for one in self._compiled)

    def sub(self, text):
        for one in self._compiled:
            text = one.sub(MASK, text)
        return text


def pattern(identity, country_codes):
    """:class:`Scrubber` of everything that names a person, or ``None``.

    :param Identity identity: whom
    :param dict country_codes: ``{E.164 number: its country's code}``
    """
    emails = [
        rf"(?:(?<![\w.+-])|(?<=%[0-9A-Fa-f][0-9A-Fa-f])|{ESCAPED_END})"
        rf"{_email_pattern(email)}(?![\w-]|\.\w)"
        for email in identity.emails
    ]
    phones = [
        rf"(?<![\d]){_phone_pattern(phone, country_codes[phone])}(?!\d)"
        for phone in identity.phones
    ]
    names = [
        rf"(?:(?<!\w)|{ESCAPED_END}){one}(?!\w)"
        for name in identity.names
        for one in _name_patterns(name)
    ]
    expressions = ["|".join(part) for part in (emails, phones, names) if part]
    return Scrubber(expressions) if expressions else None


def coarse(identity):
    """The same as a coarser regular expression that PostgreSQL runs (``~*``), or ``None``.

    It may find too much, never too little: :func:`pattern` decides.
    """
    parts = [
        f"{_ascii(email.rpartition('@')[0])}{SQL_FOLD}(@|%40|&#64;|&commat;|.u0040){SQL_FOLD}"
        f"{_ascii(email.rpartition('@')[2])}"
        for email in identity.emails
    ]
    parts += ["[^0-9]{0,3}".join(phone.lstrip("+")[-8:]) for phone in identity.phones]
    for name in identity.names:
        tokens = [token for token in re.split(r"[\s,]+", name or "") if token]
        if len(tokens) > 1:
            for turn in range(len(tokens)):
                parts.append(".{1,24}".join(map(_ascii, tokens[turn:] + tokens[:turn])))
    return "|".join(parts) or None


def _ascii(text):
    """A PostgreSQL expression of a text, accented letters left open."""
    return SQL_FOLD.join(
        c if c.isalnum() and c.isascii() else (f"\\{c}" if c.isascii() else ".{1,12}") for c in text
    )


def scrub(value, scrubber):
    """A value with every mention masked; dicts and lists are gone through.

    :returns: the value itself when it mentions nobody
    """
    if isinstance(value, str):
        return scrubber.sub(value)
    if isinstance(value, list):
        return [scrub(item, scrubber) for item in value]
    if isinstance(value, dict):
        return {scrub(k, scrubber): scrub(item, scrubber) for k, item in value.items()}
    return value
