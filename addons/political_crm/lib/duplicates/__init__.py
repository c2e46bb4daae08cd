"""Which contacts are one person: :func:`find` over many, :func:`likely` for one beside some.

Numbers only, no Odoo; docs/duplicates.md tells the method. ``python -m duplicates`` reads contacts
and writes pairs, for a process of its own (``__main__.py``).
"""

import numpy as np

from .beside import run
from .blocking import candidates
from .scoring import DOUBLES_PER_CONTACT, FIELDS, compare
from .table import COLUMNS, Table

__all__ = ["COLUMNS", "FIELDS", "Table", "candidates", "compare", "find", "likely"]


def find(rows, threshold=0.5, population=0, sources=None, doubles=DOUBLES_PER_CONTACT, beside=run):
    """Pairs of contacts that are probably one person.

    :param rows: iterable of sequences of str in the order of :data:`COLUMNS`
    :param float threshold: the least probability, 0 to 1
    :param int population: contacts of the whole base, when the rows are a part of it; else 0
    :param sources: array of int, one a row: only pairs of different sources are looked at
    :param float doubles: pairs expected for each contact, see :func:`compare`
    :param beside: how a second core is used, see :mod:`.beside`
    :return: tuple of the pairs' left ids, right ids, probabilities (arrays) and levels (dict of
        arrays by field, see :data:`FIELDS`)
    """
    table = Table().fill(rows).done(beside)
    if len(table) < 2:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing.astype(float), dict.fromkeys(FIELDS, nothing)
    left, right = candidates(table, sources, beside)

    def compared(part):
        score, levels = compare(table, left[part], right[part], population, doubles)
        kept = score >= threshold
        return (
            table.ids[left[part][kept]],
            table.ids[right[part][kept]],
            score[kept],
            {name: level[kept] for name, level in levels.items()},
        )

    half = len(left) // 2
    rest = beside(lambda: compared(slice(half, None)))
    *pairs, levels = compared(slice(half))
    *more, other = rest()
    return (
        *(np.concatenate(both) for both in zip(pairs, more, strict=True)),
        {name: np.concatenate((levels[name], other[name])) for name in levels},
    )


def likely(row, others, population=0):
    """How likely one contact is each of some others, chosen by the caller.

    :param row: sequence of str in the order of :data:`COLUMNS`
    :param others: list of such sequences, one at least
    :param int population: contacts of the whole base
    :return: tuple of an array of float, one an other, and of the levels, as of :func:`find`
    """
    table = Table().fill([row, *others]).done()
    right = np.arange(1, len(others) + 1)
    return compare(table, np.zeros_like(right), right, population)
