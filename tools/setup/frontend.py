"""Front-end libraries and tools, from npm by the lock file."""

import json
import shutil
import tempfile
from pathlib import Path

from tools import stamps
from tools.commands import environment, need, run, say
from tools.faults import SetupError
from tools.locks import alone
from tools.places import ADDONS, CACHE, NODE_MODULES, ROOT


def ensure():
    """Fetch what package-lock.json names and copy each addon's libraries to static/lib.

    :raises SetupError: no npm, no network
    """
    key = stamps.digest(ROOT / "package.json", ROOT / "package-lock.json")
    if not (stamps.is_done("frontend", key) and NODE_MODULES.is_dir()):
        say("Fetching the front-end libraries ...")
        npm = need("npm", "npm is needed for the front-end libraries: install the package npm.")
        stamps.undone("frontend")
        with alone(CACHE / "npm.lock"):
            _install(npm)
        stamps.done("frontend", key)
    for addon, libraries in json.loads((ROOT / "package.json").read_text())[
        "staticLibraries"
    ].items():
        if (ADDONS / addon).is_dir():
            _copy(addon, libraries)


def _install(npm):
    """npm checks each package against the lock file's hash; its cache is the user's."""
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", CACHE / "npm"]
    quiet = environment(NPM_CONFIG_UPDATE_NOTIFIER="false")
    try:
        # A second clone asks nothing of the network
        run("npm", [*command, "--offline"], "", cwd=ROOT, env=quiet)
    except SetupError:
        failed = "npm could not install what package-lock.json names."
        run("npm", [*command, "--fetch-retries", "1"], failed, cwd=ROOT, env=quiet)


def _copy(addon, libraries):
    """Put an addon's libraries into its static/lib, each whole or not at all."""
    for library, files in libraries.items():
        target = ADDONS / addon / "static" / "lib" / library
        key = stamps.digest(NODE_MODULES / library / "package.json", *files)
        step = f"library-{addon}-{library}"
        if stamps.is_done(step, key) and target.is_dir():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".partial-") as partial:
            whole = Path(partial, library)
            whole.mkdir()
            for name in files:
                source = NODE_MODULES / library / name
                (shutil.copytree if source.is_dir() else shutil.copyfile)(
                    source, whole / source.name
                )
            shutil.rmtree(target, ignore_errors=True)
            whole.replace(target)
        stamps.done(step, key)
