"""The server is killed while it records answers in bulk and merges contacts.

Whatever the moment: what was acknowledged is there, nothing is there by halves, the answers are
the fold of the ledger, and the chain verifies. Each kill takes every process that works; one in
WHOLE_EVERY takes the one that watches over them too, so that all starts cold.
"""

import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tools import ports
from tools.live import RefusedError, Session

from .ledger import SERIALISED, Ledger

KILLS = 12
WHOLE_EVERY = 4
PEOPLE = 120
PAIRS = 150
RECORDERS = 2
# Seconds of work before a kill
WORK = (0.05, 1.2)
MERGED = """
    SELECT s.id, s.partner_id, s.merged_at IS NOT NULL,
           (SELECT count(*) FROM consent_event e WHERE e.subject = s.code AND e.means = 'merge')
      FROM consent_subject s WHERE s.id = ANY(%s) ORDER BY s.id
"""
WIZARD = "base.partner.merge.automatic.wizard"


@pytest.fixture
def ledger(new_odoo_server):
    """A ledger on a server with two workers."""
    made = Ledger(new_odoo_server("--workers=2", f"--gevent-port={ports.free()}"))
    made.server.expect_in_log(SERIALISED)
    # Core's merging reads what the contact's visits left, which a salesman may
    made.user(
        "officer",
        "political_consent.group_consent_user",
        "base.group_partner_manager",
        "sales_team.group_sale_salesman",
    )
    made.user("dpo", "political_consent.group_consent_dpo")
    made.dpo = made.server.session("dpo")
    return made


def test_killed_while_recording_and_merging(ledger):
    """R-05, R-33: twelve kills at random moments."""
    server, chance = ledger.server, random.Random(20261122)  # noqa: S311 - moments, no secrets
    clients = [Session(server.url, server.database, "officer") for _ in range(RECORDERS + 1)]
    bulk = Bulk(ledger, ledger.people(PEOPLE, prefix="b"))
    merges = Merges(ledger, clients[-1])
    for kill in range(KILLS):
        work = [
            *(bulk.worker(client, kill, n) for n, client in enumerate(clients[:-1])),
            merges.worker(clients[-1]),
        ]
        whole = kill % WHOLE_EVERY == 0
        kill_all = server.kill if whole else server.kill_workers
        _work_until_killed(kill_all, work, chance.uniform(*WORK))
        ledger.wait_until_idle()
        if whole:
            server.start()
        bulk.check()
        merges.check()
        ledger.check_state()
        ledger.check_chain(ledger.dpo)
    interrupted = bulk.interrupted + merges.interrupted
    assert bulk.acknowledged and merges.acknowledged
    assert len(interrupted) >= KILLS, "the kills fell beside the work"
    lost = [call for call in interrupted if not call.happened]
    assert lost, "no kill fell within a call: the test shows less than it says"
    ledger.seal()
    ledger.check_all_sealed()
    events = ledger.check_chain(ledger.dpo)
    print(
        f"{KILLS} kills, {events} events: {len(bulk.acknowledged)} bulk calls and "
        f"{len(merges.acknowledged)} merges acknowledged, {len(interrupted)} interrupted, "
        f"{len(lost)} of these left nothing"
    )


def _work_until_killed(kill, work, seconds):
    """Run some work in parallel, again and again, and kill the server some time after its start.

    :param kill: a callable that does it
    :param list work: callables that make one call, and raise when it is cut off
    :param float seconds: from the moment when each has had a first answer
    """
    ready, over = threading.Barrier(len(work) + 1), threading.Event()

    def repeat(one):
        try:
            one()
        finally:
            ready.wait(120)
        try:
            while not over.is_set() and one():
                pass
        except requests.ConnectionError:
            return

    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(repeat, one) for one in work]
        ready.wait(120)
        time.sleep(seconds)
        kill()
        over.set()
        for future in running:
            future.result(120)


class Call:
    """A call that may be interrupted.

    :param key: what tells it from the others
    """

    def __init__(self, key):
        self.key, self.happened = key, None


class Bulk:
    """Answers of many people recorded in one call, again and again.

    :param Ledger ledger: where
    :param list people: ids
    """

    def __init__(self, ledger, people):
        self.ledger, self.people = ledger, people
        self.acknowledged, self.interrupted = {}, []

    def worker(self, session, kill, recorder):
        """A callable that records once; each call leaves its own reference in the ledger."""
        chance = random.Random(f"{kill}/{recorder}")  # noqa: S311 - a history, no secret
        number = iter(range(10**6))

        def record():
            call = Call(f"bulk/{kill}/{recorder}/{next(number)}")
            action = chance.choice(("given", "withdrawn", "refused"))
            proof = self.ledger.proof("newsletter", "email", action, source_ref=call.key)
            arguments = (self.people, "newsletter", "email", action, proof)
            try:
                ids = session.call("res.partner", "consent_record", *arguments)
            except requests.ConnectionError:
                self.interrupted.append(call)
                raise
            except RefusedError as refusal:
                # After five tries Odoo gives up, and says so: nothing may be there
                if not re.search(SERIALISED, refusal.message):
                    raise
                return True
            self.acknowledged[call.key] = ids
            return True

        return record

    def check(self):
        """An acknowledged call is there with its very events, an interrupted one is whole or not
        there at all."""
        found = dict(
            self.ledger.server.sql(
                "SELECT source_ref, array_agg(id ORDER BY id) FROM consent_event"
                " WHERE source_ref LIKE 'bulk/%%' GROUP BY 1"
            )
        )
        for key, ids in self.acknowledged.items():
            assert found.pop(key, None) == sorted(ids), f"{key} was acknowledged"
        for call in self.interrupted:
            ids = found.pop(call.key, [])
            assert len(ids) in (0, len(self.people)), f"{call.key} is there by halves"
            call.happened = bool(ids)
        assert not found, "events that nobody asked for"


class Merges:
    """Pairs of contacts with one address: the one that goes agreed, then the one that stays
    refused, so that each merge writes a withdrawal.

    :param Ledger ledger: where
    :param Session session: who merges
    """

    def __init__(self, ledger, session):
        self.ledger = ledger
        values = [
            {"name": f"Double {n}", "email": f"double{n}@example.org", "company_id": ledger.company}
            for n in range(PAIRS)
        ]
        self.going = session.call("res.partner", "create", values)
        self.staying = session.call("res.partner", "create", values)
        for ids, action in ((self.going, "given"), (self.staying, "refused")):
            proof = ledger.proof("newsletter", "email", action)
            session.call("res.partner", "consent_record", ids, "newsletter", "email", action, proof)
        subject_of = dict(
            ledger.server.sql(
                "SELECT partner_id, id FROM consent_subject WHERE partner_id = ANY(%s)", self.going
            )
        )
        self.subjects = [subject_of[partner] for partner in self.going]
        self.acknowledged, self.interrupted = [], []
        self.next = iter(range(PAIRS))

    def worker(self, session):
        """A callable that merges the next pair."""

        def merge():
            call = Call(next(self.next, None))
            if call.key is None:
                return False
            going, staying = self.going[call.key], self.staying[call.key]
            values = {"partner_ids": [(6, 0, [going, staying])], "dst_partner_id": staying}
            try:
                wizard = session.call(WIZARD, "create", {"state": "selection", **values})
                session.call(WIZARD, "action_merge", [wizard])
            except requests.ConnectionError:
                self.interrupted.append(call)
                raise
            self.acknowledged.append(call.key)
            return True

        return merge

    def check(self):
        """A pair is merged with its withdrawal, or two contacts as before."""
        rows = {row[0]: row[1:] for row in self.ledger.server.sql(MERGED, self.subjects)}
        left = self.ledger.server.sql("SELECT id FROM res_partner WHERE id = ANY(%s)", self.going)
        left = {partner for (partner,) in left}
        interrupted = {call.key: call for call in self.interrupted}
        for pair, subject in enumerate(self.subjects):
            merged = (self.going[pair] not in left, *rows[subject])
            whole = (True, self.staying[pair], True, 1)
            before = (False, self.going[pair], False, 0)
            if pair in interrupted:
                assert merged in (whole, before), f"pair {pair} is merged by halves: {merged}"
                interrupted[pair].happened = merged == whole
            else:
                assert merged == (whole if pair in self.acknowledged else before), pair
