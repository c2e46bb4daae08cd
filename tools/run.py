"""make run: the demo database and a server on 127.0.0.1."""

import contextlib
import os
import subprocess
import time
import urllib.request

from tools import demo, ports
from tools.commands import dies_with_us, say
from tools.faults import SetupError
from tools.odoo_process import end
from tools.places import LOGS, MAILS, ROOT, VENV_PYTHON
from tools.setup.everything import platform

SECONDS_TO_START = 120


def main():
    """Serve the demo until Ctrl-C.

    :return: int, the exit status
    """
    try:
        port = int(os.environ.get("PORT") or 8069)
    except ValueError:
        raise SetupError("PORT is a number, as in `make run PORT=8070`.") from None
    ports.need(port)
    with platform() as made:
        demo.ensure(made)
        ports.need(port)
        with mail_kept_here() as mail:
            return _serve(made, port, mail)


@contextlib.contextmanager
def mail_kept_here():
    """An SMTP server of our own for the time of the block: no mail leaves this machine.

    :return: list of str, Odoo's options for it
    """
    port = ports.free()
    keeper = subprocess.Popen(
        [VENV_PYTHON, "-m", "tools.mails", str(port), MAILS],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        preexec_fn=dies_with_us,
        start_new_session=True,
    )
    try:
        yield ["--smtp=127.0.0.1", f"--smtp-port={port}", "--smtp-user=", "--smtp-password="]
    finally:
        end(keeper)


def _serve(made, port, mail):
    """Run the server, tell when it answers, wait for its end."""
    log = LOGS / "run.log"
    server = made.start(
        log,
        "--http-interface=127.0.0.1",
        f"--http-port={port}",
        f"--db-filter=^{demo.DATABASE}$",
        "--no-database-list",
        *mail,
        database=demo.DATABASE,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_served(server, address, log)
        _tell(made, address, log)
        return server.wait()
    except KeyboardInterrupt:
        say("\nStopped.")
        return 0
    finally:
        end(server)


def _tell(made, address, log):
    """Address and logins; printed only when the address answers."""
    logins = demo.logins(made)
    say(f"\nServing on {address}    (Ctrl-C stops)\n")
    for login, who in logins.items():
        say(f"  {login:8} password {login:8} {who}")
    say(f"\nMail stays on this machine: {MAILS}\nLog: {log}")


def wait_until_served(server, address, log):
    """Wait until a server answers.

    :param subprocess.Popen server: the server's process
    :param str address: where it should answer
    :param Path log: where it writes
    :raises SetupError: it ended, or did not answer in time
    """
    end_of_patience = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end_of_patience:
        if server.poll() is not None:
            said = demo.last_error(log.read_text(errors="replace"))
            raise SetupError(f"The server has stopped: {said} (all of it in {log}).")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/web/health", timeout=5).close()  # noqa: S310
            return
        time.sleep(0.2)
    raise SetupError(f"The server did not answer in {SECONDS_TO_START} seconds (its log: {log}).")
