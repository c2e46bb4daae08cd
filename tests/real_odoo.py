"""A database and an Odoo process of one's own, for tests that look at Odoo from outside.

The database server is the one that libpq's environment names, Odoo the one that Python imports.
"""

import contextlib
import http.cookiejar
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = ("--workers=0", "--max-cron-threads=0", "--log-handler=werkzeug:WARNING")


class RealOdoo:
    """One database, and Odoo's command line on it."""

    def __init__(self, folder, template=None):
        self.folder = Path(folder)
        self.database = f"political_outside_{uuid.uuid4().hex[:12]}"
        self.template = template

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

    def clone(self):
        """Another one, as this one is now; nobody may be connected."""
        return RealOdoo(self.folder, template=self.database)

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

    @contextlib.contextmanager
    def serving(self, environment=None):
        """Serve the database for the time of the block.

        :param dict environment: more variables for the process
        :return: Web, to call it
        """
        port = free_port()
        log = self.folder / f"{self.database}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                self.command(*QUIET, "--http-interface=127.0.0.1", f"--http-port={port}"),
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Web(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.terminate()
            process.wait(30)


class Web:
    """A served Odoo, called the way a browser calls it."""

    def __init__(self, url, process, log):
        self.url, self.log = url, log
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                self._opener.open(f"{url}/web/health", timeout=5).close()
                return
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < deadline, "Odoo did not answer within 90 s"
            time.sleep(0.3)

    def login(self, database, login, password):
        return self._post("/web/session/authenticate", db=database, login=login, password=password)

    def call(self, model, method, *args, **kwargs):
        """Call a public method of a model by RPC.

        :raises RuntimeError: with what the server answered
        """
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=args,
            kwargs=kwargs,
        )

    def _post(self, path, **params):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.url + path, body, {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=120) as answer:
            content = json.load(answer)
        if "error" in content:
            raise RuntimeError(content["error"]["data"]["message"])
        return content.get("result")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
