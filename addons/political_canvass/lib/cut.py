"""Cutting an area into turfs that take the same time.

Doors at one place are a unit (a tower is several, floor by floor). The area is halved by straight
lines until each piece is one turf, so that turfs are compact and do not overlap. Each line is the
one, of many directions and places that balance the time, that parts the fewest neighbours: those
of one street and side count most, so that lines fall between streets rather than through them.

Neighbours are those of the Delaunay triangulation. Edges that cross a barrier (a river, rails, a
big road) are none; what barriers separate is cut apart. Time is service plus walking, and the
walk of a turf is known once it is planned: the area is cut, walked, weighed anew by what the
walks were, and cut again until the turfs are even.

Everything is near-linear in the number of doors: a halving sorts its units, a walk costs what one
turf's doors cost.
"""

import math
from typing import NamedTuple

import numpy as np
import shapely

from . import walk

DIRECTIONS = 8
ROUNDS = 4
FAR = 300.0  # m: neighbours may always be that far apart
FAR_SHARE = 0.05  # of a turf's time: a longer way between two doors is no neighbourhood
EVEN = 1.1  # largest turf over the mean: no further round
MOST = 1.1  # times the target: what a small piece's turfs take at most
DAMPING = 0.6  # of what one walk teaches about the next cut
SLACK = 0.006  # of a half's time, to move a line between streets
ESTIMATE_SECONDS = 0.002
FINAL_SECONDS = 0.008
DOUBTFUL_GAP = 0.06  # such a walk is searched once more
DOUBTFUL_SECONDS = 0.05
WELL_SECONDS = 0.1
MAX_TURF_DOORS = 1000


class Door(NamedTuple):
    lat: float
    lon: float
    minutes: float  # service: knocking, talking, stairs
    street: object = None
    number: int = 0
    group: object = None  # what turfs must not mix (a polling station); None where they may


class Turf(NamedTuple):
    doors: list  # indexes of the doors, in walking order
    length: float  # m, crossings counted
    bound: float  # m
    minutes: float
    crossings: int


class Pace(NamedTuple):
    """How the area is walked."""

    speed: float = 4000 / 60  # m a minute
    crossing: float = 0.0  # m that changing the side of a street is worth
    start: tuple | None = None  # (lat, lon) where every walk begins
    style: str = "free"


def cut(doors, minutes, pace=None, barriers=()):
    """Cut doors into turfs of about so many minutes each.

    :param doors: sequence of :class:`Door`, those of a building next to each other and in the
        order in which they are to be knocked at
    :param float minutes: what a turf should take; the number of turfs follows
    :param Pace pace: how it is walked
    :param barriers: shapely geometries in ``(lon, lat)`` that no turf crosses
    :returns: list of :class:`Turf`; every door is in exactly one
    :raises ValueError: for a target that is not above zero
    """
    if not minutes > 0:
        raise ValueError(f"{minutes} minutes")
    if not doors:
        return []
    pace = pace or Pace()
    area = _Area(doors, minutes, pace, list(barriers))
    return area.cut()


def one(doors, pace=None):
    """All doors as one turf, walked well.

    :rtype: Turf
    """
    area = _Area(doors, math.inf, pace or Pace(), [])
    return area.walked(np.arange(len(area.units)), WELL_SECONDS)


class _Area:
    def __init__(self, doors, minutes, pace, barriers):
        self.doors, self.minutes, self.pace = doors, minutes, pace
        self.barriers = barriers
        self._group_units()
        self._place_units()
        self.edges, self.ties = self._neighbours()
        self.share = self._walking_share()
        self.pieces = self._pieces()

    # ---------------------------------------------------------------- units

    def _group_units(self):
        """Runs of doors at one place; a place that alone fills much of a turf is several."""
        most = self.minutes / 8
        self.units, self.node_of, service = [], [], []
        nodes, last, weight = {}, None, 0.0
        for index, door in enumerate(self.doors):
            key = (door.lat, door.lon, door.street, door.number, door.group)
            if key != last or weight + door.minutes > most:
                self.units.append([])
                self.node_of.append(nodes.setdefault((door.lat, door.lon), len(nodes)))
                service.append(0.0)
                last, weight = key, 0.0
            self.units[-1].append(index)
            service[-1] += door.minutes
            weight += door.minutes
        self.service = np.array(service)
        self.node_of = np.array(self.node_of)
        self.places = np.array(list(nodes), dtype=float)

    def _place_units(self):
        radians = np.radians(self.places)
        scale = math.cos(float(radians[:, 0].mean()))
        flat = np.c_[radians[:, 1] * scale, radians[:, 0]] * walk.EARTH_RADIUS
        self.node_xy = flat
        self.xy = flat[self.node_of]
        firsts = [self.doors[unit[0]] for unit in self.units]
        self.street = _codes(door.street for door in firsts)
        self.odd = np.array([door.number % 2 for door in firsts])
        self.group = _codes(door.group for door in firsts)

    def _neighbours(self):
        """Edges between nodes, and how much parting each would hurt."""
        edges = self._passable(_delaunay(self.node_xy))
        first = np.full(len(self.places), -1)
        first[self.node_of[::-1]] = np.arange(len(self.node_of))[::-1]
        a, b = first[edges[:, 0]], first[edges[:, 1]]
        same = (self.street[a] == self.street[b]) & (self.street[a] >= 0)
        ties = np.where(same, np.where(self.odd[a] == self.odd[b], 4.0, 2.0), 1.0)
        lengths = np.hypot(*(self.node_xy[edges[:, 0]] - self.node_xy[edges[:, 1]]).T)
        self.edge_length = lengths
        return edges, ties / (1 + lengths / 60)

    def _passable(self, edges):
        """Those edges that are no long way and cross no barrier."""
        lengths = np.hypot(*(self.node_xy[edges[:, 0]] - self.node_xy[edges[:, 1]]).T)
        edges = edges[lengths <= max(FAR, FAR_SHARE * self.minutes * self.pace.speed)]
        if self.barriers and len(edges):
            edges = edges[~self._crossed(edges)]
        return edges

    def _crossed(self, edges):
        lonlat = self.places[:, ::-1]
        lines = shapely.linestrings(lonlat[edges])
        tree = shapely.STRtree(lines)
        _barrier, hit = tree.query(np.array(self.barriers, dtype=object), predicate="intersects")
        crossed = np.zeros(len(edges), dtype=bool)
        crossed[hit] = True
        return crossed

    def _walking_share(self):
        """Minutes of walking that each unit brings, to begin with: half its two nearest legs."""
        nearest = np.full((len(self.places), 2), np.inf)
        ends = np.concatenate([self.edges, self.edges[:, ::-1]])
        lengths = np.concatenate([self.edge_length, self.edge_length])
        order = np.argsort(-lengths, kind="stable")  # the last one written is the nearest
        nearest[ends[order, 0], 0] = lengths[order]
        later = lengths > nearest[ends[:, 0], 0]
        order = order[later[order]]
        nearest[ends[order, 0], 1] = lengths[order]
        nearest[np.isinf(nearest)] = 0.0
        sharing = np.bincount(self.node_of, minlength=len(self.places))
        return ((nearest.sum(axis=1) / 2 + 1.0) / self.pace.speed / sharing)[self.node_of]

    def _pieces(self):
        """What is cut apart from each other: islands between barriers, groups."""
        island = _components(len(self.places), self.edges)[self.node_of]
        pieces = {}
        for unit, key in enumerate(zip(self.group.tolist(), island.tolist(), strict=True)):
            pieces.setdefault(key, []).append(unit)
        return [np.array(units) for units in pieces.values()]

    # ---------------------------------------------------------------- cutting and weighing

    def cut(self):
        finished = []
        for piece in self.pieces:
            finished += self._even(piece)
        return [self.walked(units, FINAL_SECONDS) for units in finished]

    def _even(self, piece):
        """The turfs of one piece, as arrays of units: the most even cut of some rounds."""
        total = float((self.service + self.share)[piece].sum())
        edges, ties = self._inside(piece, self.edges, self.ties)
        best, best_ratio = None, math.inf
        for _ in range(ROUNDS):
            number = self._number(total)
            turfs = self._joined_up(self._halve(piece, number, edges, ties), edges)
            times = np.array([self._weigh(units) for units in turfs])
            total = float(times.sum())
            # A piece may be one turf: then it is held against what a turf should take.
            ratio = float(times.max()) / max(float(times.mean()), self._least_mean(total))
            if ratio < best_ratio:
                best, best_ratio = turfs, ratio
            if ratio <= EVEN or len(turfs) == len(piece):
                break
        return best

    def _number(self, total):
        """How many turfs so many minutes are: the nearest number, none much above the target."""
        return max(1, round(total / self.minutes), math.ceil(total / (MOST * self.minutes)))

    def _least_mean(self, total):
        return min(self.minutes, total)

    def _weigh(self, units):
        """A turf's minutes; its units learn what walking they really brought."""
        turf = self.walked(units, ESTIMATE_SECONDS, bounded=False)
        walking = turf.minutes - float(self.service[units].sum())
        expected = float(self.share[units].sum())
        if expected > 0:
            self.share[units] *= min(4.0, max(0.25, walking / expected)) ** DAMPING
        return turf.minutes

    def walked(self, units, seconds, bounded=True):
        """These units as a turf."""
        members = [index for unit in np.sort(units) for index in self.units[unit]]
        doors = [self.doors[index] for index in members]
        planned = self._planned(doors, seconds, bounded)
        if bounded and planned.length > (1 + DOUBTFUL_GAP) * planned.bound:
            planned = min(planned, self._planned(doors, DOUBTFUL_SECONDS, True), key=_length)
        minutes = planned.length / self.pace.speed + sum(door.minutes for door in doors)
        order = [members[index] for index in planned.order]
        return Turf(order, planned.length, planned.bound, minutes, planned.crossings)

    def _planned(self, doors, seconds, bounded):
        return walk.plan(
            [(door.lat, door.lon) for door in doors],
            self.pace.start,
            seconds,
            [(door.street, door.number) for door in doors],
            self.pace.crossing,
            self.pace.style,
            bounded,
        )

    def _inside(self, units, edges, ties):
        """The edges whose both ends are nodes of these units."""
        here = np.zeros(len(self.places), dtype=bool)
        here[self.node_of[units]] = True
        kept = here[edges[:, 0]] & here[edges[:, 1]]
        return edges[kept], ties[kept]

    def _halve(self, units, number, edges, ties):
        if number < 2 or len(units) < 2:
            return [units]
        near = number // 2
        weights = (self.service + self.share)[units]
        one, other = self._line(units, weights, near / number, number, edges, ties)
        turfs = []
        for half, count in ((one, near), (other, number - near)):
            turfs += self._halve(half, count, *self._inside(half, edges, ties))
        return turfs

    def _line(self, units, weights, portion, number, edges, ties):
        """The two sides of the best line: the first holds the portion of the time."""
        local = np.full(len(self.places), -1)
        nodes, inverse = np.unique(self.node_of[units], return_inverse=True)
        local[nodes] = np.arange(len(nodes))
        a, b = local[edges[:, 0]], local[edges[:, 1]]
        xy = self.node_xy[nodes]
        # Late halvings have few units and little to give; early ones must not use it all up.
        slack = min(SLACK, 0.25 / number) * float(weights.sum())
        best = None
        for angle in np.arange(DIRECTIONS) * (math.pi / DIRECTIONS) + 0.1:
            along = xy @ np.array([math.cos(angle), math.sin(angle)])
            rank = np.argsort(np.argsort(along, kind="stable"), kind="stable")
            order = np.argsort(rank[inverse], kind="stable")
            place, parted = _best_place(
                weights[order], portion, slack, rank[inverse][order], rank[a], rank[b], ties
            )
            if best is None or parted < best[0]:
                best = (parted, order, place)
        _parted, order, place = best
        return units[order[:place]], units[order[place:]]

    # ---------------------------------------------------------------- contiguity

    def _joined_up(self, turfs, edges):
        """Give every piece of a turf that hangs together with no other of its own to a
        neighbour: barriers that end inside the area leave such pieces behind lines."""
        owner = np.full(len(self.places), -1)
        for number, units in enumerate(turfs):
            owner[self.node_of[units]] = number
        # A tower's units may lie in several turfs: its node belongs to the last of them here,
        # and the others reach their share through it.
        inside = edges[owner[edges[:, 0]] == owner[edges[:, 1]]]
        part = _components(len(self.places), inside)
        moved = {}
        for number, units in enumerate(turfs):
            nodes = self.node_of[units]
            own = np.unique(nodes[owner[nodes] == number])
            if len(np.unique(part[own])) > 1:
                self._hang_together(own, part)
            if not len(own):
                continue
            parts, counts = np.unique(part[own], return_counts=True)
            for stray in parts[counts < counts.max()]:
                moved.update(self._new_owner(stray, part, owner, edges, number))
        if not moved:
            return turfs
        return _given_away(turfs, part[self.node_of], owner[self.node_of], moved)

    def _hang_together(self, nodes, part):
        """Name parts alike that are neighbours once the rest of the area is left out: a line may
        take away the doors between two ends of one street, and they are a short walk apart."""
        edges = self._passable(nodes[_delaunay(self.node_xy[nodes])])
        index = np.searchsorted(nodes, edges)
        _names, at = np.unique(part[nodes], return_inverse=True)
        links = np.c_[at[index[:, 0]], at[index[:, 1]]]
        joined = _components(len(_names), links)
        part[nodes] = _names[joined][at]

    def _new_owner(self, stray, part, owner, edges, number):
        a, b = part[edges[:, 0]] == stray, part[edges[:, 1]] == stray
        others = np.concatenate([owner[edges[a & ~b, 1]], owner[edges[b & ~a, 0]]])
        others = others[(others >= 0) & (others != number)]
        return {int(stray): int(np.bincount(others).argmax())} if len(others) else {}


def _length(planned):
    return planned.length


def _given_away(turfs, part_of, owner_of, moved):
    """The turfs after stray parts went to their new owners."""
    kept, given = [], {}
    for number, units in enumerate(turfs):
        goes = np.array([part_of[u] in moved and owner_of[u] == number for u in units], dtype=bool)
        kept.append(units[~goes])
        for unit in units[goes]:
            given.setdefault(moved[int(part_of[unit])], []).append(unit)
    grown = [
        np.concatenate([units, np.array(given[number])]) if number in given else units
        for number, units in enumerate(kept)
    ]
    return [units for units in grown if len(units)]


def _best_place(weights, portion, slack, ranks, rank_a, rank_b, ties):
    """Where to cut a sequence of units: ``(number of units before the cut, what it parts)``."""
    done = np.cumsum(weights)
    target = portion * done[-1]
    nearest = int(np.argmin(np.abs(done - target)))
    nearest = min(max(nearest, 0), len(weights) - 2)
    near = np.abs(done - target) <= slack
    near[-1] = False
    near[nearest] = True
    places = np.flatnonzero(near)
    # An edge is parted by every cut between its ends' ranks.
    steps = np.zeros(int(ranks.max()) + 2)
    low, high = np.minimum(rank_a, rank_b), np.maximum(rank_a, rank_b)
    np.add.at(steps, low, ties)
    np.subtract.at(steps, high, ties)
    parted = np.cumsum(steps)[ranks[places]]
    # Cutting a place in two (a tower) is worse than parting two neighbours.
    parted = parted + 2.0 * (ranks[places] == ranks[places + 1])
    best = int(np.argmin(parted + 1e-6 * np.abs(done[places] - target)))
    return int(places[best]) + 1, float(parted[best])


def _delaunay(xy):
    """Neighbours among points, as pairs of indexes."""
    chain = _chain(xy)
    if len(xy) < 4:
        return chain
    found = shapely.delaunay_triangles(shapely.multipoints(xy), only_edges=True)
    ends = shapely.get_coordinates(found)
    if not len(ends):
        return chain  # all in one line
    index = {point: number for number, point in enumerate(map(tuple, xy.tolist()))}
    numbers = np.array([index.get(point, -1) for point in map(tuple, ends.tolist())])
    edges = numbers.reshape(-1, 2)
    edges = edges[(edges >= 0).all(axis=1)]
    if len(np.unique(edges)) < len(xy):
        edges = np.concatenate([edges, chain])  # points too close for the triangulation
    return np.unique(np.sort(edges, axis=1), axis=0)


def _chain(xy):
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    return np.sort(np.c_[order[:-1], order[1:]], axis=1)


def _codes(values):
    """Small integers for hashable values; -1 for None."""
    known = {}
    return np.array(
        [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    )


def _components(size, edges):
    """For each node the smallest node that it hangs together with."""
    label = np.arange(size)
    a, b = edges[:, 0], edges[:, 1]
    while True:
        low = np.minimum(label[a], label[b])
        new = label.copy()
        np.minimum.at(new, label[a], low)
        np.minimum.at(new, label[b], low)
        new = np.minimum(new, new[label])
        while not np.array_equal(new[new], new):
            new = new[new]
        if np.array_equal(new, label):
            return label
        label = new
