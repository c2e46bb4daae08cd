"""The phone's shell: which files its service worker keeps, and their version.

The version is a hash of the files' content, so that a changed file by itself makes a new worker:
nothing is to be counted up by hand, and no phone keeps half of an old shell.
"""

import hashlib
import json
from pathlib import Path

PLACE = 'const SHELL = {version: "", files: []};'
PREFIX = "/political_canvass/static/"
WORKER = "src/app/service-worker.js"
SENDER = "src/app/background-worker.js"
# Read by the browser itself, or kept by the worker under the page's own address
APART = {WORKER, SENDER, "src/app/manifest.webmanifest", "src/app/index.html"}
# From the npm lock file; where it was not fetched the app does without
LIBRARIES = ("lib/lean-qr/index.mjs",)


def worker(static, shared=None, sends=False):
    """The service worker with the shell's files and version written into it.

    :param Path static: the addon's ``static`` folder
    :param dict shared: paths of files of other addons, by their addresses
    :param bool sends: for browsers that wake it: a module that also empties the outbox
    :returns: str, JavaScript
    :raises ValueError: where the worker lacks the line that is filled in
    """
    source = (Path(static) / WORKER).read_text(encoding="utf-8")
    if PLACE not in source:
        raise ValueError(f"{WORKER} lacks the line: {PLACE}")
    shell = json.dumps(_shell(Path(static), shared or {}), sort_keys=True)
    before = (Path(static) / SENDER).read_text(encoding="utf-8") if sends else ""
    return before + source.replace(PLACE, f"const SHELL = {shell};")


def _shell(static, shared):
    files = [path.relative_to(static).as_posix() for path in (static / "src/app").rglob("*.*")]
    files += [name for name in LIBRARIES if (static / name).is_file()]
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\n".encode() + (static / name).read_bytes())
    for address in sorted(shared):
        digest.update(f"{address}\n".encode() + Path(shared[address]).read_bytes())
    kept = sorted([PREFIX + name for name in files if name not in APART] + list(shared))
    return {"version": digest.hexdigest()[:16], "files": kept}
