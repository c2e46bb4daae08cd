"""make dist: one zip an addon, with its front-end libraries, to unpack in an addons folder."""

import zipfile

from tools.commands import say
from tools.faults import SetupError
from tools.locks import alone
from tools.places import ADDONS, BUILD, ROOT, addons, manifest
from tools.setup import frontend

DIST = ROOT / "dist"
# The same files give the same zip, on any day
WHEN = (1980, 1, 1, 0, 0, 0)


def main():
    """Write dist/<addon>-<version>.zip for each addon."""
    if not addons():
        raise SetupError("There is no addon to pack in the folder addons.")
    with alone(BUILD / "setup.lock"):
        frontend.ensure()
    DIST.mkdir(exist_ok=True)
    for addon in addons():
        target = DIST / f"{addon}-{manifest(addon)['version']}.zip"
        partial = DIST / f".{target.name}"
        try:
            _pack(addon, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        say(str(target.relative_to(ROOT)))


def _pack(addon, target):
    """Write an addon's files into a zip, without what running it left behind."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((ADDONS / addon).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                entry = zipfile.ZipInfo(str(path.relative_to(ADDONS)), WHEN)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, path.read_bytes())
        licence = zipfile.ZipInfo(f"{addon}/LICENSE", WHEN)
        licence.external_attr = 0o644 << 16
        packed.writestr(licence, (ROOT / "LICENSE").read_bytes())
