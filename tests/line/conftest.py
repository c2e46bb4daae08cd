"""One server for the whole line: each step stands on the one before it."""

import os
from pathlib import Path

import pytest

from tests.conftest import serving
from tools.places import ROOT

from .party import Party

SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real files; tests that read them are skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared/data with the real files is not beside this clone")
    return SHARED


@pytest.fixture(scope="module")
def odoo_server(platform, request):
    """As everywhere, with the scheduled jobs running: queues move by themselves."""
    with serving(platform, request.node.name, "--max-cron-threads=1") as server:
        yield server


@pytest.fixture(scope="module")
def party(odoo_server):
    """The party's staff on that server, and what the steps before have left."""
    return Party(odoo_server)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where pictures of the screens go; ``PICTURES`` names a folder to look at them."""
    wanted = os.environ.get("PICTURES")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
