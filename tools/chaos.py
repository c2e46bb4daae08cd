"""make chaos: phones report while everything around them breaks, as long as one likes."""

import subprocess

from tools import template
from tools.commands import dies_with_us
from tools.places import ROOT, VENV_PYTHON
from tools.setup import programs
from tools.setup.everything import platform


def main():
    """Break everything for SECONDS, as SEED draws it; the last line tells what became of it.

    :return: int, 0 when no report was lost or doubled
    """
    programs.chromium()
    with platform() as made:
        template.ensure(made)
        return subprocess.run(
            [VENV_PYTHON, "-m", "tests.phone.chaos"],
            cwd=ROOT,
            env=made.environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=dies_with_us,
            check=False,
        ).returncode
