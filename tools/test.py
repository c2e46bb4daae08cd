"""make test: lint, each addon's tests on a clone of the template, then tests/."""

import contextlib
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

from tools import lint, ports, template
from tools.commands import dies_with_us, say
from tools.faults import SetupError
from tools.odoo_process import QUIET, counts_in, end, warnings_in
from tools.places import ADDONS, BUILD, LOGS, ROOT, VENV_PYTHON, addons
from tools.setup import programs
from tools.setup.everything import platform

REPORT = BUILD / "pytest.xml"
AT_ONCE = min(2, os.cpu_count() or 1)
# pytest's exit status when it collected nothing
NO_TESTS = 5


def main():
    """Run the tests that ADDON, TAGS and TESTS choose: all of them without any.

    :return: int, 0 when every one passed
    """
    addon, tags, paths = (os.environ.get(name, "") for name in ("ADDON", "TAGS", "TESTS"))
    chosen = addon.split() or addons()
    for name in set(chosen) - set(addons()):
        raise SetupError(f"There is no addon {name}: ADDON is one of {', '.join(addons())}.")
    if lint.main():
        raise SetupError("The tree is not lint-free: mend what is named above, then test.")
    if not paths:
        programs.chromium()
        programs.wkhtmltopdf()
    counts = []
    with platform() as made:
        all_of_it = not (paths or tags or addon)
        _databases(made, with_base=all_of_it)
        if tags or addon or not paths:
            counts += _addon_tests(made, chosen, tags)
        if paths or all_of_it:
            counts.append(_top_tests(made, paths.split()))
    passed, failed, skipped = map(sum, zip(*counts, strict=True))
    if not passed + failed:
        say("No test was run.")
        failed = 1
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def _databases(made, with_base):
    """Make both at once: an installation keeps one core busy."""
    with ThreadPoolExecutor(2) as hands:
        jobs = [hands.submit(template.ensure, made)]
        if with_base:
            jobs.append(hands.submit(template.ensure_base, made))
        for job in jobs:
            job.result()


def _addon_tests(made, chosen, tags):
    """Two clones at a time, one part each; with TAGS, one clone for all that they name.

    :return: list of tuples of int: passed, failed, skipped
    """
    waiting = {"tags": tags} if tags else _parts(chosen)
    running, counts = [], []
    with contextlib.ExitStack() as all_clones:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                name = next(iter(waiting))
                running.append(all_clones.enter_context(AddonRun(made, name, waiting.pop(name))))
            time.sleep(0.2)
            for run in [run for run in running if run.process.poll() is not None]:
                running.remove(run)
                counts.append(run.counts())
    return counts


def _parts(chosen):
    """Tags by name of a part: an addon, or half of the largest one.

    The longest first: what would come last runs beside the others. How long is guessed from the
    size of the tests.

    :return: dict of str
    """
    files = {name: _test_files(name) for name in chosen}
    largest = max(files, key=lambda name: sum(files[name].values()))
    parts = {name: (sum(files[name].values()), f"/{name}") for name in chosen if name != largest}
    half = [f"/{largest}/tests/{name}" for name in _half(files[largest])]
    # The second half is whatever is not in the first: no test can be in neither
    rest = [f"/{largest}", *(f"-{path}" for path in half)]
    for number, tags in enumerate((half, rest), start=1):
        parts[f"{largest}-{number}"] = (sum(files[largest].values()) / 2, ",".join(tags))
    return {
        name: parts[name][1] for name in sorted(parts, key=lambda name: parts[name], reverse=True)
    }


def _test_files(addon):
    """Size in bytes by name of each file of tests."""
    return {
        path.name: path.stat().st_size for path in sorted((ADDONS / addon / "tests").glob("test_*"))
    }


def _half(sizes):
    """Names of files that make up about half of the whole."""
    half, rest = [], []
    for name in sorted(sizes, key=sizes.get, reverse=True):
        min(half, rest, key=lambda names: sum(map(sizes.get, names))).append(name)
    return half


class AddonRun:
    """Tests of some tags on a clone of the template; ends and cleans up with its block."""

    def __init__(self, made, name, tags):
        self.made, self.name, self.tags = made, name, tags
        self.log = LOGS / f"test-{name}.log"
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.started = time.monotonic()
        database = self._stack.enter_context(template.clone(self.made, self.name))
        self.process = self.made.start(
            self.log,
            *QUIET,
            "--stop-after-init",
            f"--test-tags={self.tags}",
            "--http-interface=127.0.0.1",
            f"--http-port={ports.free()}",
            "--db-filter=",
            database=database,
        )
        self._stack.callback(end, self.process)
        return self

    def __exit__(self, *_):
        self._stack.close()

    def counts(self):
        """What the log tells; a warning, or no test at all, is a failure.

        :return: tuple of int: passed, failed, skipped
        """
        seconds = time.monotonic() - self.started
        passed, failed, skipped = counts_in(self.log)
        complaint = warnings_in(self.log)
        if not passed + failed:
            complaint += f"No test was run for {self.tags}."
        if complaint or self.process.returncode:
            failed = failed or 1
            say(f"{complaint.strip()}\n(the whole log: {self.log})")
        say(f"{self.name}: {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s")
        return passed, failed, skipped


def _top_tests(made, paths):
    """Run what crosses the addons, in tests/.

    :return: tuple of int: passed, failed, skipped
    """
    REPORT.unlink(missing_ok=True)
    status = subprocess.run(
        [
            *(VENV_PYTHON, "-m", "pytest", "--durations=25", f"--junitxml={REPORT}"),
            # A module stays with one worker: its tests share a server. tests/conftest.py orders
            *(f"--numprocesses={AT_ONCE}", "--dist=loadfile", "--no-loadscope-reorder"),
            *paths,
        ],
        cwd=ROOT,
        env=made.environment,
        stdin=subprocess.DEVNULL,
        preexec_fn=dies_with_us,
        check=False,
    ).returncode
    sys.stdout.flush()
    if not REPORT.is_file() or status == NO_TESTS:
        say("pytest ran no test.")
        return 0, 1, 0
    suites = ET.parse(REPORT).getroot().iter("testsuite")  # noqa: S314 - our own file
    total, bad, skipped = 0, 0, 0
    for suite in suites:
        total += int(suite.get("tests"))
        bad += int(suite.get("failures")) + int(suite.get("errors"))
        skipped += int(suite.get("skipped"))
    return total - bad - skipped, bad or int(bool(status)), skipped
