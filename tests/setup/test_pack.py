"""Zips of make dist, the linters behind make lint, and what a second clone fetches."""

import json
import shutil
import subprocess
import zipfile

import pytest

from tools.places import ROOT, addons, manifest

from .conftest import python


def test_zips_hold_the_addons_and_their_libraries(ready_clone):
    status, printed = ready_clone.make("dist")
    assert not status, printed
    for addon in addons():
        target = ready_clone.folder / "dist" / f"{addon}-{manifest(addon)['version']}.zip"
        with zipfile.ZipFile(target) as packed:
            names = set(packed.namelist())
        source = ready_clone.folder / "addons" / addon
        files = {f"{addon}/{path.relative_to(source)}" for path in source.rglob("*.*")}
        packed_files = {name for name in files if "__pycache__" not in name}
        assert packed_files - {f for f in packed_files if (source.parent / f).is_dir()} <= names
        assert f"{addon}/LICENSE" in names
        assert not [name for name in names if name.endswith(".pyc")]
    libraries = json.loads((ROOT / "package.json").read_text())["staticLibraries"]
    for addon in set(libraries) & set(addons()):
        with zipfile.ZipFile(next((ready_clone.folder / "dist").glob(f"{addon}-*.zip"))) as packed:
            names = packed.namelist()
        for library in libraries[addon]:
            folder = f"{addon}/static/lib/{library}/"
            assert [name for name in names if name.startswith(folder)], folder


def test_same_tree_gives_the_same_zips(ready_clone):
    zips = []
    for _ in range(2):
        assert not ready_clone.make("dist")[0]
        folder = ready_clone.folder / "dist"
        zips.append({path.name: path.read_bytes() for path in folder.glob("*.zip")})
    assert zips[0] == zips[1]


MODEL = """from odoo import models


class Untidy(models.Model):
    _name = "untidy"
    _description = "Untidy"

    def act(self):
        self.env.cr.commit()
"""
MANIFEST = {
    "name": "Probe",
    "summary": "Nothing",
    "version": "19.0.1.0.0",
    "author": "Political CRM contributors",
    "license": "AGPL-3",
    "category": "Marketing",
    "depends": ["base"],
}


@pytest.fixture
def probe(ready_clone):
    """A tree with the project's settings and one tidy addon, in which nothing else complains."""
    for name in ("addons", "tests", "bench"):
        shutil.rmtree(ready_clone.folder / name)
    addon = ready_clone.folder / "addons" / "probe"
    addon.mkdir(parents=True)
    (addon / "models").mkdir()
    (addon / "__init__.py").touch()
    (addon / "models" / "__init__.py").touch()
    (addon / "__manifest__.py").write_text(
        "{\n"
        + "".join(f"    {json.dumps(k)}: {json.dumps(v)},\n" for k, v in MANIFEST.items())
        + "}\n"
    )
    return ready_clone


@pytest.mark.parametrize(
    ("name", "text", "linter"),
    [
        ("bench/untidy.py", '"""Untidy."""\n\nimport os\n', "ruff"),
        ("bench/untidy.py", "x = {'a':1}\n", "ruff format"),
        ("addons/probe/models/untidy.py", MODEL, "pylint-odoo"),
        ("addons/probe/views/untidy.xml", "<odoo><a   b='1'/></odoo>\n", "prettier"),
        ("addons/probe/static/src/untidy.js", "export const a = b;\n", "eslint"),
        (None, "", None),
    ],
)
def test_each_linter_complains(probe, name, text, linter):
    if name:
        file = probe.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    status, printed = probe.make("lint")
    assert bool(status) == bool(linter), printed
    told = [line.partition(":")[0] for line in printed.splitlines() if line.endswith(": complains")]
    assert told == ([linter] if linter else []), printed


def test_second_clone_fetches_nothing(clone, no_network):
    """Everything that the first has fetched lies in the user's cache; Debian's Odoo included."""
    first = clone.step("tools.setup.odoo._fetch")
    assert first[0] == 0, first[1]
    status, printed = clone.step("tools.setup.everything.ensure_files", ODOO_HOME="", **no_network)
    assert status == 0, printed
    tree = clone.folder / ".build" / "odoo"
    assert not [path for path in tree.rglob("*") if path.is_symlink() and not path.exists()]
    addons_of_core = tree / "usr/lib/python3/dist-packages/odoo/addons"
    left_out = addons_of_core / "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    assert left_out.stat().st_size > 40_000
    version = [python(), "-c", "import odoo.release; print(odoo.release.version)"]
    said = clone.run(version, PYTHONPATH=clone.folder / ".build" / "platform")
    assert said[1].startswith("19.0"), said
    # Git sees nothing of it, and clean takes it away
    assert not clone.make("clean")[0]
    left = {path.name for path in clone.folder.iterdir()}
    assert not left & {".build", "node_modules", "dist"}


def test_lock_file_names_no_host():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]


def test_built_things_are_ignored_by_git():
    for name in (
        ".build/x",
        "node_modules/x",
        "dist/x.zip",
        "addons/political_crm/static/lib/leaflet/leaflet.js",
    ):
        ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert ignored.returncode == 0, name
