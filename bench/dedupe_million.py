"""Seconds to find the duplicates among a million contacts: out of PostgreSQL, compared in a process
of its own, and back.

Against: Odoo's own merge wizard listing as many groups by e-mail address, reckoned from a thousand
of them. Ratio: the wizard's over ours. ``growth`` is how the time grew from a tenth of the rows to
all of them, as a part of what n log n would make of it: not above 1. ``worker_mb`` is what the
asking process grew by, ``search_mb`` the most that the search took.
"""

import io
import math
import resource

from bench.people_fr import Town
from bench.seed import settle
from bench.timing import timed

PEOPLE = 1_000_000
GROUPS = 1000
COLUMNS = (
    "id, commercial_partner_id, firstname, lastname, birthdate, email, email_normalized, phone, "
    "phone_sanitized, street, zip, "
    "city, name, complete_name, company_id, active, type, lang, partner_share, is_company, color, "
    "political_category, political_origin, political_basis, political_notice, "
    "political_notice_date, create_uid, write_uid, create_date, write_date"
)


def measure(env, scale):
    """A controller's whole file, searched by an administrator.

    :return: dict as docs/development.md says, and growth and memory
    """
    number = max(int(PEOPLE * scale), 2000)
    first = seed(env, number)
    pairs = env["political.duplicate"]
    tenth = [("id", ">=", first), ("id", "<", first + number // 10)]
    little, _pairs = timed(lambda: pairs.find(tenth))
    before = memory(resource.RUSAGE_SELF)
    seconds, found = timed(lambda: pairs.find([("id", ">=", first)]))
    wizard = timed(lambda: by_wizard(env))[0] * len(found) / GROUPS
    grown = 10 * math.log(number) / math.log(number / 10)
    growth = seconds / little / grown
    worker, search = memory(resource.RUSAGE_SELF) - before, memory(resource.RUSAGE_CHILDREN)
    return {
        "value": seconds,
        "unit": "s",
        "against": wizard,
        "ratio": wizard / seconds,
        "n": number,
        "details": [
            f"{len(found):,} pairs; {growth:.2f} of n log n from a tenth ({little:.1f} s)",
            f"memory: {worker:.0f} MB more in the asking process, {search:.0f} MB in the search",
        ],
        "pairs": len(found),
        "growth": growth,
        "worker_mb": worker,
        "search_mb": search,
    }


def memory(whose):
    """The most memory that was in use, in megabytes."""
    return resource.getrusage(whose).ru_maxrss / 1000


def seed(env, number):
    """Write made-up people with their doubles and relatives, as the ORM would have them.

    :return: int, the lowest id
    """
    company = env.ref("base.main_company").id
    env.cr.execute("SELECT COALESCE(max(id), 0) + 1 FROM res_partner")
    first = env.cr.fetchone()[0]
    batch = []
    for partner_id, (person, _truth) in enumerate(Town(number).rows(), first):
        batch.append(line(partner_id, person, company))
        if len(batch) == 50_000:
            write(env, batch)
    write(env, batch)
    env.cr.execute("SELECT setval('res_partner_id_seq', max(id)) FROM res_partner")
    env.cr.commit()
    settle(env, "res_partner")
    env.invalidate_all()
    return first


def line(partner_id, person, company):
    firstname, lastname, born, email, phone, street, zip_, city = person
    e164 = f"+33{phone.lstrip('0')}" if phone and not phone.startswith("+") else phone
    name = f"{firstname} {lastname}"
    now = "2026-01-01 00:00:00"
    values = (
        *(partner_id, partner_id),
        *(firstname, lastname, born, email, email, phone, e164, street, zip_, city),
        *(name, name, company, "t", "contact", "fr_FR", "t", "f", 0),
        *("regular", "paper_form", "body", "collection", "2026-01-01", 1, 1, now, now),
    )
    return "\t".join("\\N" if value == "" else str(value) for value in values)


def write(env, batch):
    if batch:
        text = io.StringIO("\n".join(batch) + "\n")
        env.cr.copy_expert(f"COPY res_partner ({COLUMNS}) FROM STDIN", text)
        batch.clear()


def by_wizard(env):
    """Core's own list of duplicates by e-mail address."""
    wizard = env["base.partner.merge.automatic.wizard"].create(
        {"group_by_email": True, "maximum_group": GROUPS}
    )
    return wizard.action_start_manual_process()
