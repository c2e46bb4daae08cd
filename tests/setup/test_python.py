"""A wrong Python, a virtual environment cut off half-way, a system's Python without pip."""

import itertools
import subprocess
import time

import pytest

from tools.places import ROOT, VENV
from tools.setup import debian

from .conftest import kill_group, one_sentence, python

SHIM = """#!{python}
import runpy, sys
sys.version_info = {version}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("version", [(3, 9, 2), (2, 7, 18), (3, 15, 0)])
@pytest.mark.parametrize("target", ["run", "test", "lint", "clean"])
def test_wrong_python_is_told(clone, tmp_path, version, target):
    shim = tmp_path / "bin" / "python3"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(python=python(), version=version))
    shim.chmod(0o755)
    status, printed = clone.run(["make", f"PYTHON={shim}", target])
    assert status
    assert "Python 3.10 to 3.13 is needed" in one_sentence(printed)
    assert not (clone.folder / ".build").exists()


def test_first_file_is_readable_for_old_pythons():
    """No f-string, no annotation: else an old Python shows a SyntaxError, not the sentence."""
    source = (ROOT / "tools" / "start.py").read_text()
    assert "f'" not in source
    assert 'f"' not in source
    assert "->" not in source


def test_interrupted_install_is_done_again(clone):
    """SIGKILL in the middle of pip's work: the half environment is not taken for a whole one."""
    process = clone.start(clone.step_command("tools.setup.python.ensure"))
    half = clone.folder / ".build" / "venv" / "bin" / "ruff"
    packages = clone.folder / ".build" / "venv" / "lib"
    deadline = time.monotonic() + 120
    while not list(packages.glob("python3*/site-packages/lxml")):
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kill_group(process)
    assert not (clone.folder / ".build" / "stamps" / "python").exists()
    status, printed = clone.step("tools.setup.python.ensure")
    assert not status, printed
    assert half.exists()
    status, printed = clone.step("tools.setup.python.ensure")
    assert (status, printed) == (0, "done\n"), "a second run does nothing"


@pytest.mark.skipif(not debian.has_apt(), reason="the system's own pip comes by apt")
def test_python_that_came_without_pip(clone, tmp_path):
    """Debian splits pip and ensurepip off; without root they cannot be installed."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "ensurepip.py").write_text("raise ImportError('not here')\n")
    status, printed = clone.step("tools.setup.python._make_venv", PYTHONPATH=tmp_path / "hidden")
    assert not status, printed
    said = clone.run([clone.folder / ".build/venv/bin/python", "-m", "pip", "--version"])
    assert said[0] == 0
    assert str(clone.folder) in said[1]


def test_every_need_of_the_packages_is_pinned():
    """--no-deps is safe: pip finds nothing missing but the package odoo, which Odoo's tree is."""
    check = [VENV / "bin" / "python", "-m", "pip", "check"]
    said = subprocess.run(check, capture_output=True, text=True, check=False, env={}).stdout
    missing = [line for line in said.splitlines() if "requires odoo," not in line]
    assert missing in ([], ["No broken requirements found."])


def test_requirements_are_pinned_and_justified():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith("#")]
        assert all("==" in line for line in pins), name
        end = next(at for at, line in enumerate(lines) if line.startswith(("# --- O", "# --- N")))
        ours = lines[:end]
        for above, line in itertools.pairwise(ours):
            if line and not line.startswith("#"):
                assert above.startswith("# "), f"{name}: {line} has no reason above it"
