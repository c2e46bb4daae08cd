"""The published turf as bytes: one canonical form, one fingerprint.

The form is what ``JSON.stringify`` writes for sorted keys, so that a phone can check the
fingerprint of what it received with three lines of JavaScript.
"""

import hashlib
import json

DECIMALS = 6  # of a degree: 0.1 m


def canonical(value):
    """Canonical JSON of plain data (dict, list, str, int, float, bool, None).

    :rtype: str
    :raises TypeError: for anything else
    """
    if isinstance(value, dict):
        items = (f"{canonical(str(key))}:{canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        # JavaScript writes 48 for 48.0 and 0.00002 where Python writes 2e-05.
        text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if text in ("", "-0") else text
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    raise TypeError(type(value).__name__)


def fingerprint(text):
    """SHA-256 (hex) of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()
