"""How long the doors of a building take, without the way between buildings."""

from typing import NamedTuple


class Pace(NamedTuple):
    door: float  # minutes at a house's door
    flat: float  # minutes at a flat's door: the next one is on the same landing
    floor: float  # minutes a floor, walked down from the top


def minutes(floors, homes, pace):
    """Minutes of each door of one building or entrance.

    :param floors: for each door its floor, or None where it is not known
    :param int homes: how many homes there are, 0 when that is not known; doors that nobody has
        listed yet are knocked at all the same
    :param Pace pace: the operation's
    :returns: list of floats, one a door; the climb is with the first
    """
    count = len(floors)
    if not count:
        return []
    homes = max(homes, count)
    if homes == 1 and not floors[0]:
        return [pace.door]
    each = pace.flat * homes / count
    climb = pace.floor * max((floor or 0 for floor in floors), default=0)
    return [each + climb, *[each] * (count - 1)]
