"""Starting Odoo: its environment, its options, and what its log says."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.commands import dies_with_us
from tools.faults import SetupError
from tools.places import ADDONS, DATA, ROOT, VENV, VENV_PYTHON
from tools.setup import odoo, postgres

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
            "-m",
            "odoo",
            subcommand,
            f"--config={ROOT / 'odoo.conf'}",
            f"--addons-path={','.join(map(str, folders))}",
            f"--data-dir={DATA}",
            *self.server.options,
            *([f"--database={database}"] if database else []),
            *map(str, words),
        ]

    def run(self, log, *words, database, subcommand="server", script=None):
        """Run Odoo to its end with its log in a file.

        :param Path log: the file, written anew
        :param words: more options
        :param str database: on which database
        :param str subcommand: server or shell
        :param str script: for the shell's standard input
        :return: int, the exit status
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        options = ["--workers=0", "--max-cron-threads=0", *words]
        if not any(str(word).startswith("--http-port") for word in words):
            options.append("--no-http")
        if subcommand == "server":
            options.append("--stop-after-init")
        with log.open("w") as output:
            return subprocess.run(
                self.command(*options, database=database, subcommand=subcommand),
                env=self.environment,
                cwd=ROOT,
                input=(script or "").encode(),
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=dies_with_us,
                check=False,
            ).returncode


def warnings_in(log):
    """What checklog-odoo finds in a log: every record above INFO that core is not known for.

    :param Path log: a log of Odoo's
    :return: str, empty when there is none
    """
    found = subprocess.run(
        [VENV / "bin" / "checklog-odoo", "-c", ROOT / "checklog-odoo.cfg", log],
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
