"""Fixtures that start the real things. Each test module has a server and database of its own."""

import contextlib
import itertools
import os
import re

import pytest
from playwright.sync_api import sync_playwright

from tools import template
from tools.live import LiveServer
from tools.places import NODE_MODULES
from tools.setup import programs
from tools.setup.everything import platform as whole_platform

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# Modules of more than a minute go first, so that no worker is left with one while others rest
LONG = (
    "test_lifecycle",
    "test_run",
    "test_mailing_kill",
    "test_chaos",
    "test_screens",
    "test_python",
    "test_line",
    "test_ledger_kill",
    "test_ledger_parallel",
    "test_import_kill",
    "test_no_enrichment",
)
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    """Put the long modules first, in the order of LONG; the others stay as they are."""
    place = {name: at for at, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.module.__name__.rpartition(".")[2], len(LONG)))


@pytest.fixture(scope="session")
def platform():
    """Odoo and PostgreSQL, with an up-to-date template database."""
    with whole_platform() as made:
        template.ensure(made)
        yield made


@contextlib.contextmanager
def serving(platform, name, *options):
    """A server on a fresh clone; a warning in its log fails the test."""
    safe = re.sub(r"\W", "_", name)[-30:].lower()
    with template.clone(platform, f"{next(_numbers)}_{safe}") as database:
        server = LiveServer(platform, database, *options)
        try:
            yield server.start()
        finally:
            server.close()
        assert not server.warnings(), "the server's log has warnings, see above"


@pytest.fixture(scope="module")
def odoo_server(platform, request):
    """A real server for the module's tests: .url .call() .session() .rpc() .sql() .mails."""
    with serving(platform, request.node.name) as server:
        yield server


@pytest.fixture
def new_odoo_server(platform, request):
    """Starts servers for one test, each on a fresh database: new_odoo_server(*options)."""
    with contextlib.ExitStack() as servers:
        yield lambda *options: servers.enter_context(serving(platform, request.node.name, *options))


@pytest.fixture
def rpc(odoo_server):
    """The JSON-2 API as a user: rpc("admin").call("res.partner", "search", domain=[])."""
    return odoo_server.rpc


@pytest.fixture
def mails(odoo_server):
    """The mails that come in during this test."""
    odoo_server.mails.clear()
    return odoo_server.mails


@pytest.fixture(scope="session")
def chromium_options():
    """How to launch the system's Chromium; its absence fails the test, with a sentence."""
    return {
        "executable_path": programs.chromium(),
        "args": [
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ],
    }


@pytest.fixture(scope="session")
def playwright():
    """Playwright itself, for those who launch browsers of their own."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def browser(playwright, chromium_options):
    """The browser; open contexts with desk, phone or browser.new_context()."""
    launched = playwright.chromium.launch(**chromium_options)
    yield launched
    launched.close()


def _page(browser, server, options):
    """A page in French on the server, which keeps the errors on its console in page.errors.

    Nothing outside is asked: such requests end here and their addresses lie in page.outside.
    """
    context = browser.new_context(base_url=server.url, locale="fr-FR", **options)
    page = context.new_page()
    page.errors, page.outside = [], []

    def end_outside(route):
        page.outside.append(route.request.url)
        route.abort()

    def keep_error(line):
        if line.type == "error" and line.location.get("url") not in page.outside:
            page.errors.append(line.text)

    context.route(lambda url: not url.startswith(server.url), end_outside)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", keep_error)
    return context, page


@pytest.fixture
def desk(browser, odoo_server):
    """A page as wide as a desk's screen."""
    context, page = _page(browser, odoo_server, DESK)
    yield page
    context.close()
    assert not page.errors, f"errors on the console: {page.errors}"


@pytest.fixture
def phone(browser, odoo_server):
    """A page as wide as a phone's screen, with touch."""
    context, page = _page(browser, odoo_server, PHONE)
    yield page
    context.close()
    assert not page.errors, f"errors on the console: {page.errors}"


@pytest.fixture
def log_in():
    """Log a page in: log_in(page, "admin"); the password is the login when left out."""

    def _log_in(page, login, password=None):
        page.goto("/web/login")
        page.fill("#login", login)
        page.fill("#password", password or login)
        page.click("form.oe_login_form button[type=submit]")
        page.wait_for_selector(".o_web_client")

    return _log_in


# Colours are judged once a fading popup or button has come to rest: half way, each is too pale.
# What turns for ever (a spinner) has no end to wait for.
SETTLED = """() => Promise.allSettled(
    document.getAnimations()
        .filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime))
        .map((a) => a.finished)
)"""


@pytest.fixture(scope="session")
def axe():
    """Accessibility faults of a page: axe(page, "main") gives axe-core's violations."""
    source = (NODE_MODULES / "axe-core" / "axe.min.js").read_text()

    def _axe(page, within="body", tags=("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")):
        page.evaluate(source)
        page.evaluate(SETTLED)
        run = {"runOnly": {"type": "tag", "values": list(tags)}}
        return page.evaluate(
            "([within, run]) => axe.run(within, run).then((result) => result.violations)",
            [within, run],
        )

    return _axe
