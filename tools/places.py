"""Where things lie: the project, what make builds in it, and the user's cache."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"

# Git-ignored; `make clean` removes it
BUILD = ROOT / ".build"
VENV = BUILD / "venv"
VENV_PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
DATA = BUILD / "data"
LOGS = BUILD / "logs"
MAILS = BUILD / "mails"

# Downloads, kept for the next clone
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "political-crm"


def addons():
    """Names of the project's addons, sorted.

    :return: list of str
    """
    return sorted(manifest.parent.name for manifest in ADDONS.glob("*/__manifest__.py"))
