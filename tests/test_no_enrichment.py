"""R-14: nothing about a contact leaves to learn more about them.

A real server runs with a trap in its process: every connection or name look-up that is not local is
written down and refused. (Odoo's test runner refuses enrichment calls by itself, so a test in an
addon would show nothing.)
"""

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tools import template
from tools.live import LiveServer
from tools.odoo_process import Platform
from tools.places import LOGS

ALARM = "Enrichment addons are installed"
LATER = "partner_autocomplete,crm_iap_enrich,crm_iap_mine"
TRAP = '''
"""Loaded by Python at its start: writes down and refuses what is not local."""
import ipaddress
import os
import socket

_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_look_up = socket.getaddrinfo


def _local(host):
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(host, port):
    with open(os.environ["TRAP_FILE"], "a") as trap:
        trap.write(f"{host} {port}\\n")
    raise ConnectionRefusedError(f"trapped: {host} {port}")


def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _local(address[0]):
        _refuse(*address[:2])
    return _connect(self, address)


def connect_ex(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _local(address[0]):
        _refuse(*address[:2])
    return _connect_ex(self, address)


def getaddrinfo(host, port, *args, **kwargs):
    if not _local(host):
        _refuse(host, port)
    return _look_up(host, port, *args, **kwargs)


socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
socket.getaddrinfo = getaddrinfo
'''


@dataclass(frozen=True)
class TrappedPlatform(Platform):
    """Odoo with a trap in each of its processes."""

    trap: "Trap"

    @property
    def environment(self):
        variables = super().environment
        return {**variables, **self.trap.environment(variables["PYTHONPATH"])}


class Trap:
    """A trap: the environment that sets it, and what it caught.

    :param Path folder: where it lies
    """

    def __init__(self, folder):
        (folder / "sitecustomize.py").write_text(TRAP)
        self.folder, self.file = folder, folder / "caught"
        self.file.touch()

    def environment(self, python_path=""):
        return {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(self.folder), python_path])),
            "TRAP_FILE": str(self.file),
        }

    def caught(self):
        lines = self.file.read_text().splitlines()
        self.file.write_text("")
        return lines


@pytest.fixture
def trap(tmp_path):
    return Trap(tmp_path)


@pytest.fixture
def trapped(platform, trap):
    """Odoo with the trap, and a database as the addons' installation has left it."""
    trapped = TrappedPlatform(platform.odoo, platform.server, trap)
    with template.clone(platform, "enrichment") as database:
        yield trapped, database


@contextlib.contextmanager
def serving(trapped):
    """A server with the trap in it; core logs as a warning each call that the trap refuses."""
    server = LiveServer(*trapped)
    try:
        yield server.start()
    finally:
        server.close()


def test_trap_catches(trap):
    """The trap itself: a check that cannot fail would show nothing."""
    for call in (
        "import urllib.request as u; u.urlopen('http://example.org/')",
        "import socket; socket.create_connection(('192.0.2.1', 443), 1)",
        "import socket; socket.socket().connect_ex(('192.0.2.1', 443))",
    ):
        done = subprocess.run(
            [sys.executable, "-c", call],
            env={**os.environ, **trap.environment(os.environ.get("PYTHONPATH", ""))},
            capture_output=True,
            check=False,
        )
        assert done.returncode, call
        assert len(trap.caught()) == 1, call


def enter_people(web, company_name):
    """Contacts, a lead and a company with addresses that an enrichment would ask about."""
    contact = web.call(
        "res.partner",
        "create",
        [
            {"name": "Imprimerie", "is_company": True, "email": "atelier@example.org"},
            {"name": "Anouk Lanterneuve", "email": "anouk@example.org", "phone": "+33199000001"},
        ],
    )
    company = web.call("res.company", "create", [{"name": company_name, "email": "x@example.org"}])
    person = web.call(
        "res.partner",
        "create",
        [
            {
                "name": "Rose Vergelis",
                "email": "rose@example.org",
                "company_id": 1,
                "political_category": "member",
                "political_origin": "paper_form",
            }
        ],
    )
    lead = web.call(
        "crm.lead",
        "create",
        [
            {"name": "Affiches", "email_from": "devis@example.org", "type": "lead"},
            {"name": "Rencontre", "partner_id": person[0], "email_from": "rose@example.org"},
        ],
    )
    web.call("res.partner", "write", contact, {"website": "https://example.org"})
    web.call("res.company", "write", company, {"email": "y@example.org"})
    return contact, company, person, lead


def test_entering_people_calls_nobody(trapped, trap):
    """By RPC, as the administrator: whose companies core enriches at their creation."""
    with serving(trapped) as web:
        trap.caught()
        _contact, _company, person, lead = enter_people(web, "Voisins")
        assert trap.caught() == []
        known = web.call("res.partner", "read", person, ["website", "function", "vat"])[0]
        assert not any(known[name] for name in ("website", "function", "vat"))
        assert "iap_enrich_done" not in web.call("crm.lead", "fields_get", [], ["type"])
        assert web.call("crm.lead", "search_count", [["id", "in", lead]]) == 2
        # The same server does call out where that is its job: the trap was set.
        web.call("iap.account", "get_account_id", "sms")
        web.call("iap.account", "get_credits", "sms")
        assert trap.caught()


def test_one_that_comes_later_is_refused(trapped, trap):
    """Somebody installs enrichment on purpose: an alarm in the log, and still no call."""
    platform, database = trapped
    log = LOGS / "enrichment.log"
    assert platform.run(log, f"--init={LATER}", database=database) == 0
    assert ALARM in log.read_text()
    with serving(trapped) as web:
        trap.caught()
        *_, lead = enter_people(web, "Autres voisins")
        # The buttons that are there then: core shows the refusal, or swallows it.
        web.call("crm.lead", "iap_enrich", lead)
        web.call("res.partner", "autocomplete_by_name", "Imprimerie", 75)
        assert trap.caught() == []
        assert ALARM in web.log_text()
