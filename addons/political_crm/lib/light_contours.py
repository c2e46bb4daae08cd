"""Contours made light for a map: simplified as one fabric, so that neighbours still touch, and
written as whole numbers, each point as its distance from the one before."""

import json

import numpy as np
import shapely

# A hundred-thousandth of a degree is a metre.
UNIT = 100_000
# Degrees: what may be lost of a contour, about 10 m for a station.
TOLERANCE = {"station": 1e-4, "iris": 1e-4, "commune": 4e-4, "canton": 4e-4, "epci": 8e-4}
COARSE = 2e-3


def payload(rows, kind):
    """The contours of places of one kind as compact JSON.

    :param list rows: of (id, GeoJSON geometry as text)
    :param str kind: kind of place, which says how fine the contours are
    :return: str: ``{"unit", "zones": [[id, [polygon, ...]], ...]}``; a polygon is a list of rings,
        a ring the flat list x0, y0, dx1, dy1, ... without its last point, which is the first
    """
    ids = [row[0] for row in rows]
    shapes = shapely.from_geojson([row[1] for row in rows])
    light = simplify(shapes, TOLERANCE.get(kind, COARSE))
    zones = [
        [zone_id, found]
        for zone_id, shape in zip(ids, light, strict=True)
        if (found := [_polygon(part) for part in polygons(shape)])
    ]
    return json.dumps({"unit": UNIT, "zones": zones}, separators=(",", ":"))


def simplify(shapes, tolerance):
    """Shapes with fewer points, whose common borders stay common.

    :param shapes: array of shapely polygons and multipolygons
    :param float tolerance: degrees
    :return: array of shapes in the same order
    """
    shapes = shapely.make_valid(shapes)
    flat = np.array([shapely.MultiPolygon(polygons(shape)) for shape in shapes], dtype=object)
    light = shapely.coverage_simplify(flat, tolerance)
    return np.where(shapely.is_empty(light), flat, light)


def polygons(shape):
    """The polygons that a shape is made of; points and lines, left by mending, are dropped.

    :param shape: any shapely geometry
    :return: list of polygons
    """
    if shape is None:
        return []
    parts = shapely.get_parts(shapely.get_parts(shape)) if shape.geom_type != "Polygon" else [shape]
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _polygon(polygon):
    rings = [polygon.exterior, *polygon.interiors]
    return [ring for ring in map(_ring, rings) if len(ring) >= 6]


def _ring(ring):
    points = np.rint(shapely.get_coordinates(ring) * UNIT).astype(int)
    moved = np.ones(len(points), bool)
    moved[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
    points = points[moved]
    if len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    steps = np.concatenate([points[:1], np.diff(points, axis=0)])
    return steps.ravel().tolist()
