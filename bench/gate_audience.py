"""Seconds of an audience with the gate, over a million contacts, four purposes, three channels.

Against: the same search of contacts without the gate. Ratio: with over without (at most 1.5, and at
most one second).
"""

import statistics

from odoo.addons.political_crm.lib.copying import references_at_once

from bench import seed
from bench.timing import timed

PEOPLE = 1_000_000
PURPOSES = ("newsletter", "event", "petition", "canvass_followup")
CHANNELS = ("email", "sms", "post")
TIMES = 3


def measure(env, scale):
    number = int(PEOPLE * scale)
    purposes = [env["consent.purpose"]._get(code, env.ref(seed.MAIN)) for code in PURPOSES]
    for purpose in purposes:
        purpose.write({f"allow_{channel}": True for channel in CHANNELS})
    seed.subjects(env, seed.people(env, number))
    answers = number // 4 * len(purposes) * len(CHANNELS)
    with (
        references_at_once(env.cr, "consent_state", answers),
        references_at_once(env.cr, "consent_event", answers),
    ):
        agreed = {
            (purpose.code, channel): seed.answers(env, purpose, channel, rest=rest)
            for purpose in purposes
            for rest, channel in enumerate(CHANNELS)
        }
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    domain = [("color", ">=", 0)]
    contacts, gate = env["res.partner"], env["consent.gate"]
    plain, everybody = timed(lambda: contacts.search(domain).ids, TIMES)
    assert len(everybody) >= number
    seconds = []
    for (code, channel), expected in agreed.items():
        spent, found = timed(lambda c=code, ch=channel: gate.audience(c, ch, domain), TIMES)
        assert len(found) == expected, (code, channel, len(found), expected)
        seconds.append(spent)
    value = statistics.median(seconds)
    return {"value": value, "unit": "s", "against": plain, "ratio": value / plain, "n": number}
