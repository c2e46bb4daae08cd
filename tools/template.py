"""The databases that tests start from: the template, and a base without our addons.

The template has all addons installed and the pages' assets made. The base is what a party that
already runs Odoo has before they come.
"""

import contextlib
import os
from pathlib import Path

from tools import databases, stamps
from tools.commands import say
from tools.demo import last_error
from tools.faults import SetupError, sentence_for
from tools.locks import alone
from tools.odoo_process import refuse_warnings
from tools.places import ADDONS, BUILD, LOGS, ROOT, addons, manifest

DATABASE = "political_template"
BASE = "political_base"
CLONES = "political_test_"
LANGUAGE = "fr_FR"
# Makes the bundles that every page loads, so that no test waits for them; and no greeting of
# OdooBot's opens over the screen of whoever logs in for the first time
WARM = """
env["ir.qweb"]._pregenerate_assets_bundles()
env["res.users"].with_context(active_test=False).search([]).odoobot_state = "disabled"
env["ir.default"].set("res.users", "odoobot_state", "disabled")
env.cr.commit()
"""


def ensure(platform):
    """Make the template anew when the addons, their needs or Odoo have changed.

    :param Platform platform: what to make it with
    :raises SetupError: Odoo refused, or its log has a warning
    """
    made_from = stamps.digest(
        ADDONS,
        ROOT / "requirements.txt",
        ROOT / "package-lock.json",
        ROOT / "checklog-odoo.cfg",
        platform.odoo.identity,
        WARM,
    )
    with alone(BUILD / "template.lock"):
        drop_orphans(platform)
        if databases.key(platform.server, DATABASE) == made_from:
            return
        if not addons():
            raise SetupError("There is no addon to test in the folder addons.")
        say("Making the template database (two to four minutes) ...")
        with _made(platform, DATABASE, made_from) as partial:
            words = (f"--init={','.join(addons())}", f"--load-language={LANGUAGE}")
            _odoo(platform, partial, "template", *words)
            _odoo(platform, partial, "template-assets", subcommand="shell", script=WARM)


def ensure_base(platform):
    """Make the base anew when Odoo, or what our addons build upon, has changed.

    :param Platform platform: what to make it with
    :raises SetupError: Odoo refused, or its log has a warning
    """
    needs = {name for addon in addons() for name in manifest(addon)["depends"]}
    words = f"--init={','.join(sorted(needs - set(addons())))}"
    made_from = stamps.digest(ROOT / "requirements.txt", platform.odoo.identity, words)
    with alone(BUILD / "base.lock"):
        if databases.key(platform.server, BASE) != made_from:
            with _made(platform, BASE, made_from) as partial:
                _odoo(platform, partial, "base", words)


@contextlib.contextmanager
def _made(platform, database, made_from):
    """An empty database to fill in the block, which has its name only once it is whole."""
    partial = f"{database}_partial"
    databases.drop(platform.server, partial)
    databases.create(platform.server, partial)
    yield partial
    databases.rename(platform.server, partial, database)
    databases.set_key(platform.server, database, made_from)


def _odoo(platform, database, step, *words, **options):
    """Run Odoo and demand a log without a warning."""
    log = LOGS / f"{step}.log"
    status = platform.run(log, *words, database=database, **options)
    printed = log.read_text(errors="replace")
    if status or "Traceback (most recent call last)" in printed:
        raise SetupError(
            sentence_for(
                printed,
                f"Odoo could not install the addons: {last_error(printed)} (all of it in {log}).",
            )
        )
    refuse_warnings(log, "Installing the addons")


@contextlib.contextmanager
def clone(platform, name):
    """A database like the template for the time of the block.

    :param Platform platform: where
    :param str name: what it is for; the process's number is added
    :return: str, its name
    """
    database = f"{CLONES}{os.getpid()}_{name}"
    with alone(BUILD / "template.lock"):
        databases.clone(platform.server, DATABASE, database)
    try:
        yield database
    finally:
        databases.drop(platform.server, database)


def drop_orphans(platform):
    """Drop clones whose process was killed before it could.

    :param Platform platform: where
    """
    for database in databases.names(platform.server, CLONES):
        pid = database.removeprefix(CLONES).partition("_")[0]
        if not Path("/proc", pid).exists():
            databases.drop(platform.server, database)
