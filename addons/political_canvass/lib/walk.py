"""In which order to walk a set of doors, how long that is, and how much shorter it could be.

Solver: fast-tsp 0.2 (Or-opt local search; exact up to 20 points), which wants a *closed* tour
over a symmetric matrix of 16-bit integers. So

- the *open* walk is had from a dummy point at distance 0 from everything: the tour is cut there.
  A fixed start is kept beside the dummy by making each of its real legs longer by one constant,
  no smaller than any distance, which the walk then pays once. (A dummy that is far from all but
  the start is the same in theory, but a local search that looks at near neighbours only then
  never moves the walk's end: 11 % longer on 60 real doors.)
- crossing a street costs what it is said to cost: a leg between the odd and the even numbers of
  one street is that many metres longer, so that one side is walked before the other;
- metres are scaled to integers up to 65,535: centimetres where the turf is under 300 m wide;
- doors at one point (a tower's flats) are one stop.

Two orders that people ask for are built instead of searched: up the odd numbers of a street and
back down the even ones, or by number from side to side (serpentine). The streets, and the end
from which each is walked, are then put in order.

Distances are straight lines on a local plane. The lower bound is Held and Karp's: for any
weights of the points, the cheapest 1-tree costs no more than the best tour ("The traveling
salesman problem and minimum spanning trees", Operations Research 18, 1970). It holds for every
order, the built ones too.
"""

import itertools
import math
import time
from typing import NamedTuple

import fast_tsp
import numpy as np

EARTH_RADIUS = 6_371_008.8  # m, mean
LARGEST = 65_535
MAX_STOPS = 5_000  # 200 MB of matrices; turfs are a hundred times smaller
ENOUGH = 0.6  # of the seconds asked for, in processor time: else the solver goes again, longer
TIMES = 3  # at most
MOST_WAIT = 16.0  # times as long as it would take alone
ASCENT_STEPS = 40
ASCENTS = 4
FAIR = 0.97  # of the walk's length: the search for a bound goes on below it
GOOD_ENOUGH = 0.997  # of the walk's length: a closer bound tells a reader nothing more
STYLES = ("free", "odd_even", "serpentine")


class Walk(NamedTuple):
    order: list  # indexes of the points, in walking order
    length: float  # m, from the start (when given) to the last point, crossings counted
    bound: float  # m, no walk over these points can be shorter
    crossings: int = 0  # how often a street is crossed


def plan(points, start=None, seconds=None, streets=None, crossing=0.0, style="free", bounded=True):
    """Order points for walking.

    :param points: sequence of ``(lat, lon)`` in degrees
    :param start: ``(lat, lon)`` where the walk begins, or nothing to begin anywhere
    :param seconds: time for the solver; by default 0.15 ms a stop, between 5 ms and 1 s
    :param streets: for each point ``(street, number)``, hashable and int; 0 for no number
    :param float crossing: metres that changing the side of a street is worth
    :param str style: one of :data:`STYLES`; the built ones need ``streets``
    :param bool bounded: whether the bound is wanted; without it, it is 0
    :rtype: Walk
    :raises ValueError: for more than :data:`MAX_STOPS` different points, or an unknown style
    """
    if style not in STYLES:
        raise ValueError(style)
    stops, at_stop = _stops(points, streets)
    if not stops:
        return Walk([], 0.0, 0.0)
    if len(stops) > MAX_STOPS:
        raise ValueError(f"{len(stops)} stops, at most {MAX_STOPS}")
    first = 1 if start else 0
    places = ([start] if start else []) + [stop[0] for stop in stops]
    metres = distances(places)
    sides = _other_side([stop[1] for stop in stops], first)
    costs = metres + crossing * sides
    if style == "free":
        path = _path(costs, bool(start), seconds)
    else:
        path = _built(costs, [stop[1] for stop in stops], first, style)
    length = float(sum(costs[a, b] for a, b in itertools.pairwise(path)))
    bound = min(length, _bound(costs, bool(start), length)) if bounded else 0.0
    order = [index for stop in path[first:] for index in at_stop[stops[stop - first]]]
    crossings = int(sum(sides[a, b] for a, b in itertools.pairwise(path)))
    return Walk(order, length, max(bound, 0.0), crossings)


def distance(a, b):
    """Metres between two ``(lat, lon)`` a walk apart."""
    return float(distances([a, b])[0, 1])


def closed_tour(costs, seconds):
    """The solver's tour that comes back to where it began.

    :param costs: symmetric numpy matrix, of any scale
    :param float seconds: time for the solver
    :returns: list of indexes
    """
    largest = float(costs.max()) or 1.0
    matrix = np.rint(costs * (LARGEST / largest)).astype(np.uint16)
    found = [nearest_neighbour(costs)]
    # Its seconds are the clock's: on a busy machine it may have had few of them, and a walk that
    # was searched less would weigh more in a cut. What counts is the processor's time.
    asked = seconds
    for _ in range(TIMES):
        began, spent = time.perf_counter(), time.thread_time()
        found.append(fast_tsp.find_tour(matrix, duration_seconds=asked))
        took, had = time.perf_counter() - began, time.thread_time() - spent
        if took < asked or had >= ENOUGH * seconds:
            break
        asked = seconds * min(MOST_WAIT, took / max(had, 1e-6))
    return min(found, key=lambda tour: _around(costs, tour))


def nearest_neighbour(costs):
    """The tour that always goes to the nearest place not seen yet, from the first one."""
    left = costs.astype(float)
    tour = [0]
    left[:, 0] = np.inf
    for _ in range(len(costs) - 1):
        tour.append(int(left[tour[-1]].argmin()))
        left[:, tour[-1]] = np.inf
    return tour


def _around(costs, tour):
    return float(costs[tour, tour[1:] + tour[:1]].sum())


def _stops(points, streets):
    """Different places as ``(point, (street, number))``, and the points at each."""
    at_stop = {}
    for index, point in enumerate(points):
        where = streets[index] if streets else (None, 0)
        at_stop.setdefault((tuple(point), where), []).append(index)
    return list(at_stop), at_stop


def distances(places):
    """Metres between all pairs of ``(lat, lon)``, as a numpy matrix."""
    degrees = np.radians(np.array(places, dtype=float).reshape(-1, 2))
    scale = math.cos(float(degrees[:, 0].mean()))
    x, y = degrees[:, 1] * scale * EARTH_RADIUS, degrees[:, 0] * EARTH_RADIUS
    return np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])


def _other_side(streets, first):
    """True between stops on the two sides of one street; the start is on no street."""
    known = {street: index for index, street in enumerate(dict.fromkeys(s for s, _n in streets))}
    street = np.array([-1] * first + [known[s] if n else -1 for s, n in streets])
    odd = np.array([0] * first + [n % 2 for _s, n in streets])
    same = (street[:, None] == street[None, :]) & (street[:, None] >= 0)
    return same & (odd[:, None] != odd[None, :])


# -------------------------------------------------------------------- orders that are built


def _built(costs, streets, first, style):
    """Street after street; within a street by the rule of the style."""
    blocks = {}
    for index, (street, number) in enumerate(streets):
        blocks.setdefault(street, []).append((number, index + first))
    rows = [_along(sorted(members), style) for members in blocks.values()]
    path = [0] if first else []
    while rows:  # the nearest end next: a turf has a handful of streets
        here = path[-1] if path else None
        rows, path = _append_nearest(costs, rows, path, here)
    return path


def _along(members, style):
    if style == "serpentine":
        return [stop for _number, stop in members]
    odd = [stop for number, stop in members if number % 2]
    return odd + [stop for number, stop in reversed(members) if not number % 2]


def _append_nearest(costs, rows, path, here):
    ends = [
        (0.0 if here is None else float(costs[here, row[0 if ahead else -1]]), place, ahead)
        for place, row in enumerate(rows)
        for ahead in (True, False)
    ]
    _cost, place, ahead = min(ends, key=lambda end: (end[0], end[1], not end[2]))
    row = rows[place] if ahead else rows[place][::-1]
    return rows[:place] + rows[place + 1 :], path + row


# -------------------------------------------------------------------- the search


def _with_dummy(costs, fixed_start):
    """The closed problem, the dummy as last point, and what its best tour pays on top."""
    size = len(costs)
    closed = np.zeros((size + 1, size + 1))
    closed[:size, :size] = costs
    surcharge = float(costs.max()) if fixed_start else 0.0
    if fixed_start:
        closed[0, 1:size] += surcharge
        closed[1:size, 0] += surcharge
    return closed, surcharge


def _path(costs, fixed_start, seconds):
    size = len(costs)
    if size < 3:
        return list(range(size))
    closed, _surcharge = _with_dummy(costs, fixed_start)
    seconds = seconds or min(1.0, max(0.005, 0.00015 * size))
    tour = closed_tour(closed, seconds)
    cut = tour.index(size)
    path = tour[cut + 1 :] + tour[:cut]
    if fixed_start and path[0] != 0:
        path.reverse()
        if path[0] != 0:  # a local search promises nothing: bring the start to the front
            path.remove(0)
            path.insert(0, 0)
    return path


# -------------------------------------------------------------------- the bound


def _bound(costs, fixed_start, length):
    """Held-Karp bound of the open walk, by subgradient ascent on the closed one."""
    size = len(costs)
    if size < 3:
        return length
    closed, surcharge = _with_dummy(costs, fixed_start)
    # Ties would let Boruvka close a circle: every edge gets a weight of its own.
    grain = 1e-9 * (float(closed.max()) or 1.0)
    ranks = np.arange(1.0, size * size + 1).reshape(size, size) / (size * size)
    apart = np.zeros_like(closed)
    apart[:size, :size] = grain * np.triu(ranks, 1)
    closed = closed + apart + apart.T
    weights, best = np.zeros(size + 1), -math.inf
    for _ in range(ASCENTS):
        value, weights = _ascent(closed, weights, length + surcharge)
        best = max(best, value)
        if best - surcharge >= FAIR * length:
            break
    return best - surcharge - grain * size


def _ascent(closed, weights, target):
    """``(best bound found, weights where it ended)``: steps uphill that grow shorter."""
    best, step = -math.inf, 1.5
    for _ in range(ASCENT_STEPS):
        cost, degree = _one_tree(closed + weights[:, None] + weights[None, :])
        value = cost - 2 * float(weights.sum())
        best = max(best, value)
        excess = degree - 2
        norm = int((excess * excess).sum())
        if not norm or best >= GOOD_ENOUGH * target:
            break
        weights = weights + step * (target - value) / norm * excess
        step *= 0.92
    return best, weights


def _one_tree(costs):
    """Cheapest 1-tree: spanning tree of all but the last point, which gets two edges.

    :returns: its cost, and the degree of each point
    """
    size = len(costs) - 1
    total, degree = _spanning_tree(costs[:size, :size].copy())
    degree = np.append(degree, 2)
    first, second = np.argpartition(costs[size, :size], 1)[:2]
    degree[[first, second]] += 1
    return total + float(costs[size, first] + costs[size, second]), degree


def _spanning_tree(costs):
    """Boruvka's: every component takes its cheapest edge, all at once. Spoils its argument."""
    size = len(costs)
    np.fill_diagonal(costs, np.inf)
    rows, part = np.arange(size), np.arange(size)
    degree, total = np.zeros(size, dtype=int), 0.0
    while True:
        nearest = costs.argmin(axis=1)
        best = costs[rows, nearest]
        by_cost = np.argsort(-best, kind="stable")
        door = np.full(size, -1)
        door[part[by_cost]] = by_cost  # the last one written is the cheapest way out of a part
        out = door[door >= 0]
        here, there = part[out], part[nearest[out]]
        into = rows.copy()
        into[here] = there
        twice = (into[there] == here) & (here < there)  # both ends chose the same edge
        into[here[twice]] = here[twice]
        taken = out[~twice]
        total += float(best[taken].sum())
        degree += np.bincount(taken, minlength=size)
        degree += np.bincount(nearest[taken], minlength=size)
        while not np.array_equal(into[into], into):
            into = into[into]
        part = into[part]
        if (part == part[0]).all():
            return total, degree
        costs[part[:, None] == part[None, :]] = np.inf
