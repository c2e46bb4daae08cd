"""Browsers of a test's own, on a profile that survives their death."""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from tools.setup import programs

from .phone import SIZE, Phone


def options():
    """How to launch the system's Chromium without its own errands."""
    return {
        "executable_path": programs.chromium(),
        "args": [
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ],
    }


class Killable:
    """A browser with a profile on disk that can be killed and started again."""

    def __init__(self, playwright, profile, options):
        self.playwright, self.profile, self.options = playwright, profile, options
        self.context = None

    def launch(self):
        """Start the browser; its one context."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), viewport=SIZE, locale="fr-FR", **self.options
        )
        return self.context

    def start(self, url):
        """Start the browser with a phone in it."""
        return Phone(self.launch(), url)

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
