"""make run and make shell on the demo database, as a user types them."""

import email
import os
import re
import signal
import time
from pathlib import Path

import pytest

from tools import ports
from tools.demo import LOGINS
from tools.live import RefusedError, Session
from tools.odoo_process import warnings_in
from tools.places import LOGS, MAILS, ROOT

from .conftest import Clone, kill_group, python

DATABASE = "political_demo"
SECONDS_OF_A_SECOND_RUN = 15


@pytest.fixture(scope="module")
def here():
    """This very tree, with the environment of a user's terminal."""
    tree = Clone.__new__(Clone)
    tree.folder = ROOT
    return tree


class Served:
    """A `make run` that answers; what it printed and how long it took."""

    def __init__(self, tree):
        self.port = ports.free()
        started = time.monotonic()
        words = ["make", f"PYTHON={python()}", "run", f"PORT={self.port}"]
        self.process = tree.start(words)
        self.printed = ""
        while "Log: " not in self.printed:
            line = self.process.stdout.readline()
            assert line, self.printed
            self.printed += line
        self.seconds = time.monotonic() - started
        self.url = f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def served(here):
    """A second make run: the first has made the demo database, or found it made."""
    first = Served(here)
    os.killpg(first.process.pid, signal.SIGINT)
    assert "Stopped." in first.process.communicate(timeout=60)[0]
    second = Served(here)
    yield second
    kill_group(second.process)


def test_second_run_does_no_set_up_and_is_quick(served):
    assert " ...\n" not in served.printed
    assert served.seconds < SECONDS_OF_A_SECOND_RUN


def test_address_and_logins_are_told_and_work(served):
    assert f"Serving on {served.url} " in served.printed
    told = re.findall(r"^  (\w+) +password (\w+)", served.printed, re.MULTILINE)
    assert [login for login, _ in told] == sorted(LOGINS, key=[n for n, _ in told].index)
    assert {login for login, _ in told} == set(LOGINS)
    for login, password in told:
        assert Session(served.url, DATABASE, login, password).uid


def test_demo_is_in_french_and_has_people(served):
    staff = Session(served.url, DATABASE, "staff")
    languages = staff.call("res.lang", "search_read", [], ["code"])
    assert "fr_FR" in {language["code"] for language in languages}
    found = staff.call("res.partner", "search_count", [("political_category", "!=", False)])
    assert found >= 250, "the invented party has some 300 people"


def test_demo_is_made_without_a_warning(served):
    assert not warnings_in(LOGS / "demo.log")


def test_mail_stays_on_this_machine(served):
    """Sent by the real server, found as a file, handed to nobody else."""
    admin = Session(served.url, DATABASE, "admin")
    [staff] = admin.call("res.users", "search_read", [("login", "=", "staff")], ["email"])
    before = set(MAILS.iterdir())
    admin.call("res.users", "action_reset_password", [staff["id"]])
    [mail] = set(MAILS.iterdir()) - before
    assert staff["email"] in email.message_from_bytes(mail.read_bytes())["To"]
    assert not admin.call(
        "ir.mail_server", "search_count", [("smtp_host", "not in", ["localhost"])]
    )


def test_list_of_databases_is_closed(served):
    with pytest.raises(RefusedError, match="Access Denied"):
        Session(served.url, DATABASE, "admin").post("/web/database/list")


def test_killed_run_leaves_no_server(here, served):
    """SIGKILL to make's program: the kernel ends Odoo with it."""
    third = Served(here)
    children = [pid for pid in _below(third.process.pid) if "odoo" in _command(pid)]
    assert len(children) >= 1
    for pid in _below(third.process.pid):
        if "start.py" in _command(pid):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(Path("/proc", str(pid)).exists() and _command(pid) for pid in children):
        assert time.monotonic() < deadline, "Odoo outlived make run"
        time.sleep(0.1)
    kill_group(third.process)


def test_shell_runs_a_script(here):
    script = "print('people', env['res.partner'].search_count([]) > 100)"
    status, printed = here.run(["sh", "-c", f'echo "{script}" | make shell PYTHON={python()}'])
    assert (status, printed) == (0, "people True\n")


def _command(pid):
    try:
        return Path("/proc", str(pid), "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _below(pid):
    """A process and all that came from it."""
    found = [pid]
    for parent in found:
        for children in Path("/proc", str(parent), "task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found
