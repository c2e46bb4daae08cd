"""The virtual environment with what requirements*.txt pin."""

import platform
import shutil
import sys
import tempfile
from pathlib import Path

from tools import stamps
from tools.commands import ask, environment, run, say
from tools.faults import SetupError
from tools.locks import alone
from tools.places import CACHE, ROOT, VENV, VENV_PYTHON
from tools.setup import debian

REQUIREMENTS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
# An older pip builds them in another way, for which it lacks a package
FETCH = ("--retries", "2", "--no-deps", "--use-pep517")
FAILED = "The Python packages could not be installed."


def ensure():
    """Make the virtual environment, once for each content of the requirements.

    :raises SetupError: no network, no way to pip
    """
    build = f"{platform.python_implementation()}-{platform.python_version()}-{platform.machine()}"
    wheels_key = stamps.digest(build, *REQUIREMENTS)
    key = stamps.digest(wheels_key, sys.base_prefix)
    if stamps.is_done("python", key) and VENV_PYTHON.exists():
        return
    say("Installing the Python packages ...")
    stamps.undone("python")
    shutil.rmtree(VENV, ignore_errors=True)
    _make_venv()
    wheels = CACHE / "wheels" / wheels_key
    with alone(CACHE / "wheels.lock"):
        if not wheels.is_dir():
            _fetch(wheels)
    # Python compiles what it imports by itself, and pip would compile everything: twice the time
    offline = ["--no-compile", "--no-index", "--no-deps", "--find-links", wheels]
    run("pip-install", [*_pip("install"), *offline, *_requirements()], FAILED)
    stamps.done("python", key)


def _pip(*words):
    return [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", *words]


def _requirements():
    return [word for file in REQUIREMENTS for word in ("-r", file)]


def _fetch(wheels):
    """Download and build every wheel beside its place, then move the whole set in."""
    wheels.parent.mkdir(parents=True, exist_ok=True)
    for left in wheels.parent.glob("partial-*"):
        shutil.rmtree(left)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=wheels.parent))
    try:
        run(
            "pip-fetch",
            [*_pip("wheel"), *FETCH, "-w", partial, *_requirements()],
            "The Python packages could not be fetched.",
            # What builds the few that come as source is pinned too
            env=environment(PIP_CONSTRAINT=REQUIREMENTS[0]),
        )
        partial.replace(wheels)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _make_venv():
    """A virtual environment with pip, also where Debian splits pip off Python."""
    VENV.parent.mkdir(parents=True, exist_ok=True)
    failed = "The virtual environment could not be made."
    if ask([sys.executable, "-c", "import ensurepip, venv; print('there')"]):
        run("venv", [sys.executable, "-m", "venv", VENV], failed)
        return
    if not debian.has_apt():
        raise SetupError("This Python has no venv or no ensurepip: install them and try again.")
    run("venv", [sys.executable, "-m", "venv", "--without-pip", VENV], failed)
    with tempfile.TemporaryDirectory() as folder:
        pip = debian.pip_wheel(Path(folder))
        run("venv", [VENV_PYTHON, pip / "pip", "install", "--no-index", pip], failed)
