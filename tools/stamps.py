"""Work is done once: a stamp holds the hash of all that a step was made from."""

import hashlib
import os
from pathlib import Path

from tools.places import BUILD

IGNORED = {"__pycache__", ".ruff_cache", ".pytest_cache"}


def digest(*parts):
    """One hash of texts and of files' or folders' content.

    :param parts: str (taken as it is) or Path (a file, or a folder with all below it)
    :return: str, 16 hexadecimal digits
    """
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            for path in _files(part):
                sha.update(f"{path.relative_to(part.parent)}\0".encode())
                sha.update(hashlib.sha256(path.read_bytes()).digest())
        else:
            sha.update(f"{part}\0".encode())
    return sha.hexdigest()[:16]


def _files(path):
    """Files of a tree in a fixed order, without what Python leaves behind."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for folder, names, files in os.walk(path):
            names[:] = sorted(set(names) - IGNORED)
            for name in sorted(files):
                if not name.endswith((".pyc", ".swp")):
                    yield Path(folder, name)


def is_done(step, key):
    """Was this step done from these inputs?

    :param str step: name of the step
    :param str key: digest of its inputs
    :return: bool
    """
    stamp = BUILD / "stamps" / step
    return stamp.is_file() and stamp.read_text() == key


def done(step, key):
    """Note that a step was done; atomic, so that a kill leaves no half stamp."""
    write(BUILD / "stamps" / step, key)


def undone(step):
    """Forget that a step was done."""
    (BUILD / "stamps" / step).unlink(missing_ok=True)


def write(path, text):
    """Write a file whole or not at all.

    :param Path path: the file; its folder is made when missing
    :param str text: its content
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
