"""What a history of consent events says now.

The reference in plain Python of what ``consent.state`` computes in SQL; tests hold one against
the other over random histories.
"""

CLOSING = ("refused", "withdrawn", "expired")


def fold(events, aliases=None):
    """Current answers of a history.

    An answer is kept per (subject, identifier, purpose, channel, list). A *given* opens its own
    key only. A closing act closes, besides its own key, every key of the same subject for that
    purpose and channel, whatever the address (a person who leaves has left), and without a list
    every list of the purpose. A closing act that names no subject (a STOP from a number, a
    blacklisted address) closes that address for everybody who uses it.

    :param events: iterable of dicts with ``id``, ``subject``, ``identifier_key``, ``purpose``,
        ``channel``, ``list``, ``action``, ``collected_at``; any order
    :param dict aliases: ``{hash of an address: its hash under the key in use}``, for what was
        hashed before the key was rotated
    :returns: ``{(subject, identifier_key, purpose, channel, list): event}``
    :rtype: dict
    """
    aliases = aliases or {}
    events = [
        {**e, "identifier_key": aliases.get(e["identifier_key"], e["identifier_key"])}
        for e in events
    ]
    answers = {}
    for event in sorted(events, key=lambda e: (e["collected_at"], e["id"])):
        own = (
            event["subject"],
            event["identifier_key"],
            event["purpose"],
            event["channel"],
            event["list"],
        )
        answers[own] = event
        if event["action"] in CLOSING:
            for key in answers:
                if _closes(event, *key):
                    answers[key] = event
    return answers


def _closes(event, subject, identifier_key, purpose, channel, audience):
    if (purpose, channel) != (event["purpose"], event["channel"]):
        return False
    if event["list"] not in (None, audience):
        return False
    if event["subject"]:
        return subject == event["subject"]
    return identifier_key == event["identifier_key"]
