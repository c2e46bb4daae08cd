"""Which cells of a table of sums may be shown (R-50).

A cell that stands for fewer than ten is hidden, and so is what would tell it by subtraction from a
sum that is known: wherever a sum is known, the hidden cells in it stand for ten at least together,
else the smallest of the others is hidden with them.
"""

SMALLEST = 10


def hidden(sizes, groups=(), smallest=SMALLEST):
    """Indexes of the cells to hide.

    :param sizes: how many doors or people each cell stands for; an empty cell says nothing
    :param groups: sets of indexes whose sum is known from elsewhere; the whole table's always is
    :rtype: set
    """
    found = {index for index, size in enumerate(sizes) if 0 < size < smallest}
    known = [set(range(len(sizes))), *groups]
    grown = bool(found)
    while grown:
        grown = False
        for group in known:
            together = sum(sizes[index] for index in group & found)
            others = [(sizes[index], index) for index in group - found if sizes[index]]
            if 0 < together < smallest and others:
                found.add(min(others)[1])
                grown = True
    return found


def linked(pairs):
    """Sets of left and of right keys that hang together: what the one side sums up, so does the
    other.

    :param pairs: iterable of ``(left, right)``
    :returns: list of ``(set of lefts, set of rights)``
    """
    found = []
    for left, right in pairs:
        lefts, rights, apart = {left}, {right}, []
        for one in found:
            if left in one[0] or right in one[1]:
                lefts |= one[0]
                rights |= one[1]
            else:
                apart.append(one)
        found = [*apart, (lefts, rights)]
    return found
