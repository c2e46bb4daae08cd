"""The canonical form of a consent event, and the two hashes of the ledger.

An event's canonical form is one JSON array, first item the version of the form, with ``", "``
between the items and no ASCII escaping. PostgreSQL's ``json_build_array`` writes the very same
bytes, so the database verifies a million events without moving them, and anybody can verify an
exported chain with ten lines of any language.
"""

import hashlib
import json

FORM = 1

# Order matters: it is what is hashed. A new version may append, never reorder.
FIELDS = (
    "uid",
    "controller",
    "subject",
    "identifier_key",
    "purpose_code",
    "channel",
    "list_code",
    "action",
    "collected_at",
    "recorded_at",
    "timezone",
    "lang",
    "basis",
    "explicit",
    "targeting",
    "wording_code",
    "wording_sha256",
    "notice_sha256",
    "means",
    "act",
    "source_ref",
    "collector",
    "age_check",
    "co_consent_uid",
    "balancing_sha256",
    "confirm_token_sha256",
    "evidence_sha256",
    "expires_at",
    "replaces_uid",
    "receipt",
)
TIMES = frozenset({"collected_at", "recorded_at", "expires_at"})

GENESIS = "0" * 64


def stamp(moment):
    """UTC datetime (naive) -> text with microseconds, ``None`` stays ``None``."""
    return moment and moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(event):
    """Canonical text of an event.

    :param dict event: values by the names of :data:`FIELDS`; moments as naive UTC datetimes
        or already as text; missing and empty values count as null
    :rtype: str
    """
    values = [FORM]
    for name in FIELDS:
        value = event.get(name)
        if name in TIMES and not isinstance(value, str):
            value = stamp(value)
        if name in ("explicit", "targeting"):
            value = bool(value)
        elif not value:
            value = None
        values.append(value)
    return json.dumps(values, ensure_ascii=False)


def content_hash(event):
    """SHA-256 (hex) of the event's canonical form."""
    return hashlib.sha256(canonical(event).encode()).hexdigest()


def link_hash(position, previous, content):
    """SHA-256 (hex) of a link of the chain: its position, the link before it, its content."""
    return hashlib.sha256(f"{position}|{previous}|{content}".encode()).hexdigest()
