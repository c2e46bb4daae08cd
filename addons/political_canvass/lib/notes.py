"""Telling a note about a building from a note about a person (R-47).

Access notes say how to get in ("code 24A7, second court"). Whatever looks like a person, a way
to reach one, or a judgement of one is refused: it would be a file of people kept at the door.
"""

import re
import unicodedata

MAX_LENGTH = 120

_PATTERNS = (
    ("email", re.compile(r"[\w.+-]+\s*(@|\barobase\b)\s*[\w-]+", re.I)),
    # Nine digits and more, however they are grouped; a door code is shorter.
    ("phone", re.compile(r"(?:\+|00)?\d(?:[\s.\-/]*\d){8,}")),
    (
        "title",
        re.compile(
            r"\b(?:m|mr|mrs|ms|mme|mmes|mlle|melle|monsieur|madame|mademoiselle|messieurs|dr|"
            r"docteur|me|maitre|famille|fam)\b\.?\s+[a-z]",
            re.I,
        ),
    ),
    (
        "person",
        re.compile(
            r"\b(?:il|elle|ils|elles|he|she|they|locataires?|proprietaires?|habitants?|residents?|"
            r"voisine?s?|neighbou?rs?|tenants?|owners?|couple|veuf|veuve|retraitee?s?|enfants?|"
            r"children|kids|vote|votent|votant|votes|voter|sympathisante?s?|electeurs?|electrices?|"
            r"adherente?s?|malades?|handicapee?s?|agressi(?:f|ve|fs|ves)|raciste|facho|gauchiste|"
            r"musulmane?s?|juifs?|juives?|catholiques?|arabes?|muslims?|jewish|jews?)\b",
            re.I,
        ),
    ),
)
# "il n'y a", "il faut": impersonal, about the place.
_IMPERSONAL = re.compile(r"\bil\s+(?:y|n'y|faut|suffit|est\s+(?:interdit|possible))\b", re.I)


def person_pattern(text):
    """What in a note looks like a person.

    :param text: the note, may be empty
    :returns: ``email``, ``phone``, ``title`` or ``person``; ``None`` for a note about the place
    """
    plain = unicodedata.normalize("NFKD", (text or "").replace("’", "'"))
    plain = _IMPERSONAL.sub(" ", "".join(c for c in plain if not unicodedata.combining(c)))
    for name, pattern in _PATTERNS:
        if pattern.search(plain):
            return name
    return None
