"""Mean gap (%) to the known optimum of the walks' solver, over TSPLIB instances of 52 to 1,002
points, at 0.2 s each.

Against: the nearest neighbour; OR-Tools at 3 s is printed beside it from the same run. Ratio: the
nearest neighbour's gap over ours (the gap at most 0.2 %).
"""

from statistics import mean

from odoo.addons.political_canvass.lib import walk

from bench import tsplib

SECONDS = 0.2
OR_TOOLS_SECONDS = 3.0


def measure(env, scale):
    best = tsplib.optima()
    names = sorted(best, key=best.get)[: max(2, int(len(best) * min(1.0, scale)))]
    gaps = {"ours": [], "nearest_neighbour": [], "or_tools": []}
    told = []
    for name in names:
        matrix = tsplib.distances(name)
        tours = {
            "ours": walk.closed_tour(matrix, SECONDS),
            "nearest_neighbour": walk.nearest_neighbour(matrix),
            "or_tools": tsplib.or_tools(matrix, OR_TOOLS_SECONDS),
        }
        for who, tour in tours.items():
            gaps[who].append(100 * (tsplib.length(matrix, tour) / best[name] - 1))
        told.append(f"{name}: " + _line({who: found[-1] for who, found in gaps.items()}))
    ours, against = mean(gaps["ours"]), mean(gaps["nearest_neighbour"])
    return {
        "value": ours,
        "unit": "%",
        "against": against,
        "ratio": against / max(ours, 1e-6),
        "n": len(names),
        "or_tools_3s": mean(gaps["or_tools"]),
        "worst": max(gaps["ours"]),
        "details": [*told, "mean: " + _line({who: mean(found) for who, found in gaps.items()})],
    }


def _line(gaps):
    """The three gaps as words."""
    return (
        f"{gaps['ours']:.2f} % at {SECONDS} s, "
        f"nearest neighbour {gaps['nearest_neighbour']:.1f} %, "
        f"OR-Tools {gaps['or_tools']:.2f} % at {OR_TOOLS_SECONDS:.0f} s"
    )
