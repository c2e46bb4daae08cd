"""A database and an Odoo process of one's own, for tests that look at Odoo from outside.

The database server is the one that libpq's environment names, Odoo the one that Python imports.
"""

import os
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = ("--workers=0", "--max-cron-threads=0")


class RealOdoo:
    """One database, and Odoo's command line on it.

    :param Path folder: for its files
    :param str template: a database to start from, which nobody is connected to; none by default
    """

    def __init__(self, folder, template=None):
        self.folder = Path(folder)
        self.template = template
        self.database = f"political_outside_{uuid.uuid4().hex[:12]}"

    def __enter__(self):
        words = ["--template", self.template or "template0", self.database]
        if not self.template:
            words = ["--encoding", "UTF8", "--lc-collate", "C", *words]
        subprocess.run(["createdb", *words], check=True)
        return self

    def __exit__(self, *_):
        # Not with --force: that is refused while autovacuum, which is not ours, works there; a
        # plain drop stops it and waits
        end_ours = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = :'name' AND usename = current_user"
        )
        subprocess.run(
            ["psql", "-q", "-o", os.devnull, "-d", "postgres", "-v", f"name={self.database}"],
            input=end_ours,
            text=True,
            check=True,
        )
        subprocess.run(["dropdb", "--if-exists", self.database], check=True)

    def command(self, *words, subcommand="server"):
        """Odoo's command line.

        :return: list of str
        """
        import odoo.addons

        folders = [*odoo.addons.__path__, str(ROOT / "addons")]
        return [
            sys.executable,
            "-m",
            "odoo",
            subcommand,
            # Not the configuration of whoever runs the tests
            f"--config={os.devnull}",
            f"--addons-path={','.join(dict.fromkeys(filter(os.path.isdir, folders)))}",
            f"--data-dir={self.folder / 'data'}",
            f"--database={self.database}",
            *words,
        ]

    def run(self, *words, script=None):
        """Run Odoo to its end.

        :param words: options of the server, or none with a script
        :param script: Python for Odoo's shell
        :return: str, what it printed
        """
        subcommand = "shell" if script else "server"
        if not script:
            words = (*words, "--stop-after-init", *QUIET)
        done = subprocess.run(
            self.command("--no-http", *words, subcommand=subcommand),
            input=script,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert not done.returncode, done.stdout[-4000:]
        assert "Traceback (most recent call last)" not in done.stdout, done.stdout[-4000:]
        return done.stdout

    def query(self, statement):
        """Rows of one SQL statement.

        :return: list of lists of str
        """
        done = subprocess.run(
            ["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.database],
            input=statement,
            text=True,
            capture_output=True,
            check=True,
        )
        return [line.split("\t") for line in done.stdout.splitlines()]
