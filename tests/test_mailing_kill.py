"""The server is killed again and again while it sends a mailing.

What is checked is what came in at the mail server: nobody allowed was left out, nobody got it
twice, nobody who withdrew meanwhile got it, and every mail whose fate a kill left unknown is
listed to staff and not sent again by itself.

Each kill is a SIGKILL of every process that works; one in WHOLE_EVERY takes the process that
watches over them too, so that all starts cold, which takes most of the time. The long run kills all
each time: KILL_PEOPLE=5000 KILL_WHOLE_EVERY=1.
"""

import os
import random
import time
from collections import Counter

import pytest

from tools import ports

from .mailing import JOBS, launch, only_the_queues, people_who_agreed, wake, withdraw

PEOPLE = int(os.environ.get("KILL_PEOPLE", "400"))
WHOLE_EVERY = int(os.environ.get("KILL_WHOLE_EVERY", "7"))
KILLS = 20
WITHDRAWN_EACH = 3
# Seconds in which the whole send must be over, however slow the machine.
LIMIT = 900 + PEOPLE
# Seconds until the jobs are told again that there is work: who was just born may not listen yet.
WAKE_EVERY = 0.5


@pytest.fixture
def sending_server(new_odoo_server):
    """A server whose scheduled jobs run."""
    options = ["--max-cron-threads=1"]
    if WHOLE_EVERY > 1:
        options += ["--workers=1", f"--gevent-port={ports.free()}"]
    return new_odoo_server(*options)


def test_killed_while_sending(sending_server):
    """R-01, R-02: whatever the moment of the kill."""
    server, chance = sending_server, random.Random(20261122)  # noqa: S311 - moments, no secrets
    people = people_who_agreed(server, PEOPLE)
    only_the_queues(server)
    server.expect_in_log(r"Job .* timed out")
    sending = Sending(server, launch(server))
    withdrawn, kills = set(), 0
    while not sending.is_over():
        sending.work(chance, until_over=kills == KILLS)
        if kills < KILLS:
            withdrawn |= _withdraw_some(server, people)
            kills += 1
            if kills % WHOLE_EVERY:
                server.kill_workers()
            else:
                server.kill()
                server.start()
    assert kills == KILLS, "it was over before it was killed often enough"
    sending.let_the_jobs_run_once_more()
    got = Counter(address for mail in server.mails for address in mail.sent_to)
    unknown = _unknown(server, sending.mailing)
    allowed = {email for email in people if email not in withdrawn}
    assert not {email: n for email, n in got.items() if n > 1}, "somebody got it twice"
    assert not set(got) & withdrawn, "somebody got it after having withdrawn"
    assert not allowed - set(got) - unknown, "somebody allowed was left out, and not listed"
    assert len(unknown) <= kills, "more than one unknown mail for a kill"
    assert withdrawn, "nobody withdrew meanwhile: the test shows less than it says"
    print(
        f"{PEOPLE} people, {kills} kills, {kills // WHOLE_EVERY} of the whole server: "
        f"{len(got)} got it, {len(withdrawn)} withdrew, {len(unknown)} unknown"
    )


class Sending:
    """A mailing on its way.

    :param LiveServer server: the server that sends it
    :param int mailing: its id
    """

    def __init__(self, server, mailing):
        self.server, self.mailing = server, mailing
        self.limit, self.woken = time.monotonic() + LIMIT, 0

    def work(self, chance, until_over):
        """Wait until some more mails were made, or came in: the next kill falls among them."""
        step = chance.randint(1, int(1.5 * PEOPLE / KILLS))
        over, progress = self._look()
        aim = progress + step
        while not over and (until_over or progress < aim):
            assert time.monotonic() < self.limit, "the mailing does not come to its end"
            self._wake()
            time.sleep(0.03)
            over, progress = self._look()
        time.sleep(chance.uniform(0, 0.05))

    def is_over(self):
        """Nothing is left to make or to send."""
        return self._look()[0]

    def _look(self):
        """Whether it is over, and how far it is: mails made, and those that came in."""
        [(over, made)] = self.server.sql(
            "SELECT state = 'done' AND NOT EXISTS "
            "(SELECT FROM mail_mail WHERE state = 'outgoing'), (SELECT count(*) FROM mail_mail) "
            "FROM mailing_mailing WHERE id = %s",
            self.mailing,
        )
        came = len(self.server.mails)
        return over, PEOPLE + came if came else made

    def _wake(self):
        """Let the jobs run now, and not too often."""
        if time.monotonic() < self.woken + WAKE_EVERY:
            return
        self.woken = time.monotonic()
        wake(self.server)

    def let_the_jobs_run_once_more(self):
        """What a job would send again by itself, it sends now."""
        before = self._last_calls()
        while any(now == then for now, then in zip(self._last_calls(), before, strict=True)):
            assert time.monotonic() < self.limit, "the jobs do not run any more"
            self._wake()
            time.sleep(0.05)

    def _last_calls(self):
        return self.server.sql(
            "SELECT lastcall FROM ir_cron WHERE id IN (SELECT res_id FROM ir_model_data "
            "WHERE model = 'ir.cron' AND name = ANY(%s)) ORDER BY id",
            list(JOBS),
        )


def _withdraw_some(server, people):
    """Withdraw for some who wait at the end of the queue.

    :return: addresses of those whom nothing may reach any more: no mail of theirs had left, or was
        on its way, when they were told that they are withdrawn
    """
    rows = server.sql(
        "SELECT m.id, p.email FROM mail_mail m "
        "JOIN mail_mail_res_partner_rel r ON r.mail_mail_id = m.id "
        "JOIN res_partner p ON p.id = r.res_partner_id "
        "WHERE m.state = 'outgoing' ORDER BY m.id DESC LIMIT %s",
        WITHDRAWN_EACH,
    )
    if len(rows) < WITHDRAWN_EACH:
        return set()
    withdraw(server, [people[email] for _mail, email in rows])
    waiting = server.sql(
        "SELECT id FROM mail_mail WHERE id = ANY(%s) AND state IN ('outgoing', 'cancel')",
        [mail for mail, _email in rows],
    )
    return {email for mail, email in rows if (mail,) in waiting}


def _unknown(server, mailing):
    """Addresses of the mails that staff finds in the list of unknown fates."""
    domain = [["mass_mailing_id", "=", mailing], ["failure_type", "=", "consent_unknown"]]
    rows = server.call("mailing.trace", "search_read", domain, ["email"])
    return {row["email"] for row in rows}
