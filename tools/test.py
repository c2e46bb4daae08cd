"""make test: lint, each addon's tests on a clone of the template, then tests/."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

from tools import lint, ports, template
from tools.commands import dies_with_us, say
from tools.faults import SetupError
from tools.odoo_process import counts_in, warnings_in
from tools.places import BUILD, LOGS, ROOT, VENV_PYTHON, addons
from tools.setup import platform, programs

REPORT = BUILD / "pytest.xml"
# Collected nothing
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
        template.ensure(made)
        if tags or addon or not paths:
            counts += _addon_tests(made, chosen, tags)
        if paths or not (tags or addon):
            counts.append(_top_tests(made, paths.split()))
    passed, failed, skipped = map(sum, zip(*counts, strict=True))
    if not passed + failed:
        say("No test was run.")
        failed = 1
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def _addon_tests(made, chosen, tags):
    """Two clones at a time, one addon each; with TAGS, one clone for all that they name."""
    jobs = {"tags": tags} if tags else {name: f"/{name}" for name in chosen}
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda job: _on_clone(made, *job), jobs.items()))


def _on_clone(made, name, tags):
    """Run tests by their tags on a clone.

    :return: tuple of int: passed, failed, skipped
    """
    log = LOGS / f"test-{name}.log"
    started = time.monotonic()
    with template.clone(made, name) as database:
        words = [f"--test-tags={tags}", f"--http-port={ports.free()}", "--db-filter="]
        made.run(log, *words, "--http-interface=127.0.0.1", database=database)
    passed, failed, skipped = counts_in(log)
    seconds = time.monotonic() - started
    complaint = warnings_in(log)
    if not passed + failed + skipped:
        complaint += f"No test was run for {tags}.\n"
    if complaint:
        failed += not failed
        say(f"{complaint.strip()}\n(the log: {log})")
    say(f"{name}: {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s")
    return passed, failed, skipped


def _top_tests(made, paths):
    """Run what crosses the addons, in tests/.

    :return: tuple of int: passed, failed, skipped
    """
    REPORT.unlink(missing_ok=True)
    status = subprocess.run(
        [VENV_PYTHON, "-m", "pytest", f"--junitxml={REPORT}", *paths],
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
