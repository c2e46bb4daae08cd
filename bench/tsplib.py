"""Reading the travelling salesman instances that the shared data holds."""

import os
from pathlib import Path

import numpy as np

from tools.places import ROOT


def folder():
    """Where the instances lie: ``POLITICAL_DATA``, or ``shared/data`` beside the project.

    :raises FileNotFoundError: when neither is there
    """
    places = [Path(os.environ["POLITICAL_DATA"])] if os.environ.get("POLITICAL_DATA") else []
    places += [parent / "shared" / "data" for parent in ROOT.parents]
    for place in places:
        if (place / "routing" / "tsplib").is_dir():
            return place / "routing" / "tsplib"
    raise FileNotFoundError("The shared data is not there: name its folder in POLITICAL_DATA.")


def optima():
    """``{instance: length of the best tour}``."""
    lines = (folder() / "optima.csv").read_text().split()[1:]
    return {name: int(best) for name, best in (line.split(",") for line in lines)}


def distances(name):
    """TSPLIB's rounded Euclidean distances of an instance, as a matrix."""
    points, reading = [], False
    for line in (folder() / f"{name}.tsp").read_text().splitlines():
        words = line.split()
        if words and words[0].startswith("NODE_COORD_SECTION"):
            reading = True
        elif reading and len(words) == 3:
            points.append((float(words[1]), float(words[2])))
    xy = np.array(points)
    return np.floor(np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1)) + 0.5)


def length(matrix, tour):
    """Length of the closed tour; fails for one that is none."""
    assert sorted(tour) == list(range(len(matrix))), "not a tour"
    return float(matrix[tour, tour[1:] + tour[:1]].sum())


def or_tools(matrix, seconds):
    """OR-Tools' tour with guided local search in so many seconds."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    manager = pywrapcp.RoutingIndexManager(len(matrix), 1, 0)
    routing = pywrapcp.RoutingModel(manager)
    rows = matrix.astype(int).tolist()
    legs = routing.RegisterTransitMatrix(rows)
    routing.SetArcCostEvaluatorOfAllVehicles(legs)
    wanted = pywrapcp.DefaultRoutingSearchParameters()
    wanted.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    wanted.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    wanted.time_limit.FromMilliseconds(int(seconds * 1000))
    found = routing.SolveWithParameters(wanted)
    tour, at = [], routing.Start(0)
    while not routing.IsEnd(at):
        tour.append(manager.IndexToNode(at))
        at = found.Value(routing.NextVar(at))
    return tour
