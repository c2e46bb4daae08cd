"""What the record rule of branches adds to a search of contacts.

Value: seconds of searches by name as a local lead of half the sections. Against: the same searches
without record rules. Ratio: value over against; the rule may add 30 %. Each name finds some ten
people, so that neither search stops early.
"""

import statistics
import time

from odoo.fields import Domain

from bench import branches

PEOPLE = 200_000
SEARCHES = 60


def measure(env, scale):
    number = max(int(PEOPLE * scale), 2000)
    _federation, sections, stations = branches.party(env)
    branches.members(env, number, sections, stations)
    own = sections[: len(sections) // 2]
    lead = branches.user(env, "bench_rule", "political_crm.group_branch_lead", own)
    ruled, free = lead["res.partner"], env["res.partner"].sudo()
    seconds, free_seconds = [], []
    for n in range(SEARCHES):
        word = f"Personne {number // 100 + n}"
        domain = Domain("complete_name", "ilike", word) & Domain("type", "=", "contact")
        # In turn, so that both meet the same machine.
        mine = _timed(ruled, domain, seconds)
        everybody = _timed(free, domain, free_seconds)
        assert mine == everybody.filtered(lambda p: p.branch_id in own).ids, word
    value, against = statistics.median(seconds), statistics.median(free_seconds)
    return {
        "value": value,
        "unit": "s (a search)",
        "against": against,
        "ratio": value / against,
        "n": number,
    }


def _timed(people, domain, seconds):
    people.env.invalidate_all()
    start = time.perf_counter()
    found = people.search_fetch(domain, ["complete_name", "city"], limit=80, order="id")
    seconds.append(time.perf_counter() - start)
    return found if people.env.su else found.ids
