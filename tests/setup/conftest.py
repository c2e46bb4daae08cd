"""Fresh clones of this tree, and make run in them as a user would."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.places import BUILD, NODE_MODULES, ROOT, VENV

# Runs one step of the set-up the way make runs a command
STEP = """
import importlib, sys
sys.path.insert(0, "")
from tools import faults
module, _, function = sys.argv[1].rpartition(".")
step = getattr(importlib.import_module(module), function)
sys.exit(faults.told_in_a_sentence(lambda: print(step() or "done")))
"""


def outer_environment():
    """The environment as it was before make put its own things into it."""
    path = [part for part in os.environ["PATH"].split(":") if not part.startswith(str(VENV))]
    own = ("PYTHONPATH", "PGHOST", "PGUSER", "PGPORT", "PGPASSWORD", "MAKEFLAGS", "MFLAGS")
    ours = {"PATH": ":".join(path)}
    chosen = ("ADDON", "TAGS", "TESTS", "FIGURES", "SCALE", "PORT", "FIX", "MAKELEVEL")
    kept = {name: text for name, text in os.environ.items() if name not in (*own, *chosen)}
    return {**kept, **ours}


def _heed_ctrl_c():
    """For preexec_fn: tests that run in the background of a shell inherit a deaf ear to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Clone:
    """A copy of the tree as git would clone it, with the work not yet committed."""

    def __init__(self, folder):
        self.folder = folder
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, names.decode().split("\0")):
            source, target = ROOT / name, folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)

    def make_ready(self):
        """Give it the outer tree's environment, Odoo and front-end: nothing is to be fetched."""
        build = self.folder / ".build"
        build.mkdir()
        shutil.copytree(BUILD / "stamps", build / "stamps")
        for made in (BUILD / "venv", BUILD / "odoo"):
            if made.exists():
                (build / made.name).symlink_to(made)
        (self.folder / "node_modules").symlink_to(NODE_MODULES)
        return self

    def start(self, command, **variables):
        """Start a command in a process group of its own; output comes by a pipe."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**outer_environment(), **{name: str(text) for name, text in variables.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_heed_ctrl_c,
        )

    def run(self, command, seconds=300, **variables):
        """Run a command to its end.

        :return: tuple: exit status, all that it printed
        """
        process = self.start(command, **variables)
        try:
            printed, _ = process.communicate(timeout=seconds)
        finally:
            kill_group(process)
        return process.returncode, printed

    def make(self, *words, **variables):
        return self.run(["make", f"PYTHON={python()}", *words], **variables)

    def step(self, name, **variables):
        return self.run(self.step_command(name), **variables)

    @staticmethod
    def step_command(name):
        return [python(), "-c", STEP, name]


def python():
    """The machine's Python that the virtual environment was made from."""
    return str(Path(sys._base_executable))


def kill_group(process):
    """SIGKILL to a command and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


@pytest.fixture
def clone(tmp_path):
    """A fresh clone: nothing is set up there."""
    return Clone(tmp_path / "clone")


@pytest.fixture
def ready_clone(clone):
    """A clone for which nothing is left to fetch; it has no database yet."""
    return clone.make_ready()


@pytest.fixture
def empty_cache(tmp_path):
    """Variables of a user who has never fetched anything."""
    return {"XDG_CACHE_HOME": tmp_path / "cache", "PIP_NO_CACHE_DIR": "1"}


@pytest.fixture
def no_network():
    """Variables with which pip, npm and apt reach nothing."""
    nowhere = "http://127.0.0.1:9"
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    return {**dict.fromkeys(names, nowhere), "no_proxy": "", "NO_PROXY": ""}


def one_sentence(printed):
    """The lines that are neither make's own nor a step's announcement.

    :return: str, the only one
    """
    lines = [
        line
        for line in printed.splitlines()
        if line and not line.startswith("make") and not line.endswith(" ...")
    ]
    assert len(lines) == 1, printed
    assert lines[0].endswith((".", ")")), printed
    return lines[0]
