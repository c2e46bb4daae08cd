"""Mails per second put into the queue of a mailing to 2,000 contacts, who all agreed to it.

Against: stock Odoo with the same contacts and mailing, in a database of core's addons alone; it
also turns the mailing's link into a counter of clicks, which ours does not (R-62).
Ratio: ours over stock's (at least 0.9).
"""

import statistics

from bench import seed
from bench.timing import timed

AGAINST_STOCK = True
PEOPLE = 2000
TIMES = 3
BODY = """
<div><p>Bonjour <t t-out="object.name"/>,</p>
<p>La réunion publique a lieu jeudi : <a href="https://example.org/reunion">venez nombreux</a>.</p>
<p><a href="/unsubscribe_from_list">Se désabonner</a></p></div>
"""


def measure(env, scale):
    number = max(int(PEOPLE * scale), 100)
    people = seed.people(env, number)
    if "consent.purpose" in env:
        _agree(env, people)
    env.cr.commit()
    seconds = []
    # The first one fills the caches: neither side is measured by it
    _generate(env, people, 50)
    for _time in range(TIMES):
        seconds.append(_generate(env, people, number))
    value = number / statistics.median(seconds)
    return {"value": value, "unit": "mails/s", "against": None, "ratio": None, "n": number}


def _agree(env, people):
    """To the newsletter, and to be chosen by more than its list: the gate asks for both."""
    seed.subjects(env, people)
    for code in ("newsletter", "targeting"):
        purpose = env["consent.purpose"]._get(code, env.ref(seed.MAIN))
        agreed = seed.answers(env, purpose, "email", one_in=1)
        assert agreed == len(people), (agreed, len(people))
    env.cr.execute("ANALYZE consent_state; ANALYZE consent_event")


def _generate(env, people, number):
    """Seconds from pressing "Send" until every mail waits in the queue."""
    values = {
        "subject": "Réunion publique",
        "body_html": BODY,
        "email_from": "lettre@example.org",
        "reply_to": "lettre@example.org",
        "mailing_model_id": env["ir.model"]._get_id("res.partner"),
        "mailing_domain": repr([("id", "in", people[:number])]),
    }
    if "consent.purpose" in env:
        purpose = env["consent.purpose"]._get("newsletter", env.ref(seed.MAIN))
        values["consent_purpose_id"] = purpose.id
    mailing = env["mailing.mailing"].create(values)
    env.cr.commit()

    def send():
        mailing.action_put_in_queue()
        env["mailing.mailing"]._process_mass_mailing_queue()
        env.cr.commit()

    # Few are sent at once rather than queued: not what is measured
    env["ir.config_parameter"].set_param("mail.mail.force.send.limit", "0")
    spent, _none = timed(send)
    waiting = env["mail.mail"].search_count(
        [("mailing_id", "=", mailing.id), ("state", "=", "outgoing")]
    )
    assert waiting == number, (waiting, number)
    return spent
