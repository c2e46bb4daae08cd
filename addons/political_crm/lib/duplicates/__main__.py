"""Reads contacts as PostgreSQL's COPY writes them, what is missing as an empty text; writes pairs
as its COPY reads them.

    python -m duplicates THRESHOLD POPULATION < contacts > pairs

A million contacts take more memory than a web worker may have: hence a process of its own, which
knows no database and no password.
"""

import re
import sys

import numpy as np

from . import FIELDS, find
from .beside import best

try:
    import resource
except ImportError:  # not on Windows
    resource = None

_ESCAPED = re.compile(r"\\(.)")
_MEANS = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_NAMES = {name: {number: word for word, number in words.items()} for name, words in FIELDS.items()}


def main(threshold, population):
    """Find the pairs.

    :param str threshold: the least probability
    :param str population: contacts of the whole base
    """
    _lift_limits()
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    left, right, score, levels = find(
        _rows(sys.stdin), float(threshold), int(population), beside=best()
    )
    low, high = np.minimum(left, right), np.maximum(left, right)
    said = _words(levels)
    for one, other, likely, words in zip(
        low.tolist(), high.tolist(), score.tolist(), said, strict=True
    ):
        sys.stdout.write(f"{one}\t{other}\t{likely:.6f}\t{words}\n")


def _lift_limits():
    """The limits of the web worker that started us are not ours."""
    if resource:
        for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
            _soft, hard = resource.getrlimit(limit)
            resource.setrlimit(limit, (hard, hard))


def _rows(lines):
    for line in lines:
        values = line.rstrip("\n").split("\t")
        if "\\" in line:
            values = [
                _ESCAPED.sub(lambda m: _MEANS.get(m[1], m[1]), value) if "\\" in value else value
                for value in values
            ]
        yield values


def _words(levels):
    """Each pair's levels as ``firstname:same,birthdate:close``, each combination put together
    once."""
    if not len(next(iter(levels.values()))):
        return []
    combined = np.stack(list(levels.values()), axis=1)
    kinds, which = np.unique(combined, axis=0, return_inverse=True)
    said = [
        ",".join(
            f"{name}:{_NAMES[name][number]}"
            for name, number in zip(levels, kind.tolist(), strict=True)
            if number
        )
        for kind in kinds
    ]
    return [said[number] for number in which.ravel().tolist()]


if __name__ == "__main__":
    main(*sys.argv[1:])
