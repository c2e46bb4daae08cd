"""Everything that a command needs, in the right order."""

import contextlib

from tools.locks import alone
from tools.odoo_process import Platform
from tools.places import BUILD
from tools.setup import frontend, odoo, postgres, python


def ensure_files():
    """Everything that is fetched and unpacked; one set-up at a time in a clone.

    :return: odoo.Odoo
    :raises SetupError: something cannot be had here
    """
    with alone(BUILD / "setup.lock"):
        python.ensure()
        frontend.ensure()
        return odoo.ensure()


@contextlib.contextmanager
def platform():
    """Odoo and a database server, for the time of the block.

    :return: Platform
    :raises SetupError: something cannot be had here
    """
    tree = ensure_files()
    with postgres.server() as server:
        yield Platform(tree, server)
