"""make lint: the Python, XML, JavaScript and style sheets of the project, by their linters."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tools import stamps
from tools.commands import environment, say
from tools.locks import alone
from tools.places import BUILD, NODE_MODULES, ROOT, VENV, addons
from tools.setup import frontend, python

CHECKED = ("addons", "tools", "tests", "bench")
SETTINGS = ("pyproject.toml", "eslint.config.mjs", ".prettierrc.json", ".prettierignore")


def main():
    """Run every linter, also after one has complained.

    :return: int, 1 when any complained
    """
    with alone(BUILD / "setup.lock"):
        python.ensure()
        frontend.ensure()
    if os.environ.get("FIX"):
        for command in _fixers():
            subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    # Hashed before the linters read: a change under their hands must not count as checked
    key = stamps.digest(*(ROOT / name for name in (*CHECKED, *SETTINGS, "package-lock.json")))
    if stamps.is_done("lint", key):
        say("Lint: nothing has changed since the last clean run.")
        return 0
    with ThreadPoolExecutor(os.cpu_count()) as hands:
        clean = all(hands.map(_passes, *zip(*_linters().items(), strict=True)))
    if clean:
        stamps.done("lint", key)
    return 0 if clean else 1


def _linters():
    """Names and command lines."""
    programs, node = VENV / "bin", NODE_MODULES / ".bin"
    linters = {
        "ruff": [programs / "ruff", "check", "."],
        "ruff format": [programs / "ruff", "format", "--check", "."],
    }
    if addons():
        linters["pylint-odoo"] = [
            programs / "pylint",
            # readme/ holds fragments; extensions of a model by two concerns are two files
            "--disable=missing-readme,prefer-env-translation,consider-merging-classes-inherited",
            *(f"addons/{name}" for name in addons()),
        ]
    linters["prettier"] = [node / "prettier", "--check", "--log-level=warn", "."]
    linters["eslint"] = [node / "eslint", "."]
    return linters


def _fixers():
    """What a machine can mend by itself."""
    return [
        [VENV / "bin" / "ruff", "check", "--fix", "--quiet", *CHECKED],
        [VENV / "bin" / "ruff", "format", "--quiet", *CHECKED],
        [NODE_MODULES / ".bin" / "prettier", "--write", "--log-level=warn", "."],
    ]


def _passes(name, command):
    """Run one linter; print what it says when it complains."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(PATH=f"{VENV / 'bin'}:{os.environ['PATH']}"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    say(f"{name}: {'clean' if not done.returncode else 'complains'}")
    if done.returncode:
        sys.stdout.write(done.stdout)
    return not done.returncode
