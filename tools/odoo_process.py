"""Starting Odoo: its environment, its options, and what its log says."""

import configparser
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.commands import dies_with_us
from tools.faults import SetupError
from tools.places import ADDONS, DATA, ROOT, VENV, VENV_PYTHON
from tools.setup import odoo, postgres

COMMAND = ROOT / "tools" / "bin" / "odoo"
QUIET = ("--workers=0", "--max-cron-threads=0")
TESTED = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
SKIPPED = re.compile(r" INFO \S+ \S+: skipped \S+")


@dataclass(frozen=True)
class Platform:
    """An Odoo tree and a database server: all that Odoo's command line needs."""

    odoo: odoo.Odoo
    server: postgres.Server

    @property
    def environment(self):
        """Odoo's environment: its tree, the venv's programs, the database's password.

        :return: dict
        """
        variables = self.server.environment
        return {
            **variables,
            "PATH": f"{VENV / 'bin'}:{variables['PATH']}",
            "PYTHONPATH": str(self.odoo.python_path),
            "PYTHONUNBUFFERED": "1",
        }

    def command(self, *words, database=None, subcommand="server"):
        """Odoo's command line, from odoo.conf with this clone's places over it.

        :param words: more options
        :param str database: the one database to serve
        :param str subcommand: server or shell
        :return: list of str
        """
        folders = [*self.odoo.addons_path, ADDONS]
        return [
            str(VENV_PYTHON),
            str(COMMAND),
            subcommand,
            f"--config={ROOT / 'odoo.conf'}",
            f"--addons-path={','.join(map(str, folders))}",
            f"--data-dir={DATA}",
            *self.server.options,
            *([f"--database={database}"] if database else []),
            *map(str, words),
        ]

    def start(self, log, *words, database, subcommand="server", stdin=subprocess.DEVNULL):
        """Start Odoo with its log in a file, in a session of its own: Ctrl-C is ours to pass on.

        :param Path log: the file, written anew
        :param words: more options
        :param str database: on which database
        :param str subcommand: server or shell
        :param stdin: as for Popen
        :return: subprocess.Popen; it dies with us
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output:
            return subprocess.Popen(
                self.command(*words, database=database, subcommand=subcommand),
                env=self.environment,
                cwd=ROOT,
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_us,
            )

    def run(self, log, *words, script=None, **options):
        """Run Odoo to its end, alone: without workers, crons and network.

        :param Path log: the file, written anew
        :param words: more options
        :param str script: for the shell's standard input
        :param options: as for start
        :return: int, the exit status
        """
        if options.get("subcommand", "server") == "server":
            words = (*words, "--stop-after-init")
        process = self.start(log, *QUIET, "--no-http", *words, stdin=subprocess.PIPE, **options)
        try:
            process.communicate((script or "").encode())
            return process.returncode
        finally:
            end(process)


def end(process):
    """Stop a child and wait for it; Odoo closes its connections on SIGTERM.

    :param subprocess.Popen process: the child
    """
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def warnings_in(log, *expected):
    """What checklog-odoo finds in a log: every record above INFO that core is not known for.

    :param Path log: a log of Odoo's
    :param expected: regular expressions of records that this run provokes on purpose
    :return: str, empty when there is none
    """
    known = configparser.RawConfigParser()
    known.read(ROOT / "checklog-odoo.cfg")
    patterns = [*known.get("checklog-odoo", "ignore").split("\n"), *expected]
    ignored = [word for pattern in patterns if pattern.strip() for word in ("-i", pattern.strip())]
    found = subprocess.run(
        [VENV / "bin" / "checklog-odoo", *ignored, log],
        capture_output=True,
        text=True,
        check=False,
    )
    if not found.returncode:
        return ""
    return (found.stdout.partition("errors that caused failure")[2] or found.stdout) + found.stderr


def refuse_warnings(log, what):
    """Fail when a log has a warning.

    :param Path log: a log of Odoo's
    :param str what: what was being done, for the sentence
    :raises SetupError: it has one
    """
    found = warnings_in(log)
    if found:
        raise SetupError(f"{found.strip()}\n{what} left warnings in the log {log}, shown above.")


def counts_in(log):
    """How many tests a log tells of.

    :param Path log: log of a run with --test-tags
    :return: tuple of int: passed, failed, skipped; (0, 0, 0) when no test ran
    """
    text = Path(log).read_text(errors="replace")
    told = TESTED.findall(text)
    if not told:
        return 0, 0, 0
    failed, errors, total = map(int, told[-1])
    bad, skipped = failed + errors, len(SKIPPED.findall(text))
    return max(total - bad - skipped, 0), bad, skipped
