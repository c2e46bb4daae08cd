"""Where things lie: the project, what make builds in it, and the user's cache."""

import ast
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
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def manifest(addon):
    """What an addon says of itself.

    :return: dict
    """
    return ast.literal_eval((ADDONS / addon / "__manifest__.py").read_text())
