"""A real Odoo server on a database of its own, with a real SMTP server: for tests and figures.

Runs in the virtual environment.
"""

import contextlib
import os
import re
import signal
import time

import psutil
import psycopg2
import requests

from tools import ports
from tools.mails import Keeper, controller
from tools.odoo_process import end, warnings_in
from tools.places import LOGS
from tools.run import wait_until_served


class RefusedError(Exception):
    """The server's refusal of a call.

    :ivar str name: the exception's dotted name, such as odoo.exceptions.AccessError
    :ivar str message: its sentence
    """

    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message


class Session:
    """Calls as one user, the way the web client makes them: rights and rules apply.

    :param str url: the server
    :param str database: its database
    :param str login: who
    :param str password: the password; the login when left out
    :raises RefusedError: wrong login or password
    """

    def __init__(self, url, database, login, password=None):
        self.url = url
        self.http = requests.Session()
        answer = self.post(
            "/web/session/authenticate", db=database, login=login, password=password or login
        )
        self.uid = answer["uid"]

    def call(self, model, method, *args, **kwargs):
        """Call a model's public method.

        :return: what it returns, as JSON
        :raises RefusedError: it raised
        """
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=args,
            kwargs=kwargs,
        )

    def post(self, path, **params):
        """Call a route of type jsonrpc.

        :return: its result
        :raises RefusedError: it raised
        """
        response = self.http.post(self.url + path, json={"params": params}, timeout=120)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            data = answer["error"]["data"]
            raise RefusedError(data["name"], data["message"])
        return answer.get("result")


class Api:
    """The JSON-2 API with a user's key, as another program uses it.

    :param str url: the server
    :param str database: its database
    :param str key: an API key
    """

    def __init__(self, url, database, key):
        self.url = url
        self.http = requests.Session()
        self.http.headers.update({"Authorization": f"Bearer {key}", "X-Odoo-Database": database})

    def call(self, model, method, ids=None, **params):
        """Call a model's public method.

        :param ids: ids of the records, for a method that works on records
        :param params: the method's parameters by name
        :return: what it returns, as JSON
        :raises RefusedError: it raised
        """
        body = params if ids is None else {"ids": ids, **params}
        response = self.http.post(f"{self.url}/json/2/{model}/{method}", json=body, timeout=120)
        answer = response.json()
        if not response.ok:
            raise RefusedError(answer["name"], answer["message"])
        return answer


class LiveServer:
    """An Odoo server; start() and stop() it, kill() it, start() it again.

    :param Platform platform: Odoo and PostgreSQL
    :param str database: the database it serves
    :param options: more words for Odoo's command line; cron is off unless one turns it on
    """

    def __init__(self, platform, database, *options):
        self.platform, self.database, self.options = platform, database, options
        self.port = ports.free()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOGS / f"live-{database}.log"
        self.keeper = Keeper()
        self._mail = controller(self.keeper, ports.free())
        self._process, self._logs, self._sessions, self._expected = None, [], {}, []

    def start(self):
        """Start both servers and wait until Odoo answers."""
        if not self._logs:
            self._mail.start()
        log = self.log.with_suffix(f".{len(self._logs)}.log")
        self._logs.append(log)
        self._process = self.platform.start(
            log,
            "--workers=0",
            "--max-cron-threads=0",
            "--http-interface=127.0.0.1",
            f"--http-port={self.port}",
            f"--db-filter=^{self.database}$",
            "--smtp=127.0.0.1",
            f"--smtp-port={self._mail.port}",
            *self.options,
            database=self.database,
        )
        wait_until_served(self._process, self.url, log)
        return self

    def stop(self):
        """Stop Odoo as an admin would."""
        end(self._process)

    def kill(self):
        """End Odoo and its workers at once, as a power cut would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_workers(self):
        """End the processes that work for Odoo, on a server with workers; the one that watches over
        them makes others at once, without starting cold."""
        for child in psutil.Process(self._process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                if "gevent" not in child.cmdline():
                    child.kill()

    @property
    def pid(self):
        """The server's process, parent of its workers.

        :return: int
        """
        return self._process.pid

    def close(self):
        """Stop both servers."""
        if self._process:
            self.stop()
        with contextlib.suppress(AssertionError):
            self._mail.stop()

    # --- Mail ---------------------------------------------------------------------------------

    @property
    def mails(self):
        """Every mail that came in, oldest first: email.message.EmailMessage, with `sent_to`."""
        return self.keeper.messages

    def wait_for_mail(self, address, seconds=15):
        """The newest mail to an address, once there is one.

        :param str address: one of its recipients
        :param int seconds: how long to wait
        :return: email.message.EmailMessage
        """
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            for message in reversed(self.mails):
                if address in message.sent_to:
                    return message
            time.sleep(0.1)
        raise AssertionError(f"No mail to {address} in {seconds} s, only {len(self.mails)} others")

    # --- Calls --------------------------------------------------------------------------------

    def session(self, login="admin", password=None):
        """Calls as one user; the login is made once.

        :return: Session
        """
        if login not in self._sessions:
            self._sessions[login] = Session(self.url, self.database, login, password)
        return self._sessions[login]

    def call(self, model, method, *args, **kwargs):
        """Call a public method as the administrator.

        :return: what it returns, as JSON
        :raises RefusedError: it raised
        """
        return self.session().call(model, method, *args, **kwargs)

    def rpc(self, login="admin", password=None):
        """The JSON-2 API as one user, with a new API key of theirs.

        :return: Api
        """
        wizard = "res.users.apikeys.description"
        session = self.session(login, password)
        made = session.call(wizard, "create", {"name": "Tests", "duration": "1"})
        action = session.call(wizard, "make_key", [made])
        if action["res_model"] == "res.users.identitycheck":
            context = {"password": password or login}
            action = session.call(
                action["res_model"], "run_check", [action["res_id"]], context=context
            )
        return Api(self.url, self.database, action["context"]["default_key"])

    def sql(self, statement, *values, on=None):
        """Run SQL as the database's owner, in a transaction of its own.

        :param str statement: with %s for each value
        :param str on: another database than the one it serves
        :return: list of tuples; empty when the statement gives no rows
        """
        server = self.platform.server
        connection = psycopg2.connect(
            dbname=on or self.database,
            host=server.host,
            port=server.port or None,
            user=server.user or None,
            password=server.password or None,
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    # --- Log ----------------------------------------------------------------------------------

    def expect_in_log(self, pattern):
        """Say that this test provokes a warning on purpose.

        :param str pattern: regular expression found in the log's record
        """
        self._expected.append(pattern)

    def log_text(self):
        """The log so far, over restarts.

        :return: str
        """
        return "".join(log.read_text(errors="replace") for log in self._logs)

    def warnings(self):
        """Records above INFO that neither core is known for nor a test has announced.

        :return: str, empty when there is none
        """
        return "".join(warnings_in(log, *self._expected) for log in self._logs)


def links_in(message):
    """Addresses that a mail's HTML, or its text, links to.

    :param email.message.EmailMessage message: the mail
    :return: list of str, in order
    """
    body = message.get_body(("html", "plain")).get_content()
    return re.findall(r"https?://[^\s\"'<>]+", body.replace("&amp;", "&"))
