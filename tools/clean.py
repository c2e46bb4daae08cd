"""make clean: remove what make built in this clone; the user's cache stays."""

import shutil

from tools.commands import say
from tools.faults import SetupError
from tools.locks import Users, alone
from tools.places import ADDONS, BUILD, NODE_MODULES, ROOT, VENV
from tools.setup import postgres


def main():
    """Stop a server that a kill left running, then remove the folders."""
    if postgres.FOLDER.is_dir():
        with alone(postgres.FOLDER / "lock"):
            if not Users(postgres.FOLDER / "users").am_last():
                raise SetupError("The database is in use: stop `make run` (or test) first.")
            if VENV.is_dir():
                postgres.stop()
    for folder in (BUILD, NODE_MODULES, ROOT / "dist", *ADDONS.glob("*/static/lib")):
        shutil.rmtree(folder, ignore_errors=True)
    (ROOT / "bench" / "results.json").unlink(missing_ok=True)
    say("Removed what make had built here. Downloads stay in the user's cache.")
