"""A mail server that takes its time keeps nobody from withdrawing."""

import time

import pytest

from .mailing import launch, only_the_queues, people_who_agreed, wake, withdraw

PEOPLE = 12
# Seconds, however slow the machine
LIMIT = 60


@pytest.fixture
def sending_server(new_odoo_server):
    """A server whose scheduled jobs run, beside a mail server that answers when it is told."""
    server = new_odoo_server("--max-cron-threads=1")
    yield server
    server.keeper.stalled.clear()


def test_who_withdraws_does_not_wait_for_the_mail_server(sending_server):
    """R-02: the mail that is on its way arrives, no other does."""
    server = sending_server
    people = people_who_agreed(server, PEOPLE)
    only_the_queues(server)
    server.keeper.stalled.set()
    mailing = launch(server)
    wake(server)
    assert server.keeper.reached.wait(LIMIT), "no mail was sent"
    [(on_its_way,)] = server.sql("SELECT id FROM mail_mail WHERE state = 'unknown'")
    withdraw(server, list(people.values()))
    states = dict(server.sql("SELECT id, state FROM mail_mail"))
    assert not server.mails, "it waited until the mail server answered"
    assert len(states) == PEOPLE
    assert states.pop(on_its_way) == "unknown"
    assert set(states.values()) == {"cancel"}
    server.keeper.stalled.clear()
    _wait_until_over(server)
    assert len(server.mails) == 1
    traces = server.sql(
        "SELECT trace_status, count(*) FROM mailing_trace "
        "WHERE mass_mailing_id = %s AND res_id = ANY(%s) GROUP BY 1",
        mailing,
        list(people.values()),
    )
    assert dict(traces) == {"sent": 1, "cancel": PEOPLE - 1}


def _wait_until_over(server):
    limit = time.monotonic() + LIMIT
    while server.sql("SELECT id FROM mail_mail WHERE state IN ('outgoing', 'unknown')"):
        assert time.monotonic() < limit, "the queue does not become empty"
        time.sleep(0.1)
