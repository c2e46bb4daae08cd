"""The embedded server: shared, stopped with its last user, taken over after any kill."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tools import databases
from tools.locks import Users
from tools.places import ROOT
from tools.setup import postgres

# Uses the server until told to go on, in a process of its own
USER = """
import sys
from pathlib import Path
from tools import commands
from tools.setup import postgres
folder = Path(sys.argv[1])
commands.LOGS = postgres.LOGS = folder / "logs"
postgres.FOLDER, postgres.CLUSTER = folder, folder / "data"
with postgres.server() as own:
    from tools import databases
    print(databases.query(own, "postgres", "SELECT current_user, version()")[0], flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cluster of its own. As root it lies below a folder that nobody else may enter."""
    monkeypatch.setattr(postgres, "FOLDER", tmp_path / "postgres")
    monkeypatch.setattr(postgres, "CLUSTER", tmp_path / "postgres" / "data")
    monkeypatch.setattr(postgres, "configured", lambda: None)
    yield tmp_path / "postgres"
    postgres.stop()


class User:
    """Another process that uses the server."""

    def __init__(self, folder, python=sys.executable, **options):
        self.process = subprocess.Popen(
            [python, "-c", USER, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
        self.said = self.process.stdout.readline()
        while self.said.rstrip().endswith("..."):
            self.said = self.process.stdout.readline()

    def leave(self):
        self.process.communicate("\n")
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()


def postmaster():
    """The server's process number, or None when it does not run."""
    pid_file = postgres.CLUSTER / "postmaster.pid"
    pid = int(pid_file.read_text().split()[0]) if pid_file.exists() else None
    return pid if pid and Path("/proc", str(pid)).exists() else None


def test_stopped_with_its_last_user(folder):
    first, second = User(folder), User(folder)
    assert "PostgreSQL 18" in first.said
    assert "'odoo'" in second.said
    assert first.leave() == 0
    assert postmaster(), "stopped under its second user"
    assert second.leave() == 0
    assert not postmaster()


def test_two_start_it_at_once(folder):
    command = [sys.executable, "-c", USER, str(folder)]
    both = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        printed, _ = process.communicate("\n", timeout=60)
        assert process.returncode == 0
        assert "PostgreSQL 18" in printed
    assert not postmaster()


def test_taken_over_after_its_user_was_killed(folder):
    killed = User(folder)
    running = postmaster()
    killed.kill()
    assert postmaster() == running, "the server itself was not killed"
    heir = User(folder)
    assert postmaster() == running
    assert heir.leave() == 0
    assert not postmaster()


def test_recovered_after_its_own_kill(folder):
    with postgres.server() as own:
        databases.create(own, "kept")
        databases.query(own, "kept", "CREATE TABLE t AS SELECT 42 AS answer")
        time.sleep(1)  # synchronous_commit is off: the last moment may be lost, not more
        os.kill(postmaster(), signal.SIGKILL)
        assert (postgres.CLUSTER / "postmaster.pid").exists(), "a kill leaves the file"
    with postgres.server() as own:
        assert databases.query(own, "kept", "SELECT answer FROM t") == [["42"]]


def test_pid_file_that_names_another_program(folder):
    """After a restart of the machine the number may be anybody's: ours, here."""
    assert User(folder).leave() == 0
    pid_file = postgres.CLUSTER / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{postgres.CLUSTER}\n0\n5432\n\n\n\nready\n")
    user = User(folder)
    assert "PostgreSQL 18" in user.said
    assert user.leave() == 0


def test_cluster_cut_off_in_the_making(folder):
    (folder / "partial-dead").mkdir(parents=True)
    user = User(folder)
    assert "PostgreSQL 18" in user.said
    assert user.leave() == 0
    assert not list(folder.glob("partial-*"))


def test_long_path(tmp_path, monkeypatch):
    """A socket's path has 107 bytes at most."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    user = User(deep)
    assert "PostgreSQL 18" in user.said, user.said
    assert user.leave() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start it as somebody else")
def test_as_an_ordinary_user(tmp_path_factory):
    """The other half of the tests above, which run as root here."""
    options = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    python = _python_for(options)
    folder = Path(tempfile.mkdtemp(prefix="political-ordinary-"))
    try:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = User(folder / "postgres", python, **options)
        assert "PostgreSQL 18" in user.said, user.said
        assert (folder / "postgres" / "data").stat().st_uid == nobody.pw_uid
        assert user.leave() == 0
    finally:
        shutil.rmtree(folder)


def _python_for(user):
    """A Python that this user may run on this clone."""
    for python in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([python, "-c", "import tools.locks"], cwd=ROOT, check=True, **user)
            return python
    return pytest.skip("this clone, or every Python, lies where no other user may read")


def test_root_opens_no_folder_to_others(folder):
    """The wheel's own way would make every folder above the data readable to everybody."""
    before = folder.parent.stat().st_mode
    user = User(folder)
    assert user.leave() == 0
    assert folder.parent.stat().st_mode == before


def test_users_count(tmp_path):
    first, second = Users(tmp_path / "users"), Users(tmp_path / "users")
    first.join()
    second.join()
    assert not first.am_last()
    assert second.am_last()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("[options]\ndb_host =\n", None),
        ("[options]\n", None),
        ("[options]\ndb_host = db1\n", "db1"),
    ],
)
def test_server_of_odoo_conf(tmp_path, monkeypatch, text, host):
    (tmp_path / "odoo.conf").write_text(text + "db_password = s3cret\ndb_port = 5433\n")
    monkeypatch.setattr(postgres, "ROOT", tmp_path)
    found = postgres.configured()
    assert (found and found.host) == host
    if found:
        assert found.environment["PGPASSWORD"] == "s3cret"
        assert not [word for word in found.options if "s3cret" in word], "seen by `ps`"
        assert "--db_port=5433" in found.options
