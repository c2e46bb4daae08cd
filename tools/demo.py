"""The demo database: an invented party, in French, brought up to date with the addons."""

from tools import databases, stamps
from tools.commands import say
from tools.faults import SetupError, sentence_for
from tools.locks import alone
from tools.places import ADDONS, BUILD, LOGS, ROOT, addons

DATABASE = "political_demo"
LANGUAGE = "fr_FR"
# Made by the addons' demo data; each password is the login
LOGINS = {
    "admin": "administrator",
    "staff": "national staff",
    "lead": "local lead, own branches only",
    "dpo": "data protection officer",
}


def ensure(platform):
    """Make the demo database, or update it when the addons have changed.

    :param Platform platform: what to make it with
    :raises SetupError: Odoo refused
    """
    made_from = stamps.digest(ADDONS, ROOT / "requirements.txt", platform.odoo.identity)
    server = platform.server
    with alone(BUILD / "demo.lock"):
        found = databases.key(server, DATABASE)
        if found == made_from:
            return
        if found:
            say("The addons have changed: updating the demo database ...")
            _odoo(platform, DATABASE, f"--update={','.join(addons())}")
        else:
            say("Making the demo database (some minutes, once) ...")
            partial = f"{DATABASE}_partial"
            databases.drop(server, partial)
            databases.create(server, partial)
            _odoo(platform, partial, "--with-demo", f"--load-language={LANGUAGE}")
            databases.rename(server, partial, DATABASE)
        databases.set_key(server, DATABASE, made_from)


def _odoo(platform, database, *words):
    """Install what is not there yet, update what is."""
    log = LOGS / "demo.log"
    status = platform.run(log, f"--init={','.join(addons())}", *words, database=database)
    printed = log.read_text(errors="replace")
    # Odoo goes on without demo data that fails to load; a demo without them is none
    if status or "demo data failed to install" in printed:
        raise SetupError(
            sentence_for(
                printed,
                f"Odoo could not load the addons into the demo database: {last_error(printed)} "
                f"(all of it in {log}; `make clean` starts over).",
            )
        )


def last_error(printed):
    """The last line of a log that names an error.

    :param str printed: a log
    :return: str
    """
    lines = [line for line in printed.splitlines() if "Error" in line or " CRITICAL " in line]
    return lines[-1].strip() if lines else "no error in its log"


def logins(platform):
    """Those of the demo's users that are in the database.

    :return: dict {login: who that is}
    """
    rows = databases.query(
        platform.server, DATABASE, "SELECT login FROM res_users WHERE active ORDER BY id"
    )
    there = {row[0] for row in rows}
    return {login: who for login, who in LOGINS.items() if login in there}
