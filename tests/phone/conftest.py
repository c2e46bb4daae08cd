"""A turf, a bad network in front of the real server, and browsers that get killed."""

import os
from pathlib import Path

import pytest

from ..conftest import serving
from .bad_network import BadNetwork
from .browsers import Killable
from .field import Field


@pytest.fixture(scope="session")
def odoo_server(platform):
    """One server for all modules here: each test publishes a turf of its own."""
    with serving(platform, "phone") as server:
        yield server


@pytest.fixture
def field(odoo_server):
    """A freshly published turf of 50 doors."""
    return Field(odoo_server)


@pytest.fixture
def network(field):
    """The address that phones use: passes on to the server, or fails as told."""
    with BadNetwork(field.upstream).serving() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def pictures():
    """The folder that ``PICTURES`` names for pictures of the screens to look at, else nothing."""
    wanted = os.environ.get("PICTURES")
    if wanted:
        Path(wanted).mkdir(parents=True, exist_ok=True)
    return Path(wanted) if wanted else None


@pytest.fixture
def killable(playwright, chromium_options, tmp_path):
    """Starts browsers on one profile that survives their death."""
    browser = Killable(playwright, tmp_path / "profile", chromium_options)
    yield browser
    browser.close()
