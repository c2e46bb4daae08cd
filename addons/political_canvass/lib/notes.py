"""Telling a note about a building from a note about a person (R-47).

Access notes say how to get in ("code 24A7, second court"). Whatever looks like a person, a way
to reach one, or a judgement of one is refused: it would be a file of people kept at the door. The
phone says so with the same patterns before it saves.
"""

import json
import re
import unicodedata
from pathlib import Path

MAX_LENGTH = 120

_FILE = Path(__file__).parent.parent / "static/src/app/notes.json"
_FOUND = json.loads(_FILE.read_text(encoding="utf-8"))
# Phones: nine digits and more, however they are grouped; a door code is shorter.
_PATTERNS = [(name, re.compile(pattern, re.I)) for name, pattern in _FOUND["persons"]]
# "il n'y a", "il faut": impersonal, about the place.
_IMPERSONAL = re.compile(_FOUND["impersonal"], re.I)


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
