"""A turf, a bad network in front of the real server, and browsers that get killed."""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from .bad_network import BadNetwork
from .field import Field
from .phone import SIZE, Phone


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
def pictures(tmp_path_factory):
    """Where pictures of the screens are put to be looked at; ``PICTURES`` names another folder."""
    wanted = os.environ.get("PICTURES")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Killable:
    """A browser with a profile on disk that can be killed and started again."""

    def __init__(self, playwright, profile, options):
        self.playwright, self.profile, self.options = playwright, profile, options
        self.context = None

    def start(self, url):
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), viewport=SIZE, locale="fr-FR", **self.options
        )
        return Phone(self.context, url)

    def kill(self):
        """SIGKILL to every process of this profile, as when the system needs the memory."""
        deadline = time.monotonic() + 10
        while alive := list(self._processes()):
            assert time.monotonic() < deadline, "the browser survived SIGKILL"
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.context = None
        (self.profile / "SingletonLock").unlink(missing_ok=True)

    def _processes(self):
        mark = f"--user-data-dir={self.profile}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except (OSError, IndexError):
                continue
            if mark in command and state != "Z":
                yield int(entry.name)

    def files_with(self, text):
        """Files of the profile's databases that hold these bytes."""
        folders = [path for path in self.profile.rglob("IndexedDB") if path.is_dir()]
        assert folders, "the profile has no database to search"
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return [path for path in files if text in path.read_bytes()]

    def close(self):
        if self.context:
            self.context.close()
        shutil.rmtree(self.profile, ignore_errors=True)


@pytest.fixture
def killable(playwright, chromium_options, tmp_path):
    """Starts browsers on one profile that survives their death."""
    browser = Killable(playwright, tmp_path / "profile", chromium_options)
    yield browser
    browser.close()
