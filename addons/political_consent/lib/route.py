"""On which path of the server a message is being made.

Whether a message needs a consent is decided by the code that makes it, and by nothing that a
caller can send: neither a context key nor a field says so (R-01). The path is kept in a context
variable of the running thread, which no RPC call reaches.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

CORRESPONDENCE = "correspondence"
PURPOSE = "purpose"
TRANSACTION = "transaction"


@dataclass(frozen=True)
class Route:
    """Where a message comes from."""

    kind: str = CORRESPONDENCE
    reason: str = ""
    """For a transaction: what the person did that this message answers."""
    purpose_id: int = 0
    list_id: int = 0
    segmented: bool = True
    """People were chosen by more than belonging to a list (R-20)."""


LETTER = Route()
_current = ContextVar("consent_route", default=LETTER)


def current():
    """The route of the code that is running; correspondence unless some code says otherwise."""
    return _current.get()


@contextmanager
def _enter(route):
    token = _current.set(route)
    try:
        yield route
    finally:
        _current.reset(token)


def transaction(reason):
    """Messages made within answer an act of their recipient: a ticket, a receipt, a password.

    :param str reason: the act, in one word, kept with the message
    """
    return _enter(Route(TRANSACTION, reason))


def for_purpose(purpose, audience=None, segmented=True):
    """Messages made within are sent for a purpose, and pass the gate for it.

    :param purpose: ``consent.purpose`` record
    :param audience: ``consent.list`` record, when they go to that list
    :param bool segmented: whether people were chosen by more than the list
    """
    return _enter(
        Route(
            PURPOSE,
            purpose_id=purpose.id,
            list_id=audience.id if audience else 0,
            segmented=segmented,
        )
    )


def correspondence():
    """Messages made within are letters from one person to another."""
    return _enter(LETTER)
