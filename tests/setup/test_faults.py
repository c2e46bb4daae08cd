"""No network, full disk, taken port, no database: one sentence each, and nothing half written."""

import os
import resource
import shutil
import socket

import pytest

from .conftest import one_sentence

NO_NETWORK = "There is no network: connect this machine and run the same command again."
FULL = "The disk is full: make room and run the same command again."


@pytest.mark.parametrize(
    "step",
    [
        "tools.setup.python.ensure",
        "tools.setup.frontend.ensure",
        "tools.setup.odoo._from_debian",
    ],
)
def test_no_network(clone, empty_cache, no_network, step):
    status, printed = clone.step(step, **empty_cache, **no_network)
    assert status == 1
    assert one_sentence(printed) == NO_NETWORK
    cache = empty_cache["XDG_CACHE_HOME"] / "political-crm"
    assert not list(cache.glob("wheels/*"))
    assert not list(cache.glob("debs/*"))
    assert not (clone.folder / ".build" / "stamps").exists()


def test_no_network_through_make(clone, empty_cache, no_network):
    status, printed = clone.make("lint", **empty_cache, **no_network)
    assert status
    assert one_sentence(printed) == NO_NETWORK


def test_files_that_may_not_grow(clone, empty_cache):
    """A quota, as a limit on the size of a file: pip's download ends in the middle."""
    command = ["prlimit", f"--fsize={4 << 20}", *clone.step_command("tools.setup.python.ensure")]
    if not shutil.which("prlimit"):
        pytest.fail("prlimit (package util-linux) is needed to limit a file's size")
    status, printed = clone.run(command, **empty_cache)
    assert status == 1
    assert one_sentence(printed) == FULL
    assert not list((empty_cache["XDG_CACHE_HOME"] / "political-crm").glob("wheels/*"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("step", ["tools.setup.python.ensure", "tools.setup.frontend.ensure"])
def test_full_disk(clone, empty_cache, step):
    """A real disk of 24 MB under the cache."""
    cache = empty_cache["XDG_CACHE_HOME"]
    cache.mkdir()
    mount = 'mount -t tmpfs -o size=24m none "$0" && "$@"; s=$?; find "$0" -name "*.whl"; exit $s'
    command = ["unshare", "-m", "sh", "-c", mount, cache, *clone.step_command(step)]
    status, printed = clone.run(command, **empty_cache)
    assert status == 1
    assert one_sentence(printed) == FULL


def test_taken_port(ready_clone):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, printed = ready_clone.make("run", f"PORT={port}")
    assert status
    assert f"Port {port} of 127.0.0.1 is taken" in one_sentence(printed)


def test_port_that_is_no_number(ready_clone):
    status, printed = ready_clone.make("run", "PORT=web")
    assert status
    assert one_sentence(printed).startswith("PORT is a number")


@pytest.mark.parametrize("target", ["run", "shell"])
def test_database_that_does_not_answer(ready_clone, target):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        conf = ready_clone.folder / "odoo.conf"
        named = f"db_host = 127.0.0.1\ndb_port = {port}\ndb_user = political\n"
        conf.write_text(conf.read_text().replace("db_host =\n", named))
        status, printed = ready_clone.make(target, "PORT=0")
    assert status
    sentence = one_sentence(printed)
    assert sentence.startswith("The database server that odoo.conf names (127.0.0.1) cannot be")
    assert not (ready_clone.folder / ".build" / "postgres" / "data").exists()


def test_unknown_addon(ready_clone):
    status, printed = ready_clone.make("test", "ADDON=political_nothing")
    assert status
    assert one_sentence(printed).startswith("There is no addon political_nothing")
