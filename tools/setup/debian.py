"""Debian packages fetched and unpacked without root and without touching the system.

apt-get does the work, with a source list and a lists folder of our own: it checks Debian's
signature on the lists and the lists' hash on each package.
"""

import hashlib
import json
import platform
import shutil
import tempfile
from pathlib import Path

from tools import stamps
from tools.commands import ask, run
from tools.faults import SetupError
from tools.locks import alone
from tools.places import CACHE

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)


def has_apt():
    """Is this a machine with apt and dpkg (Debian, Ubuntu and their kin)?

    :return: bool
    """
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def is_debian():
    """Is this machine Debian itself?

    :return: bool
    """
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def mirror():
    """Address of the Debian mirror among the machine's own sources.

    :return: str, or "" when the machine has none
    """
    fields = "$(CREATED_BY)|$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)"
    spare = ""
    for line in ask(["apt-get", "indextargets", "--format", fields]).splitlines():
        made_by, origin, codename, address, release = line.split("|")
        if made_by != "Packages" or "-" in (codename or release):
            continue
        if origin == "Debian":
            return address
        # Before the first `apt-get update` a source does not tell its origin
        if not origin and is_debian():
            spare = spare or address
    return spare


def fetch(packages):
    """Download packages of Debian's suites into the user's cache, or take them from there.

    :param dict packages: {suite: [package names]}
    :return: list of Path, one .deb a package
    :raises SetupError: no mirror, no keys, no network, a signature that does not hold
    """
    set_key = stamps.digest(json.dumps(packages, sort_keys=True))
    with alone(CACHE / "debs.lock"):
        return _cached(set_key) or _download(packages, set_key)


def _cached(set_key):
    """The set's files when every one is there and whole."""
    manifest = CACHE / "debs" / f"{set_key}.json"
    if not manifest.is_file():
        return []
    hashes = json.loads(manifest.read_text())
    files = [manifest.parent / name for name in hashes]
    whole = all(file.is_file() and _sha256(file) == hashes[file.name] for file in files)
    return files if whole else []


def _download(packages, set_key):
    """Fetch a set beside the cache, then move it in: half a download never lies there."""
    address = mirror()
    keyring = next((path for path in KEYRINGS if path.is_file()), None)
    if not (address and keyring):
        raise SetupError(
            "Odoo 19 is fetched from Debian's packages, and this machine has "
            + ("no keys of Debian's" if address else "no Debian mirror among its sources")
            + ": get Odoo 19 (its source, or a package of your system), "
            "set ODOO_HOME to the folder that holds `odoo`, and run the same command again."
        )
    debs = CACHE / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    for left in debs.glob("partial-*"):
        shutil.rmtree(left)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=debs))
    try:
        apt = _private_apt(address, keyring, packages)
        run("apt-update", [*apt, "update"], "Debian's package lists could not be read.")
        wanted = [f"{name}/{suite}" for suite, names in packages.items() for name in names]
        run(
            "apt-download",
            [*apt, "download", *wanted],
            "Debian's packages could not be fetched.",
            cwd=partial,
        )
        hashes = {}
        for file in sorted(partial.glob("*.deb")):
            hashes[file.name] = _sha256(file)
            file.replace(debs / file.name)
        if len(hashes) != len(wanted):
            raise SetupError("Debian's mirror did not give every package: try again later.")
        stamps.write(debs / f"{set_key}.json", json.dumps(hashes, indent=1))
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return [debs / name for name in hashes]


def _private_apt(address, keyring, suites):
    """apt-get with nothing but this mirror's suites; keeps its lists for a next try."""
    home = CACHE / "apt"
    sources = home / "sources.list"
    stamps.write(
        sources,
        "".join(f"deb [signed-by={keyring}] {address} {suite} main\n" for suite in suites),
    )
    return [
        *_own_apt(home),
        f"-oDir::Etc::sourcelist={sources}",
        "-oDir::Etc::sourceparts=/dev/null",
    ]


def _own_apt(home):
    """apt-get whose lists and cache lie in a folder of ours, so that it needs no root."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State": home,
        "Dir::State::Lists": home / "lists",
        "Dir::Cache": home / "cache",
        "Debug::NoLocking": "1",
        # The user apt would drop to cannot read this user's cache
        "APT::Sandbox::User": "root",
        # Else a list that cannot be fetched is a mere warning
        "APT::Update::Error-Mode": "any",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    return ["apt-get", *(f"-o{name}={value}" for name, value in options.items())]


def unpack(files, folder):
    """Unpack packages into a folder.

    :param list files: paths of .deb files
    :param Path folder: where to; one folder for all
    """
    for file in files:
        run(
            "unpack",
            ["dpkg-deb", "-x", file, folder],
            f"{file.name} could not be unpacked: delete {file} and run the same command again.",
        )


def _sha256(file):
    with file.open("rb") as content:
        sha = hashlib.sha256()
        while block := content.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def pip_wheel(folder):
    """pip's wheel out of the system's own package, for a Python that came without pip.

    :param Path folder: where to unpack it
    :return: Path of the wheel
    :raises SetupError: it cannot be had
    """
    failed = "This Python came without pip: install the package python3-venv and try again."
    apt = _own_apt(CACHE / "apt" / "system")
    with alone(CACHE / "debs.lock"):
        run("apt-update", [*apt, "update"], failed)
        run("apt-download", [*apt, "download", "python3-pip-whl"], failed, cwd=folder)
    unpack(folder.glob("*.deb"), folder)
    return next(folder.glob("usr/share/python-wheels/pip-*.whl"))
