"""make shell: Odoo's shell on the demo database; a script from standard input too."""

import subprocess
import sys

from tools import demo
from tools.commands import dies_with_us
from tools.places import ROOT
from tools.run import mail_kept_here
from tools.setup.everything import platform


def main():
    """Open the shell, or run what standard input holds.

    :return: int, the exit status
    """
    with platform() as made:
        demo.ensure(made)
        with mail_kept_here() as mail:
            quiet = [] if sys.stdin.isatty() else ["--log-level=warn"]
            return subprocess.run(
                made.command(
                    "--no-http", *quiet, *mail, database=demo.DATABASE, subcommand="shell"
                ),
                env=made.environment,
                cwd=ROOT,
                preexec_fn=dies_with_us,
                check=False,
            ).returncode
