"""Phones report while everything breaks; afterwards the server holds what they showed as saved.

Runs from a test, and by itself for ``make chaos``. The seed draws the faults, their order and what
the phones report; the machine's own timing it cannot fix.
"""

import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Error, sync_playwright

from tools import faults, template
from tools.live import LiveServer
from tools.odoo_process import Platform
from tools.setup.everything import platform

from .bad_network import BadNetwork
from .browsers import Killable, options
from .field import Field
from .own_database import OwnDatabase
from .phone import SIZE, Phone

TURFS, PHONES = 2, 4  # two phones on each turf
REPORTS, FAULTS = 1_000, 200
BEAT = 14  # reports between two of the faults below
FLAPS = 3
DAY = 86_400_000
# A few of the rare and slow ones; the network's own faults come with each request beside these.
DECK = (
    ["close_tab"] * 6
    + ["crash_tab"] * 4
    + ["flap"] * 12
    + ["clock"] * 6
    + ["crash_database"] * 3
    + ["kill_server"] * 2
    + ["kill_browser"] * 2
)
# What the log says of a database that went away under it, and of two phones at one door at once
LOGGED = (
    r"odoo\.sql_db: (bad query|Connection to the database failed)",
    r"odoo\.(http|service\.(db|model|server)|addons\.(base|bus)|modules\.registry|cron)",
    r"psycopg2\.(Operational|Interface)Error",
    r"werkzeug",
)
# The clock of the whole page, set wrong while it runs; the uid of each report as it is drawn; and a
# thumb that goes on until the page ends. What the screen calls saved is told at once.
THUMB = Path(__file__).with_name("chaos_thumb.js").read_text()


class Result(NamedTuple):
    """What became of the reports."""

    reports: int
    faults: int
    lost: int
    doubled: int

    def __str__(self):
        return ", ".join(f"{name} {value}" for name, value in self._asdict().items())


class Walker:
    """One phone: a browser profile that loses its tab, its clock, its network, its life."""

    def __init__(self, run, number, code):
        self.run, self.number, self.code = run, number, code
        self.shown, self.counts = set(), Counter()
        self.phone, self.offset = None, 0

    def start(self):
        """Open the app, with a turf or from what the profile holds."""
        self.phone = Phone(self.context(), self.run.network.url)
        self.phone.page.add_init_script(f"window.chaosOffset = {self.offset};")
        self.phone.page.goto(f"{self.run.network.url}/canvass/", wait_until="commit")

    def context(self):
        """A new tab's context; the first time a new profile's."""
        if self.phone is None:
            context = self.run.browser.new_context(viewport=SIZE, locale="fr-FR")
            self.prepare(context)
            return context
        return self.phone.context

    def prepare(self, context):
        """Give the profile its thumb."""
        context.set_default_timeout(20_000)
        context.expose_binding("chaosTell", self.hear)
        seed = self.run.chance.randrange(2**31)
        context.add_init_script(f"window.chaos = {{seed: {seed}, code: '{self.code}'}};\n{THUMB}")

    def hear(self, _source, what, uids):
        """Note what the page tells: ``shown``, once the screen says that it is saved."""
        if what == "shown":
            self.shown.update(uids)
        self.counts[what] += 1

    def new_tab(self):
        """The same profile in a fresh page."""
        context = self.phone.context
        self.phone = Phone(context, self.run.network.url, page=context.new_page())
        self.phone.page.add_init_script(f"window.chaosOffset = {self.offset};")
        self.phone.page.goto(f"{self.run.network.url}/canvass/", wait_until="commit")

    # --- Faults -------------------------------------------------------------------------------

    def close_tab(self):
        """The tab goes in the middle of whatever it does."""
        self.phone.page.close()
        self.new_tab()

    def crash_tab(self):
        """The renderer dies, as when the system needs the memory."""
        page = self.phone.page
        with contextlib.suppress(Error):
            page.goto("chrome://crash", timeout=3000)
        with contextlib.suppress(Error):
            page.close()
        self.new_tab()

    def flap(self):
        """The network goes and comes."""
        for _ in range(FLAPS):
            self.phone.context.set_offline(True)
            self.phone.page.wait_for_timeout(self.run.chance.randint(10, 120))
            self.phone.context.set_offline(False)
            self.phone.page.wait_for_timeout(self.run.chance.randint(10, 60))

    def clock(self):
        """The clock is set a day wrong, or right again."""
        self.offset = self.run.chance.choice([-DAY, 0, DAY])
        with contextlib.suppress(Error):
            self.phone.page.evaluate(f"window.chaosOffset = {self.offset}")

    # --- The end ------------------------------------------------------------------------------

    def rest(self):
        """No more reports, the right time, a fresh page: what is left is delivered."""
        self.offset = 0
        self.phone.page.close()
        self.phone.context.add_init_script("window.chaosRest = true;")
        self.new_tab()
        self.phone.page.wait_for_selector("h1")

    def left(self):
        """Reports still on the phone, and refused ones."""
        rows = self.phone.rows()
        return rows["events"] + rows["refused"]


class KilledWalker(Walker):
    """A phone with a browser of its own, on disk, that can be killed."""

    def __init__(self, run, number, code, profile):
        super().__init__(run, number, code)
        self.killable = Killable(run.playwright, profile, options())

    def context(self):
        context = self.killable.launch()
        self.prepare(context)
        return context

    def kill_browser(self):
        """SIGKILL to the whole browser, then its next start."""
        self.killable.kill()
        self.start()


class Run:
    """Phones, a network, a server and a database; ``breaks`` until there is enough.

    :param LiveServer server: the real Odoo, started
    :param OwnDatabase database: the PostgreSQL behind it
    :param int seed: draws what happens
    :param float seconds: go on at least so long
    """

    def __init__(self, server, database, seed, seconds=0):
        self.server, self.database = server, database
        self.seed, self.seconds = seed, seconds
        self.chance = random.Random(seed)  # noqa: S311 - faults, no secrets
        self.broken = Counter()
        for pattern in LOGGED:
            server.expect_in_log(pattern)

    def go(self):
        """Break everything until enough was reported; then let it heal and count.

        :return: Result
        """
        turfs = [Field(self.server) for _ in range(TURFS)]
        with contextlib.ExitStack() as stack:
            self.network = stack.enter_context(
                BadNetwork(turfs[0].upstream, self.seed).serving(),
            )
            self.playwright = stack.enter_context(sync_playwright())
            self.browser = self.playwright.chromium.launch(**options())
            stack.callback(self._close_browser)
            profile = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos")))
            self.walkers = [
                Walker(self, number, turfs[number % TURFS].code) for number in range(PHONES - 1)
            ]
            self.walkers.append(
                KilledWalker(self, PHONES - 1, turfs[(PHONES - 1) % TURFS].code, profile / "p")
            )
            stack.callback(self.walkers[-1].killable.close)
            for walker in self.walkers:
                walker.start()
            self._wait_for(self.reports() + PHONES)
            self.network.mode = "chaos"
            self._break()
            self._heal()
            return self._count(turfs)

    def _close_browser(self):
        with contextlib.suppress(Error):
            self.browser.close()

    def reports(self):
        """Reports that a screen showed as saved so far."""
        return sum(len(walker.shown) for walker in self.walkers)

    def faults(self):
        """Faults met so far, those of the network included."""
        return sum(self.broken.values()) + sum(self.network.faults.values())

    def _pump(self, milliseconds):
        """Let time pass, and hear what the phones tell meanwhile."""
        self.walkers[0].phone.page.wait_for_timeout(milliseconds)

    def _wait_for(self, number, patience=120):
        limit = time.monotonic() + patience
        while self.reports() < number:
            assert time.monotonic() < limit, f"the phones stand still at {self.reports()} reports"
            self._pump(30)

    def _break(self):
        started, deck, rounds = time.monotonic(), [], -1
        while True:
            if not deck:
                deck, rounds = self.chance.sample(DECK, len(DECK)), rounds + 1
            fault = deck.pop()
            self._wait_for(self.reports() + BEAT)
            self._meet(fault)
            whole = rounds or not deck  # each kind of fault came as often as the deck has it
            enough = whole and self.reports() >= REPORTS and self.faults() >= FAULTS
            if enough and time.monotonic() - started >= self.seconds:
                return

    def _meet(self, fault):
        self.broken[fault] += FLAPS if fault == "flap" else 1
        if fault in ("kill_server", "crash_database"):
            getattr(self, fault)()
            return
        able = [walker for walker in self.walkers if hasattr(walker, fault)]
        getattr(self.chance.choice(able), fault)()

    def kill_server(self):
        """SIGKILL while it works on a request, where one comes in time; then it starts again."""
        limit = time.monotonic() + 1
        while not self.network.busy and time.monotonic() < limit:
            self._pump(2)
        self.server.kill()
        self.server.start()

    def crash_database(self):
        """PostgreSQL ends at once: what it had not on disk is gone, and for a while nobody
        answers."""
        self.database.crash()
        self._pump(self.chance.randint(200, 1200))
        self.database.start()

    def _heal(self, patience=120):
        self.network.mode = "ok"
        limit = time.monotonic() + patience
        for walker in self.walkers:
            walker.rest()
        while any(walker.left() for walker in self.walkers) and time.monotonic() < limit:
            for walker in self.walkers:
                walker.phone.page.evaluate("dispatchEvent(new Event('online'))")
            self._pump(300)
        for walker in self.walkers:
            if walker.left():
                print(f"phone {walker.number} still holds:", walker.phone.kept())

    def _count(self, turfs):
        rows = self.server.sql(
            "SELECT uid, lease_id, counter FROM canvass_event WHERE turf_id = ANY(%s)",
            [turf.turf for turf in turfs],
        )
        stored = {uid for uid, *_number in rows}
        shown = set().union(*(walker.shown for walker in self.walkers))
        # A killed tab may have saved what its screen could no longer show: more than shown is
        # right, but one tap is one report, and its number is in the uid; so is one number one.
        taps, numbers = {uid[-12:] for uid in stored}, {tuple(number) for _uid, *number in rows}
        doubled = 2 * len(rows) - len(taps) - len(numbers)
        return Result(len(shown), self.faults(), len(shown - stored), doubled)


@contextlib.contextmanager
def serving(made):
    """A server on a PostgreSQL of its own, for the time of the block.

    :param Platform made: with the template
    :return: tuple of LiveServer and OwnDatabase
    """
    with template.clone(made, "chaos") as name, OwnDatabase() as database:
        database.copy(made.server, name)
        server = LiveServer(Platform(made.odoo, database.server), name)
        try:
            yield server.start(), database
        finally:
            server.close()


def main():
    """``make chaos``: for SECONDS (60), drawn by SEED (1).

    :return: int, 0 when nothing was lost and nothing doubled
    """
    try:
        seconds = float(os.environ.get("SECONDS") or 60)
        seed = int(os.environ.get("SEED") or 1)
    except ValueError:
        raise faults.SetupError("SECONDS and SEED are numbers, as in SECONDS=600 SEED=7.") from None
    with platform() as made:
        template.ensure(made)
        with serving(made) as (server, database):
            run = Run(server, database, seed, seconds)
            result = run.go()
    print(f"seed {seed}:", dict(run.broken), dict(run.network.faults))
    print(result, flush=True)
    return int(bool(result.lost or result.doubled))


if __name__ == "__main__":
    sys.exit(faults.told_in_a_sentence(main))
