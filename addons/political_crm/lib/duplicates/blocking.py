"""Which pairs of contacts are worth a comparison: those that share something rare."""

import numpy as np

from .beside import run

_PRIMES = tuple(np.uint64(p) for p in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))


def candidates(table, sources=None, beside=run):
    """Pairs of rows that share an address, or two of name, birth and place.

    The number of pairs grows with the rows: a block of contacts that share too much in common
    with everybody (a postcode's Martins) is left out, since finer keys cut it again.

    :param Table table:
    :param sources: array of int; with it, pairs within one source are left out
    :param beside: see :mod:`.beside`
    :return: two arrays of row numbers, the first below the second
    """
    rest = beside(lambda: _coded(table, _keys_of_both_names(table)))
    unique = np.unique(np.concatenate([_coded(table, _keys(table)), rest()]))
    left, right = np.divmod(unique, np.int64(max(len(table), 1)))
    if sources is not None:
        apart = sources[left] != sources[right]
        left, right = left[apart], right[apart]
    return left, right


def _coded(table, keys):
    """The pairs that meet by some keys, each once and as one number."""
    found = [_pairs(rows, key, largest) for rows, key, largest in keys if len(rows) > 1]
    size = np.int64(len(table))
    coded = [np.minimum(a, b) * size + np.maximum(a, b) for a, b in found]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *coded]))


def _keys(t):
    """(rows, key, largest block) of each way to meet but by both names."""
    everyone = np.arange(len(t))
    turned = _turned(t.birth)
    for column, largest in ((t.email, 40), (t.phone, 40), (t.ref, 40), (t.local, 12), (turned, 12)):
        yield _keyed(everyone, largest, column)
    rows, words = _words(t)
    home = _mixed(t.house, t.street + 1).view(np.int64)
    home[(t.house == 0) | (t.street == 0)] = 0
    yield _keyed(rows, 60, turned[rows], words)
    yield _keyed(rows, 60, home[rows], words)
    yield _keyed(everyone, 40, home, t.zip + 1)
    yield _keyed(rows, 40, t.street[rows], words, t.zip[rows] + 1)
    yield _keyed(everyone, 40, turned, t.zip)
    yield _keyed(everyone, 40, turned, t.street)


def _keys_of_both_names(t):
    rows, one, other = _both_names(t)
    yield _keyed(rows, 40, one, other)
    for column in (t.zip, t.city, t.birth // 10000, t.birth % 10000):
        yield _keyed(rows, 40, one, other, column[rows])


def _keyed(rows, largest, *columns):
    """Rows in which every column says something, with what they say together as one number."""
    there = np.ones(len(rows), bool)
    for column in columns:
        there &= column != 0
    return rows[there], _mixed(*(column[there] for column in columns)), largest


def _mixed(*columns):
    mixed = np.zeros(len(columns[0]), np.uint64)
    for number, column in enumerate(columns):
        mixed = (mixed ^ column.astype(np.uint64)) * _PRIMES[number % 3]
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _turned(birth):
    """Dates whose day and month may have been written the other way round."""
    month, day = birth // 100 % 100, birth % 100
    return birth // 10000 * 10000 + np.minimum(month, day) * 100 + np.maximum(month, day)


def _spread(t, codes):
    """Each row's last name and each of its parts, as sounds: (rows, sounds)."""
    several = [set(parts) | {t.sound[code]} for code, parts in enumerate(t.last_parts)]
    counts = np.array([len(some) for some in several])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    flat = np.array([sound for some in several for sound in sorted(some)], np.int64)
    repeats = counts[codes]
    rows = np.repeat(np.arange(len(codes)), repeats)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return rows, flat[starts[codes][rows] + within]


def _words(t):
    """Whatever a row has in its two boxes for names: (rows, sounds)."""
    rows, words = _spread(t, t.lastname)
    everyone = np.arange(len(t))
    first, meant, part = t.sound[t.firstname], t.meaning[t.firstname], t.first_part[t.firstname]
    other, more = meant != first, (part != first) & (part != meant)
    return (
        np.concatenate([rows, everyone, everyone[other], everyone[more]]),
        np.concatenate([words, first, meant[other], part[more]]),
    )


def _both_names(t):
    """First and last name in one order, whichever box they stand in: (rows, lower, higher)."""
    rows, last = _spread(t, t.lastname)
    sets = [(rows, last, t.meaning[t.firstname][rows])]
    other = (t.first_part != t.meaning)[t.firstname][rows]
    sets.append((rows[other], last[other], t.first_part[t.firstname][rows[other]]))
    rows, last, first = (np.concatenate(columns) for columns in zip(*sets, strict=True))
    both = (last != 0) & (first != 0)
    rows, last, first = rows[both], last[both].astype(np.int64), first[both].astype(np.int64)
    return rows, np.minimum(last, first), np.maximum(last, first)


def _pairs(rows, key, largest):
    """All pairs of rows of one key, of the blocks that are not too large."""
    order = np.argsort(key, kind="stable")
    key, rows = key[order], rows[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    lengths = np.diff(np.concatenate([starts, [len(key)]]))
    usable = (lengths > 1) & (lengths <= largest)
    starts, lengths = starts[usable], lengths[usable]
    left, right = [], []
    # One step of distance within all blocks at once.
    ends = np.repeat(starts + lengths, lengths)
    at = np.repeat(starts, lengths) + (
        np.arange(len(ends)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    )
    for step in range(1, largest):
        inside = at + step < ends
        at, ends = at[inside], ends[inside]
        if not len(at):
            break
        left.append(rows[at])
        right.append(rows[at + step])
    if not left:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    left, right = np.concatenate(left), np.concatenate(right)
    apart = left != right
    return left[apart].astype(np.int64), right[apart].astype(np.int64)
