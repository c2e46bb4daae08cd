"""The server is killed again and again while it sends a mailing (KILL_PEOPLE=5000: a long one).

What is checked is what came in at the mail server: nobody allowed was left out, nobody got it
twice, nobody who withdrew meanwhile got it, and every mail whose fate a kill left unknown is
listed to staff and not sent again by itself.
"""

import os
import random
import time
from collections import Counter

import psycopg2
import pytest

PEOPLE = int(os.environ.get("KILL_PEOPLE", "400"))
KILLS = 20
WITHDRAWN_EACH = 3
# Seconds in which the whole send must be over, however slow the machine.
LIMIT = 900 + PEOPLE / 4


@pytest.fixture
def sending_server(new_odoo_server):
    """A server whose scheduled jobs run."""
    return new_odoo_server("--max-cron-threads=1")


def test_killed_while_sending(sending_server):
    """R-01, R-02: whatever the moment of the kill."""
    server, chance = sending_server, random.Random(20261122)  # noqa: S311 - moments, no secrets
    people = _people_who_agreed(server)
    _only_the_queues(server)
    mailing = _launch(server)
    withdrawn, kills, limit = set(), 0, time.monotonic() + LIMIT
    server.expect_in_log(r"Job .* timed out")
    while not _is_over(server, mailing):
        assert time.monotonic() < limit, "the mailing does not come to its end"
        _wake(server)
        _let_it_work(server, mailing, chance)
        if kills < KILLS:
            withdrawn |= _withdraw_some(server, people)
            server.kill()
            kills += 1
            server.start()
    assert kills == KILLS, "it was over before it was killed often enough"
    _wake(server)
    time.sleep(3)
    got = Counter(address for mail in server.mails for address in mail.sent_to)
    unknown = _unknown(server, mailing)
    allowed = {email for email in people if email not in withdrawn}
    assert not {email: n for email, n in got.items() if n > 1}, "somebody got it twice"
    assert not set(got) & withdrawn, "somebody got it after having withdrawn"
    assert not allowed - set(got) - unknown, "somebody allowed was left out, and not listed"
    assert len(unknown) <= kills, "more than one unknown mail for a kill"
    assert withdrawn, "nobody withdrew meanwhile: the test shows less than it says"
    print(f"{kills} kills: {len(got)} got it, {len(withdrawn)} withdrew, {len(unknown)} unknown")


def _let_it_work(server, mailing, chance):
    """Wait until some more mails were made, or came in: the next kill falls among them."""
    step = chance.randint(1, int(1.5 * PEOPLE / KILLS))
    aim, patience = _progress(server) + step, time.monotonic() + 20
    while _progress(server) < aim and time.monotonic() < patience:
        if _is_over(server, mailing):
            return
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 0.05))


def _progress(server):
    if server.mails:
        return PEOPLE + len(server.mails)
    [(made,)] = server.sql("SELECT count(*) FROM mail_mail")
    return made


def _people_who_agreed(server):
    """Contacts who joined the list "kill" of the newsletter: ``{address: id}``."""
    purpose = _purpose(server)
    server.call(
        "consent.list", "create", {"name": "Kill", "code": "kill", "purpose_id": purpose["id"]}
    )
    emails = [f"personne.{number:04}@example.org" for number in range(PEOPLE)]
    company = purpose["company_id"][0]
    people = {}
    for start in range(0, PEOPLE, 500):
        some = emails[start : start + 500]
        values = [{"name": email, "email": email, "company_id": company} for email in some]
        people.update(zip(some, server.call("res.partner", "create", values), strict=True))
    proof = {"means": "paper", "list_code": "kill", "wording_code": _wording(server, purpose)}
    ids = list(people.values())
    server.call("res.partner", "consent_record", ids, "newsletter", "email", "given", proof)
    return people


def _purpose(server):
    domain = [["code", "=", "newsletter"]]
    return server.call("consent.purpose", "search_read", domain, ["company_id"], limit=1)[0]


def _wording(server, purpose):
    domain = [
        ["purpose_id", "=", purpose["id"]],
        ["channel", "=", "email"],
        ["state", "=", "published"],
    ]
    return server.call("consent.wording", "search_read", domain, ["code"], limit=1)[0]["code"]


def _launch(server):
    """Put a mailing to the whole list in the queue; returns its id."""
    purpose = _purpose(server)
    audience = server.call("consent.list", "search", [["code", "=", "kill"]])[0]
    model = server.call("ir.model", "search", [["model", "=", "res.partner"]])[0]
    mailing = server.call(
        "mailing.mailing",
        "create",
        {
            "subject": "La lettre",
            "body_html": "<p>Bonjour</p>",
            "email_from": "lettre@example.org",
            "reply_to": "lettre@example.org",
            "mailing_model_id": model,
            "mailing_domain": "[]",
            "consent_purpose_id": purpose["id"],
            "consent_list_id": audience,
        },
    )
    server.call("mailing.mailing", "action_launch", [mailing])
    return mailing


def _withdraw_some(server, people):
    """Withdraw for some who wait at the end of the queue; returns their addresses."""
    rows = server.sql(
        "SELECT p.email FROM mail_mail m "
        "JOIN mail_mail_res_partner_rel r ON r.mail_mail_id = m.id "
        "JOIN res_partner p ON p.id = r.res_partner_id "
        "WHERE m.state = 'outgoing' ORDER BY m.id DESC LIMIT %s",
        WITHDRAWN_EACH,
    )
    emails = {email for (email,) in rows}
    if len(emails) < WITHDRAWN_EACH:
        return set()
    ids = [people[email] for email in emails]
    server.call(
        "res.partner", "consent_record", ids, "newsletter", "email", "withdrawn", {"means": "phone"}
    )
    return emails


def _is_over(server, mailing):
    [(state, waiting)] = server.sql(
        "SELECT state, (SELECT count(*) FROM mail_mail WHERE state = 'outgoing') "
        "FROM mailing_mailing WHERE id = %s",
        mailing,
    )
    return state == "done" and not waiting


def _unknown(server, mailing):
    """Addresses of the mails that staff finds in the list of unknown fates."""
    domain = [["mass_mailing_id", "=", mailing], ["failure_type", "=", "consent_unknown"]]
    rows = server.call("mailing.trace", "search_read", domain, ["email"])
    return {row["email"] for row in rows}


def _only_the_queues(server):
    """The other jobs of a new database would take the time in which to kill."""
    server.sql(
        "UPDATE ir_cron SET active = FALSE WHERE id NOT IN (SELECT res_id FROM ir_model_data "
        "WHERE model = 'ir.cron' AND name IN "
        "('ir_cron_mass_mailing_queue', 'ir_cron_mail_scheduler_action'))"
    )


def _wake(server):
    """Let the jobs that fill and send the queue run now rather than within the minute."""
    server.sql(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute' "
        "WHERE id IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name IN "
        "('ir_cron_mass_mailing_queue', 'ir_cron_mail_scheduler_action'))"
    )
    place = server.platform.server
    connection = psycopg2.connect(
        dbname="postgres",
        host=place.host,
        port=place.port or None,
        user=place.user or None,
        password=place.password or None,
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('cron_trigger', %s)", [server.database])
    finally:
        connection.close()
