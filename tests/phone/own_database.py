"""A PostgreSQL server of a test's own, which may crash without the others."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import databases
from tools.setup import postgres

# What is not on disk shall be lost for sure: nothing goes there by itself, nor by the way
LAZY = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "synchronous_commit": "off",
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
    "autovacuum": "off",
}


class OwnDatabase:
    """A cluster in a folder of its own, with a copy of one database.

    A context manager: made and started, at its end stopped and removed.
    """

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="own-"))
        try:
            # Not as postgres: Odoo refuses to work as that user
            self.server = postgres.Server(str(self.folder), user=postgres.ROLE)
            if os.geteuid() == 0:
                shutil.chown(self.folder, *postgres.UNPRIVILEGED)
            self._run(
                "initdb",
                f"--username={postgres.ROLE}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            )
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_error):
        if (self.folder / "data" / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder)

    def start(self):
        """Start it; after a crash it recovers what it had written down."""
        settings = {**LAZY, "unix_socket_directories": self.folder}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run(
            "pg_ctl", "start", "--wait", f"--log={self.folder / 'log'}", f"--options={options}"
        )

    def crash(self):
        """End it at once, without a word to its clients and with nothing more written."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")

    def copy(self, source, database):
        """Bring in a database of another server, under the same name.

        :param postgres.Server source: where it is; nobody has to leave it
        :param str database: its name
        """
        subprocess.run(["createdb", database], env=self.server.environment, check=True)
        with subprocess.Popen(
            ["pg_dump", database], env=source.environment, stdout=subprocess.PIPE
        ) as dump:
            subprocess.run(
                ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database],
                env=self.server.environment,
                stdin=dump.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        assert not dump.returncode, "the database could not be read"
        # On disk as a whole: only what comes now may be lost
        for statement in ("ANALYZE", "CHECKPOINT"):
            databases.query(self.server, database, statement)

    def _run(self, program, *words):
        command = [postgres.binaries() / program, *words, f"--pgdata={self.folder / 'data'}"]
        subprocess.run(
            postgres.as_user(command),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )
