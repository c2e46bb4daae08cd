"""A run with no test, or with a warning in its log, is a failed run."""

import socket

import pytest

from tools import databases, template
from tools.odoo_process import counts_in, warnings_in
from tools.places import ROOT
from tools.test import AddonRun

LINE = "2026-01-01 00:00:00,000 1 %s db odoo.tests.result: %s\n"


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ([], (0, 0, 0)),
        ([("INFO", "0 failed, 0 error(s) of 0 tests when loading database 'db'")], (0, 0, 0)),
        ([("INFO", "0 failed, 0 error(s) of 7 tests when loading database 'db'")], (7, 0, 0)),
        ([("ERROR", "1 failed, 2 error(s) of 7 tests when loading database 'db'")], (4, 3, 0)),
        (
            [
                ("INFO", "skipped TestA.test_b : no data"),
                ("INFO", "0 failed, 0 error(s) of 7 tests when loading database 'db'"),
            ],
            (6, 0, 1),
        ),
    ],
)
def test_counts(tmp_path, lines, counts):
    log = tmp_path / "log"
    log.write_text("".join(LINE % line for line in lines))
    assert counts_in(log) == counts


@pytest.mark.parametrize(
    ("level", "bad"), [("INFO", False), ("WARNING", True), ("ERROR", True), ("CRITICAL", True)]
)
def test_warnings(tmp_path, level, bad):
    log = tmp_path / "log"
    log.write_text(LINE % ("INFO", "fine") + LINE % (level, "look here"))
    assert bool(warnings_in(log)) == bad
    assert not warnings_in(log, "look here")


def test_empty_log_is_no_clean_log(tmp_path):
    (tmp_path / "log").touch()
    assert warnings_in(tmp_path / "log")


def test_ignored_lines_are_not_ours():
    assert "political" not in (ROOT / "checklog-odoo.cfg").read_text()


def test_busy_port_is_no_success(platform, monkeypatch, capsys):
    """Odoo ends such a run in a second, with no test run and no failure."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr("tools.ports.free", lambda: other.getsockname()[1])
        with AddonRun(platform, "busy", "/political_consent") as run:
            run.process.wait(120)
            _, failed, _ = run.counts()
    assert failed
    assert run.name in capsys.readouterr().out


def test_tag_without_tests_is_no_success(platform, capsys):
    with AddonRun(platform, "none", "/political_consent:NoSuchClass") as run:
        run.process.wait(120)
        passed, failed, _ = run.counts()
    assert (passed, failed) == (0, 1)
    assert "No test was run" in capsys.readouterr().out


def test_clone_is_dropped_and_killed_runs_leave_none(platform):
    with template.clone(platform, "mine") as name:
        assert databases.key(platform.server, name) is not None
    assert databases.key(platform.server, name) is None
    orphan = f"{template.CLONES}4194303_orphan"
    databases.create(platform.server, orphan)
    template.drop_orphans(platform)
    assert databases.key(platform.server, orphan) is None
