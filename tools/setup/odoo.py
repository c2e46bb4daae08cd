"""Odoo 19: the user's own when there is one, else Debian's package in a folder of ours."""

import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import stamps
from tools.commands import ask, say
from tools.faults import SetupError
from tools.places import BUILD, NODE_MODULES
from tools.setup import debian

# Odoo's package and those that its relative links lead to. The two fonts come from the suite
# whose files have the names that Odoo's links expect (unstable's Font Awesome has others).
PACKAGES = {
    "unstable": [
        "odoo-19",
        "fonts-roboto-unhinted",
        "fonts-montserrat",
        "libjs-jquery",
        "libjs-underscore",
        "libjs-jquery-form",
        "fonts-ocr-b",
    ],
    "bookworm": ["fonts-font-awesome", "fonts-inconsolata"],
}
# Left out of Debian's build; without it every page logs an error of its assets
LEFT_OUT = (
    NODE_MODULES / "@mediapipe/selfie_segmentation/selfie_segmentation.js",
    "mail/static/lib/selfie_segmentation/selfie_segmentation.js",
)
UNPACKED = BUILD / "odoo"
LINK = BUILD / "platform"


@dataclass(frozen=True)
class Odoo:
    """A tree of Odoo 19."""

    folder: Path  # holds the package `odoo`
    identity: str  # changes when the tree does

    @property
    def python_path(self):
        """The folder to put on PYTHONPATH: nothing but `odoo` lies in it.

        A system's package lies among the system's other Python packages, which would win over
        the pinned ones.
        """
        return LINK

    @property
    def addons_path(self):
        """Folders of Odoo's own addons: a checkout has two, a package one."""
        folders = [self.folder / "addons", self.folder / "odoo" / "addons"]
        packaged = (folders[1] / "web" / "__manifest__.py").is_file()
        return folders[1:] if packaged else folders


def ensure():
    """Find Odoo 19, or fetch it.

    :return: Odoo
    :raises SetupError: ODOO_HOME leads elsewhere, or Odoo cannot be had here
    """
    odoo = _from_odoo_home() or _importable() or _from_debian()
    LINK.mkdir(parents=True, exist_ok=True)
    link, target = LINK / "odoo", odoo.folder / "odoo"
    if not (link.is_symlink() and link.readlink() == target):
        beside = LINK / f".odoo.{os.getpid()}"
        beside.symlink_to(target)
        beside.replace(link)
    return odoo


def _series(folder):
    """("19", "0") of the tree in this folder, or None when there is none."""
    release = folder / "odoo" / "release.py"
    if not release.is_file():
        return None
    found = re.search(r"^version_info = \((\d+), *(\d+)", release.read_text(), re.MULTILINE)
    return found and found.groups()


def _identity(folder):
    release = folder / "odoo" / "release.py"
    return stamps.digest(release, str(folder), str(int(release.stat().st_mtime)))


def _from_odoo_home():
    home = os.environ.get("ODOO_HOME")
    if not home:
        return None
    folder = Path(home).expanduser().resolve()
    series = _series(folder)
    if series != ("19", "0"):
        found = f"Odoo {'.'.join(series)}" if series else "no Odoo"
        raise SetupError(
            f"ODOO_HOME is {home}, and there is {found} there: "
            "set it to the folder of Odoo 19.0 that holds `odoo`, or unset it."
        )
    return Odoo(folder, _identity(folder))


def _importable():
    """An Odoo 19 that the machine's own Python imports."""
    code = "import odoo.release, os; print(os.path.dirname(os.path.dirname(odoo.release.__file__)))"
    found = ask([sys.executable, "-c", code], cwd="/").strip()
    # The tests run with our own link on their path
    if not found or Path(found) == LINK or _series(Path(found)) != ("19", "0"):
        return None
    return Odoo(Path(found), _identity(Path(found)))


def _from_debian():
    """Debian's package, its companions and the one file it leaves out, unpacked as a whole."""
    tree = UNPACKED / "usr/lib/python3/dist-packages"
    stamp = BUILD / "stamps" / "odoo"
    key = stamps.digest(str(PACKAGES), LEFT_OUT[0])
    if stamp.is_file() and stamp.read_text().startswith(key) and tree.is_dir():
        return Odoo(tree, stamp.read_text())
    if not debian.has_apt():
        raise SetupError(
            "Odoo 19 was not found, and this system has no apt to fetch Debian's package: "
            "get Odoo 19 (its source, or a package of your system), "
            "set ODOO_HOME to the folder that holds `odoo`, and run the same command again."
        )
    say("Fetching Odoo 19 (Debian's package, 130 MB once a user) ...")
    files = _fetch()
    BUILD.mkdir(parents=True, exist_ok=True)
    for left in BUILD.glob("odoo-partial-*"):
        shutil.rmtree(left)
    partial = Path(tempfile.mkdtemp(prefix="odoo-partial-", dir=BUILD))
    partial.chmod(0o755)
    try:
        debian.unpack(files, partial)
        missing = partial / "usr/lib/python3/dist-packages/odoo/addons" / LEFT_OUT[1]
        missing.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(LEFT_OUT[0], missing)
        _refuse_dangling_links(partial)
        shutil.rmtree(UNPACKED, ignore_errors=True)
        partial.replace(UNPACKED)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    identity = f"{key} {stamps.digest(*sorted(file.name for file in files))}"
    stamps.done("odoo", identity)
    return Odoo(tree, identity)


def _fetch():
    return debian.fetch(PACKAGES)


def _refuse_dangling_links(folder):
    """A companion package that is missing or has moved its files shows as a dangling link."""
    dangling = [path for path in folder.rglob("*") if path.is_symlink() and not path.exists()]
    if dangling:
        raise SetupError(
            f"Odoo's package has {len(dangling)} links that lead nowhere, such as "
            f"{dangling[0].relative_to(folder)}: a companion package has changed on the mirror."
        )
