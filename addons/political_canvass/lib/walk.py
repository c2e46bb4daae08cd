"""In which order to walk a set of doors, how long that is, and how much shorter it could be.

Solver: fast-tsp 0.2 (Or-opt local search, exact up to 20 points), which wants a *closed* tour
over a symmetric matrix of 16-bit integers. So

- the *open* walk is had from a dummy point at distance 0 from everything: the tour is cut there.
  A fixed start is kept beside the dummy by making each of its real legs longer by one constant,
  no smaller than any distance, which the walk then pays once. (A dummy that is far from all but
  the start is the same in theory, but a local search that looks at near neighbours only then
  never moves the walk's end: 11 % longer on 60 real doors.)
- metres are scaled to integers up to 65,535: centimetres where the turf is under 300 m wide;
- doors at one point (a tower's flats) are one stop.

Distances are straight lines on a local plane. The lower bound is Held and Karp's: for any
weights of the points, the cheapest 1-tree costs no more than the best tour ("The traveling
salesman problem and minimum spanning trees", Operations Research 18, 1970).
"""

import itertools
import math
from typing import NamedTuple

import fast_tsp
import numpy as np

EARTH_RADIUS = 6_371_008.8  # m, mean
LARGEST = 65_535
MAX_STOPS = 5_000  # 200 MB of matrices; turfs are a hundred times smaller
ASCENT_STEPS = 120


class Walk(NamedTuple):
    order: list  # indexes of the points, in walking order
    length: float  # m, from the start (when given) to the last point
    bound: float  # m, no walk over these points can be shorter


def plan(points, start=None, seconds=None):
    """Order points for walking.

    :param points: sequence of ``(lat, lon)`` in degrees
    :param start: ``(lat, lon)`` where the walk begins, or nothing to begin anywhere
    :param seconds: time for the solver; by default 2 ms a stop, between 20 ms and 1 s
    :rtype: Walk
    :raises ValueError: for more than :data:`MAX_STOPS` different points
    """
    stops, at_stop = _stops(points)
    if not stops:
        return Walk([], 0.0, 0.0)
    if len(stops) > MAX_STOPS:
        raise ValueError(f"{len(stops)} stops, at most {MAX_STOPS}")
    places = ([start] if start else []) + stops
    metres = _distances(places)
    path = _path(metres, bool(start), seconds)
    length = float(sum(metres[a, b] for a, b in itertools.pairwise(path)))
    bound = min(length, _bound(metres, bool(start), length))
    first = 1 if start else 0
    order = [index for stop in path[first:] for index in at_stop[stops[stop - first]]]
    return Walk(order, length, max(bound, 0.0))


def distance(a, b):
    """Metres between two ``(lat, lon)`` a walk apart."""
    return float(_distances([a, b])[0, 1])


def _stops(points):
    at_stop = {}
    for index, point in enumerate(points):
        at_stop.setdefault(tuple(point), []).append(index)
    return list(at_stop), at_stop


def _distances(places):
    degrees = np.radians(np.array(places, dtype=float).reshape(-1, 2))
    scale = math.cos(float(degrees[:, 0].mean()))
    x, y = degrees[:, 1] * scale * EARTH_RADIUS, degrees[:, 0] * EARTH_RADIUS
    return np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])


def _with_dummy(metres, fixed_start):
    """The closed problem, the dummy as last point, and what its best tour pays on top."""
    size = len(metres)
    closed = np.zeros((size + 1, size + 1))
    closed[:size, :size] = metres
    surcharge = float(metres.max()) if fixed_start else 0.0
    if fixed_start:
        closed[0, 1:size] += surcharge
        closed[1:size, 0] += surcharge
    return closed, surcharge


def _path(metres, fixed_start, seconds):
    size = len(metres)
    if size < 3:
        return list(range(size))
    closed, _surcharge = _with_dummy(metres, fixed_start)
    largest = float(closed.max()) or 1.0
    matrix = np.rint(closed * (LARGEST / largest)).astype(np.uint16)
    seconds = seconds or min(1.0, max(0.02, 0.002 * size))
    tour = fast_tsp.find_tour(matrix, duration_seconds=seconds)
    cut = tour.index(size)
    path = tour[cut + 1 :] + tour[:cut]
    if fixed_start and path[0] != 0:
        path.reverse()
        if path[0] != 0:  # a local search promises nothing: bring the start to the front
            path.remove(0)
            path.insert(0, 0)
    return path


def _bound(metres, fixed_start, length):
    """Held-Karp bound of the open walk, by subgradient ascent on the closed one."""
    size = len(metres)
    if size < 3:
        return length
    closed, surcharge = _with_dummy(metres, fixed_start)
    weights, best, step = np.zeros(size + 1), 0.0, 1.0
    target = length + surcharge
    for _ in range(ASCENT_STEPS):
        cost, degree = _one_tree(closed + weights[:, None] + weights[None, :])
        value = cost - 2 * float(weights.sum())
        best = max(best, value)
        excess = degree - 2
        norm = int((excess * excess).sum())
        if not norm or target - best < 1e-9:
            break
        weights = weights + step * (target - value) / norm * excess
        step *= 0.97
    return best - surcharge


def _one_tree(costs):
    """Cheapest 1-tree: spanning tree of all but the last point, which gets two edges."""
    size = len(costs) - 1
    degree = np.zeros(size + 1, dtype=int)
    total = 0.0
    reach, parent = costs[0, :size].copy(), np.zeros(size, dtype=int)
    outside = np.ones(size, dtype=bool)
    outside[0] = False
    for _ in range(size - 1):
        nearest = int(np.argmin(np.where(outside, reach, np.inf)))
        total += float(reach[nearest])
        degree[nearest] += 1
        degree[parent[nearest]] += 1
        outside[nearest] = False
        closer = outside & (costs[nearest, :size] < reach)
        reach[closer] = costs[nearest, :size][closer]
        parent[closer] = nearest
    first, second = np.argsort(costs[size, :size], kind="stable")[:2]
    degree[[first, second]] += 1
    degree[size] = 2
    return total + float(costs[size, first] + costs[size, second]), degree
