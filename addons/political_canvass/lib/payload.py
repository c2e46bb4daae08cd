"""Reading what a phone sends: from untrusted JSON to rows, or a reason code.

The reasons and the shape are those of ``docs/canvass-protocol.md``. An event carries no free text
about anybody: an unknown key is a refusal, not a thing to drop in silence (R-09, R-47).
"""

import base64
import binascii
import functools
import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from . import notes, script

OUTCOMES = (
    "not_home",
    "spoke",
    "refused",
    "come_back",
    "moved",
    "inaccessible",
    "leaflet",
    "do_not_knock",
)
KINDS = ("outcome", "undo", "consent", "answers", "door", "note", "safety")
SIGNALS = ("well", "leave", "help")
FOLLOW_UP = "canvass_followup"
WHENS = ("morning", "afternoon", "evening", "weekend")
ACTS = ("tick", "signature")
CONSENT_KEYS = {
    "purpose",
    "channel",
    "wording_code",
    "lang",
    "act",
    "notice_shown_at",
    "email",
    "phone",
    "firstname",
    "lastname",
    "evidence",
    "answers",
}
LARGEST_INTEGER = 2**31 - 1
CLOCK_STEP = timedelta(seconds=5)  # what a clock drifts, and a request lasts
MAX_EVIDENCE = 40_000
MAX_NAME = 60
MAX_MARK = 20
FLOORS = range(-5, 100)
MAX_ADDRESS = 254
PNG = b"\x89PNG\r\n\x1a\n"

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
# Letters of any script, with what stands between them in a name.
_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+)*\.?")


class Scope(NamedTuple):
    """What the lease of the request allows."""

    doors: frozenset  # ids of the turf's doors
    outcomes: frozenset  # codes in the turf's snapshot
    wordings: frozenset  # (purpose, channel, wording_code, lang) in the turf's snapshot
    opened_at: datetime  # naive UTC
    ends_at: datetime  # naive UTC: expiry or revocation
    received_at: datetime  # naive UTC
    script: dict | None = None  # of the turf's snapshot
    added: dict = {}  # uid -> id of doors that phones added to the turf


class PendingError(Exception):
    """What the event refers to is not here yet: it can be answered later, not now."""


class RefusalError(ValueError):
    """``str(refusal)`` is the reason code."""


def uid_of(event):
    """The event's UUID, or ``None`` where the phone sent none that can be answered."""
    uid = event.get("uid") if isinstance(event, dict) else None
    return uid if isinstance(uid, str) and _UID.fullmatch(uid) else None


def moment(text):
    """``2026-11-22T18:03:07.512Z`` -> naive UTC datetime.

    :raises RefusalError: ``format``
    """
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise RefusalError("format")
    whole, fraction = match.groups("0")
    try:
        found = datetime.fromisoformat(f"{whole}.{fraction:0<6}")
    except ValueError as error:
        raise RefusalError("format") from error
    if not 2000 <= found.year < 2100:
        raise RefusalError("format")
    return found


def now():
    """The moment in naive UTC, to the microsecond: two reports of one second have an order."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def stamp(found):
    """Naive UTC datetime -> text with milliseconds and ``Z``."""
    return found.isoformat(timespec="milliseconds") + "Z"


def read_event(event, client_now, scope):
    """Values of one event, checked.

    :param dict event: as sent, with a usable ``uid``
    :param client_now: the request's own ``client_now``, text or nothing
    :param Scope scope: what the lease allows
    :returns: dict with ``uid``, ``counter``, ``door_id``, ``kind``, ``outcome``, ``undoes``,
        ``data`` (what the event keeps), ``client_at``, ``at``, ``skew`` (s, phone ahead is
        positive), ``consent`` (what goes to the ledger; nothing for other kinds) and ``answers``
        (list of :func:`~.script.read_answers`, for sums or for the consent's person); of the kind
        ``door`` also ``place``, of the kind ``note`` also ``note``
    :raises RefusalError: with the reason
    :raises PendingError: it is about a door whose own event is not here yet
    """
    kind = event.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise RefusalError("kind")
    row = {
        "uid": event["uid"],
        "counter": _integer(event.get("counter")),
        "kind": kind,
        "door_id": None,
        "outcome": None,
        "undoes": None,
        "data": {},
        "consent": None,
        "answers": [],
        **_times(event, client_now, scope),
    }
    if kind != "safety":
        row["door_id"] = _door(event.get("door"), scope)
    elif event.get("door") is not None:
        raise RefusalError("door")
    data = event.get("data") or {}
    if not isinstance(data, dict):
        raise RefusalError("format")
    if kind != "outcome" and event.get("outcome") is not None:
        raise RefusalError("outcome")
    _READERS[kind](row, event, data, scope)
    return row


def _door(value, scope):
    """Id of a door of the turf, given by its id or by the uid of the event that added it."""
    if isinstance(value, str) and _UID.fullmatch(value):
        if value not in scope.added:
            raise PendingError(value)
        return scope.added[value]
    door = _integer(value)
    if door not in scope.doors and door not in scope.added.values():
        raise RefusalError("door")
    return door


def _integer(value):
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_INTEGER:
        raise RefusalError("format")
    return value


def _times(event, client_now, scope):
    """The phone's time, and what it was by the server's clock.

    A phone whose clock is wrong, by a day or more, reports all the same: what counts is how long
    before its own sending the event was made.
    """
    client_at = moment(event.get("at"))
    sent_at = event.get("client_now") or client_now
    skew, seconds = (timedelta(), 0) if sent_at is None else _skew(sent_at, scope.received_at)
    made_at = client_at - skew
    latest = min(scope.received_at, scope.ends_at)
    if scope.ends_at < made_at <= scope.received_at + CLOCK_STEP:
        raise RefusalError("lease_ended")
    # Still in the future: the clock was set between the report and its sending. When it was made
    # cannot be told; that it was made can, and a knock is never lost for a clock (promise 5).
    return {
        "client_at": client_at,
        "at": min(max(made_at, scope.opened_at), latest),
        "skew": seconds,
    }


def _skew(sent_at, received_at):
    """How far the phone's clock is ahead, as ``(timedelta, seconds to keep)``."""
    if not isinstance(sent_at, str):
        raise RefusalError("format")
    return _reckoned_skew(sent_at, received_at)


@functools.lru_cache(maxsize=16)  # a request's events all have the same
def _reckoned_skew(sent_at, received_at):
    skew = moment(sent_at) - received_at
    return skew, max(-LARGEST_INTEGER, min(LARGEST_INTEGER, round(skew.total_seconds())))


def _read_outcome(row, event, data, scope):
    row["outcome"], row["data"] = _outcome(event.get("outcome"), data, scope)


def _read_undo(row, _event, data, _scope):
    row["undoes"] = _target(data)


def _read_answers(row, _event, data, scope):
    row["answers"] = _door_answers(data, scope)


def _read_consent(row, _event, data, scope):
    row["answers"] = _person_answers(data, scope)
    row["consent"] = _consent(data, row, scope)
    row["data"] = {key: row["consent"][key] for key in ("purpose", "channel", "wording_code")}


def _read_door(row, _event, data, _scope):
    """A door that the turf lacks: where it is, and nothing about who lives there."""
    if not data or not set(data) <= {"entrance", "floor", "name"}:
        raise RefusalError("data")
    floor = data.get("floor")
    if floor is not None and (isinstance(floor, bool) or floor not in FLOORS):
        raise RefusalError("data")
    marks = {name: _mark(data.get(name)) for name in ("entrance", "name")}
    if floor is None and not any(marks.values()):
        raise RefusalError("data")
    row["place"] = {**marks, "floor": floor}
    row["data"] = {"after": row["door_id"]}


def _read_note(row, _event, data, _scope):
    """How to get in; the event itself does not keep it, since events cannot be erased."""
    if set(data) != {"text"}:
        raise RefusalError("data")
    row["note"] = _mark(data["text"], notes.MAX_LENGTH)


def _read_safety(row, _event, data, _scope):
    if set(data) != {"signal"} or data["signal"] not in SIGNALS:
        raise RefusalError("data")
    row["data"] = {"signal": data["signal"]}


def _mark(text, most=MAX_MARK):
    """A short text about a place (R-47)."""
    if text is None:
        return ""
    if not isinstance(text, str):
        raise RefusalError("format")
    text = " ".join(text.split())
    if len(text) > most or not text.isprintable() or notes.person_pattern(text):
        raise RefusalError("note")
    return text


def _outcome(outcome, data, scope):
    if not isinstance(outcome, str) or outcome not in scope.outcomes:
        raise RefusalError("outcome")
    if outcome == "come_back" and set(data) <= {"when"}:
        if data.get("when") not in (None, *WHENS):
            raise RefusalError("data")
        return outcome, {key: value for key, value in data.items() if value}
    if data:
        raise RefusalError("data")
    return outcome, {}


def _target(data):
    if set(data) != {"target"} or not uid_of({"uid": data["target"]}):
        raise RefusalError("target")
    return data["target"]


def _door_answers(data, scope):
    """Answers to be added up; the event itself keeps none of them (R-08)."""
    if set(data) != {"script", "answers"}:
        raise RefusalError("data")
    if not scope.script or data["script"] != scope.script["hash"]:
        raise RefusalError("script")
    return _answers(scope, data["answers"], "door")


def _person_answers(data, scope):
    """What a person said, which only the consent to be contacted again allows to keep (R-08)."""
    if data.get("answers") is None:
        return []
    if data.get("purpose") != FOLLOW_UP or not scope.script:
        raise RefusalError("answers")
    return _answers(scope, data["answers"], "person")


def _answers(scope, answers, level):
    try:
        return script.read_answers(scope.script, answers, level)
    except ValueError as error:
        raise RefusalError("answers") from error


def _consent(data, row, scope):
    if not set(data) <= CONSENT_KEYS:
        raise RefusalError("data")
    texts = (value for name, value in data.items() if name != "answers")
    if any(value is not None and not isinstance(value, str) for value in texts):
        raise RefusalError("format")
    key = tuple(data.get(name) for name in ("purpose", "channel", "wording_code", "lang"))
    if key not in scope.wordings:
        raise RefusalError("wording")
    if not data.get("notice_shown_at") or moment(data["notice_shown_at"]) > row["client_at"]:
        raise RefusalError("notice")  # the notice comes before the act
    return {
        **dict(zip(("purpose", "channel", "wording_code", "lang"), key, strict=True)),
        "act": data.get("act"),
        "evidence": _evidence(data),
        "address": _address(data),
        "firstname": _name(data.get("firstname")),
        "lastname": _name(data.get("lastname")),
    }


def _evidence(data):
    """The signature as PNG bytes; nothing for a tick."""
    act, evidence = data.get("act"), data.get("evidence")
    if act not in ACTS or (act == "signature") != bool(evidence):
        raise RefusalError("act")
    if not evidence:
        return None
    if len(evidence) > MAX_EVIDENCE:
        raise RefusalError("act")
    try:
        image = base64.b64decode(evidence, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusalError("act") from error
    if not image.startswith(PNG):
        raise RefusalError("act")
    return image


def _address(data):
    """What the channel reaches the person at; whether it is valid is the caller's to say."""
    name = "email" if data["channel"] == "email" else "phone"
    address = (data.get(name) or "").strip()
    if not address or len(address) > MAX_ADDRESS or not address.isprintable():
        raise RefusalError("address")
    return address


def _name(text):
    text = " ".join((text or "").split())
    if text and (len(text) > MAX_NAME or not _NAME.fullmatch(text)):
        raise RefusalError("format")
    return text


_READERS = {
    "outcome": _read_outcome,
    "undo": _read_undo,
    "consent": _read_consent,
    "answers": _read_answers,
    "door": _read_door,
    "note": _read_note,
    "safety": _read_safety,
}
