"""Programs that only the system can bring: Chromium and wkhtmltopdf."""

import os
import shutil

from tools.commands import run, say
from tools.faults import SetupError
from tools.setup import debian

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium():
    """Path of a Chromium; installed first when that is possible.

    :return: str
    :raises SetupError: there is none, and it cannot be installed
    """
    return _ensure(BROWSERS, "chromium", "browser tests")


def wkhtmltopdf():
    """Path of wkhtmltopdf, which Odoo's PDF reports call; installed when possible.

    :return: str
    :raises SetupError: there is none, and it cannot be installed
    """
    return _ensure(("wkhtmltopdf",), "wkhtmltopdf", "PDF reports")


def find(names):
    """The first of these programs on PATH.

    :param names: names of programs
    :return: str or None
    """
    return next(filter(None, map(shutil.which, names)), None)


def _ensure(names, package, purpose):
    found = find(names)
    if not found and os.geteuid() == 0 and debian.has_apt():
        say(f"Installing {package} ...")
        failed = f"{package} could not be installed."
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("apt-system", ["apt-get", "update"], failed, env=quiet)
        run(f"apt-{package}", ["apt-get", "install", "-y", package], failed, env=quiet)
        found = find(names)
    if not found:
        raise SetupError(
            f"There is no {package} on PATH, which the {purpose} need: "
            f"install it (on Debian, as root: apt-get install {package})."
        )
    return found
