"""make bench: the figures, to the screen and bench/results.json."""

import subprocess

from tools import template
from tools.commands import dies_with_us
from tools.places import ROOT, VENV_PYTHON
from tools.setup.everything import platform


def main():
    """Measure what FIGURES names at SCALE times its size; everything at full size without them.

    :return: int, 0 when every figure was measured
    """
    with platform() as made:
        template.ensure(made)
        return subprocess.run(
            [VENV_PYTHON, "-m", "bench.harness"], cwd=ROOT, preexec_fn=dies_with_us, check=False
        ).returncode
