"""Seconds to cut Bondy (8,413 doors) into turfs, walked, named and stored.

Against: the nearest neighbour as the walk of one pile of doors cut every so many (what a list
sorted by hand comes to), in memory. Ratio: ours over that; the issue's limit is 10 s. Beside it:
the largest turf over the mean (at most 1.15), and every door in exactly one turf.
"""

from bench import bondy
from bench.timing import timed

COPIES = 1
MINUTES = 150.0


def measure(env, scale):
    return cut(env, scale, COPIES)


def cut(env, scale, copies):
    """Cut so many towns; the figure's dict."""
    ground = bondy.branch(env)
    number = bondy.doors(env, ground, max(1, round(copies * scale)))
    operation = env["canvass.operation"].create(
        {"name": "Bondy", "branch_id": ground.id, "turf_minutes": MINUTES}
    )
    if scale < 1 and copies == 1:
        operation.write({"area_kind": "polygon", "area_polygon": _part(scale)})
        number = len(operation._free_rows())
    env.flush_all()
    seconds, _action = timed(operation.action_cut)
    turfs = operation.turf_ids
    env.cr.execute(
        "SELECT count(*), count(DISTINCT door_id) FROM canvass_turf_door WHERE operation_id = %s",
        [operation.id],
    )
    assert env.cr.fetchone() == (number, number)
    times = turfs.mapped("walk_minutes")
    balance = max(times) / (sum(times) / len(times))
    assert scale < 1 or balance <= 1.15, balance
    assert all(turf.walk_length >= turf.walk_bound for turf in turfs)
    plain = _plain(operation, len(turfs))
    gap = 100 * (sum(turfs.mapped("walk_length")) / sum(turfs.mapped("walk_bound")) - 1)
    return {
        "value": seconds,
        "unit": "s",
        "against": plain,
        "ratio": seconds / plain,
        "n": number,
        "turfs": len(turfs),
        "balance": balance,
        "gap": gap,
        "details": [
            f"{len(turfs)} turfs, the largest {balance:.3f} times the mean; "
            f"walks at most {gap:.1f} % longer than the shortest"
        ],
    }


def _part(scale):
    """The south of the town, about that share of it."""
    import json

    north = 48.887 + 0.035 * scale
    ring = [[2.4, 48.8], [2.6, 48.8], [2.6, north], [2.4, north], [2.4, 48.8]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def _plain(operation, turfs):
    """Sort by street and number, deal out evenly, walk each pile by the nearest neighbour."""
    rows = operation._free_rows()
    rows.sort(key=lambda row: (row["street"], row["number"]))
    size = -(-len(rows) // turfs)

    def deal():
        for first in range(0, len(rows), size):
            bondy.nearest_neighbour([(r["lat"], r["lon"]) for r in rows[first : first + size]])

    return timed(deal)[0]
