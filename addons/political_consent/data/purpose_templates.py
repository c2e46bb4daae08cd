"""The purposes, wordings and notices that ship with the addon, read from ``purposes.json``.

They are data for a lawyer to edit on screen; what is written here only fills a new database or a
new controller.
"""

import json
from functools import cache
from pathlib import Path


@cache
def load():
    """The file's content: ``{"purposes": [...], "notices": {lang: {...}}}``."""
    return json.loads(Path(__file__).with_name("purposes.json").read_text(encoding="utf-8"))


def notice(lang):
    """Notice template of a language (``fr_FR``, ``fr_BE`` … share one), or ``None``."""
    found = load()["notices"].get((lang or "")[:2])
    return found and {**found, "lines": "\n".join(found["lines"])}
