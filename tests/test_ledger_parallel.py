"""Many people write to the ledger at the same moment, on a real server with several workers.

Nothing that was acknowledged is missing or doubled, the answers are the fold of the ledger, and
the chain has no gap and no fork, whoever seals it and how many at once.
"""

import itertools
import os
import random
import re
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tools import ports
from tools.live import RefusedError, Session, links_in
from tools.places import LOGS

from .ledger import ASKED, SERIALISED, Ledger, number_of

WRITERS = 8
CALLS = 15
PEOPLE = 24
MEETINGS = 40
SEALERS = 3
LINKS = 5
PRESSES = 10
# Other processes seal whatever waits, over and over, until they are ended; one that fails ends all.
SEALER = f"""
import os, time
from odoo import sql_db
registry, parent = env.registry, os.getpid()
env.cr.rollback()
sql_db.close_all()
def seal():
    while os.getppid() == parent:
        with registry.cursor() as cr:
            env(cr=cr)["consent.seal"]._seal_in_turn()
        time.sleep(0.02)
for _number in range({SEALERS}):
    if not os.fork():
        seal()
os.wait()
"""


@pytest.fixture(scope="module")
def ledger(platform, request):
    """A ledger on a server of four workers with scheduled jobs, an officer for each writer."""
    from .conftest import serving

    options = ("--workers=4", "--max-cron-threads=1", f"--gevent-port={ports.free()}")
    with serving(platform, request.node.name, *options) as server:
        server.expect_in_log(SERIALISED)
        made = Ledger(server)
        for number in range(WRITERS):
            made.user(
                f"officer{number}",
                "political_consent.group_consent_user",
                "base.group_partner_manager",
            )
        made.user("dpo", "political_consent.group_consent_dpo")
        made.dpo = server.session("dpo")
        yield made


@pytest.fixture
def sealers(ledger):
    """Processes that seal without a pause, beside the server's own: the one that started them."""
    server = ledger.server
    process = server.platform.start(
        LOGS / "sealers.log",
        "--workers=0",
        "--max-cron-threads=0",
        "--no-http",
        database=server.database,
        subcommand="shell",
        stdin=subprocess.PIPE,
    )
    process.stdin.write(SEALER.encode())
    process.stdin.close()
    try:
        ledger.wait_until_there(process, SEALERS)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def together(work, items):
    """Call ``work`` with each item, all at the same moment; the results in order."""
    items = list(items)
    barrier = threading.Barrier(len(items))

    def begin(item):
        barrier.wait()
        return work(item)

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(begin, items))


def writer(ledger, number):
    """Records answers as one officer: ``record(ids, purpose, channel, action)`` -> event ids.

    Every other one is a program with an API key.
    """
    login = f"officer{number}"
    if number % 2:
        session = Session(ledger.server.url, ledger.server.database, login)

        def record(ids, purpose, channel, action):
            proof = ledger.proof(purpose, channel, action)
            return session.call(
                "res.partner", "consent_record", ids, purpose, channel, action, proof
            )

        def move(partner, email):
            session.call("res.partner", "write", [partner], {"email": email})

        return record, move
    api = ledger.server.rpc(login)

    def record_by_key(ids, purpose, channel, action):
        return api.call(
            "res.partner",
            "consent_record",
            ids,
            purpose_code=purpose,
            channel=channel,
            action=action,
            proof=ledger.proof(purpose, channel, action),
        )

    def move_by_key(partner, email):
        api.call("res.partner", "write", [partner], vals={"email": email})

    return record_by_key, move_by_key


def test_many_writers_on_the_same_people(ledger, sealers):
    """R-05: eight at once, on overlapping people, while addresses change and STOPs come in."""
    people = ledger.people(PEOPLE)
    numbers = [number_of(place) for place in range(PEOPLE)]
    stop = ledger.gateway()
    clients = [writer(ledger, number) for number in range(WRITERS)]
    stopped = itertools.count()

    def work(number):
        chance = random.Random(number)  # noqa: S311 - a history, no secret
        record, move = clients[number]
        acknowledged, refused = [], 0
        for _call in range(CALLS):
            some = chance.sample(people, chance.randint(1, 4))
            purpose, channel = chance.choice(ASKED)
            action = chance.choice(("given", "given", "withdrawn", "refused"))
            try:
                acknowledged += record(some, purpose, channel, action)
                if chance.random() < 0.2:
                    move(chance.choice(people), f"p{chance.randrange(PEOPLE)}@example.org")
            except RefusedError as refusal:
                # After five tries Odoo gives up, and says so to the caller
                assert re.search(SERIALISED, refusal.message), refusal
                refused += 1
            if chance.random() < 0.3:
                assert stop(chance.choice(numbers), next(stopped)) == 200
        return acknowledged, refused

    outcomes = together(work, range(WRITERS))
    acknowledged = [event for events, _refused in outcomes for event in events]
    refused = sum(refused for _events, refused in outcomes)
    assert refused < WRITERS * CALLS / 10, f"{refused} calls were given up"
    recorded = [
        row[0] for row in ledger.server.sql("SELECT id FROM consent_event WHERE means = 'phone'")
    ]
    assert sorted(recorded) == sorted(acknowledged)
    assert sealers.poll() is None, "a sealer has failed"
    ledger.check_state()
    ledger.check_chain(ledger.dpo)
    ledger.seal()
    ledger.check_all_sealed()
    ledger.check_chain(ledger.dpo)


def test_stop_meets_the_first_consent(ledger):
    """R-03, R-34: a number says STOP in the very moment in which somebody records, for a contact
    that the ledger does not know yet, that they agreed. Whichever comes second counts."""
    taken = ledger.server.call("res.partner", "search_count", [("phone", "like", "+33199")])
    people = ledger.people(MEETINGS, prefix="m")
    numbers = [number_of(taken + place) for place in range(MEETINGS)]
    stop = ledger.gateway()
    record, _move = writer(ledger, 1)

    def yes(place):
        return record([people[place]], "sms_mobilisation", "sms", "given")

    def no(place):
        return stop(numbers[place], f"meet{place}")

    for place in range(MEETINGS):
        given, stopped = together(lambda side, at=place: side(at), (yes, no))
        assert len(given) == 1
        assert stopped == 200
    ledger.check_state()
    ledger.check_chain(ledger.dpo)


def test_double_presses_of_a_confirmation(ledger, mailbox):
    """R-35: ten presses at once of one link record one event and answer everybody."""
    server = ledger.server
    links = {f"double{number}@example.org": None for number in range(LINKS)}
    for address in links:
        sign_up(server.url, address)
    for address in links:
        message = server.wait_for_mail(address, seconds=90)
        links[address] = next(link for link in links_in(message) if "/consent/confirm/" in link)
    for link in links.values():
        [(before,)] = server.sql("SELECT count(*) FROM consent_event")
        forms = [form_of(link) for _press in range(PRESSES)]
        answers = together(press, forms)
        assert {answer.status_code for answer in answers} == {200}
        winners = [answer for answer in answers if "/consent/receipt/" in answer.text]
        assert len(winners) == 1
        [(after,)] = server.sql("SELECT count(*) FROM consent_event")
        assert after == before + 1
    contacts = server.call("res.partner", "search_count", [("email", "in", list(links))])
    assert contacts == LINKS
    ledger.check_state()
    ledger.check_chain(ledger.dpo)


@pytest.fixture
def mailbox(ledger):
    """The mails that come in during this test."""
    ledger.server.mails.clear()
    return ledger.server.mails


def sign_up(url, address):
    """Fill in the public form for the newsletter, as a visitor."""
    form = form_of(f"{url}/consent/signup/newsletter")
    box = re.search(r'name="box"[^>]*value="(newsletter-email[^"]*)"', form.page)
    box = box or re.search(r'value="(newsletter-email[^"]*)"[^>]*name="box"', form.page)
    answer = press(form, email=address, box=box[1])
    assert answer.status_code == 200


class Form:
    """A public page with its form, in a visitor's session of its own."""

    def __init__(self, url):
        self.url, self.http = url, requests.Session()
        answer = self.http.get(url, timeout=120)
        answer.raise_for_status()
        self.page = answer.text
        self.token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)[1]


def form_of(url):
    """The form that a page shows to a new visitor."""
    return Form(url)


def press(form, **typed):
    """Send a form."""
    body = {"csrf_token": form.token, **typed}
    return form.http.post(form.url, data=body, timeout=120)
