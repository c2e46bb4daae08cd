"""Seconds to find the polling station of 100,000 addresses by the contours of a department.

Against: one address at a time, each contour asked in turn until one holds it, counted up from a
sample. Ratio: the ordinary way's seconds over ours.
"""

import json
import random

import shapely

from bench.timing import timed

ADDRESSES = 100_000
STATIONS = 800
SAMPLE = 200


def measure(env, scale):
    number = max(int(ADDRESSES * scale), 1000)
    _contours(env)
    draw = random.Random(6)  # noqa: S311 - places, not a secret
    points = [(2 + draw.random() * 0.5, 48 + draw.random() * 0.5) for _n in range(number)]
    seconds, found = timed(lambda: env["political.zone"]._stations_at(points, ["99001"]))
    assert len(found) == number and sum(1 for one in found if one) > 0.95 * number
    sample = points[:SAMPLE]
    single, again = timed(lambda: [_one_by_one(env, point) for point in sample])
    assert again == found[:SAMPLE], "the two ways disagree"
    against = single / len(sample) * number
    return {
        "value": seconds,
        "unit": "s",
        "against": against,
        "ratio": against / seconds,
        "n": number,
    }


def _contours(env):
    """Voronoi cells of invented places, like the real ones: 30 corners and more."""
    draw = random.Random(7)  # noqa: S311 - places, not a secret
    seeds = shapely.multipoints(
        [(2 + draw.random() * 0.5, 48 + draw.random() * 0.5) for _n in range(STATIONS)]
    )
    box = shapely.box(2, 48, 2.5, 48.5)
    cells = shapely.voronoi_polygons(seeds, extend_to=box).geoms
    zones = []
    for place, cell in enumerate(cells, 1):
        contour = shapely.segmentize(shapely.intersection(cell, box), 0.002)
        zones.append(
            {
                "kind": "station",
                "code": f"99001_{place:04d}",
                "name": f"Bureau {place}",
                "contour": json.dumps(contour.__geo_interface__),
            }
        )
    env["political.zone"].create(zones)
    env.flush_all()


def _one_by_one(env, point):
    """As one would without an index: read the contours once, ask each of them."""
    place = shapely.Point(point)
    for zone_id, shape in _shapes(env):
        if shape.intersects(place):
            return zone_id
    return None


def _shapes(env, kept={}):  # noqa: B006 - kept for the whole measure
    if not kept:
        zones = env["political.zone"].search(
            [("kind", "=", "station"), ("code", "=like", "99001_%")], order="id"
        )
        kept.update({zone.id: shapely.from_geojson(zone.contour) for zone in zones})
    return kept.items()
