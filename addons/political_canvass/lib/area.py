"""Areas and barriers as GeoJSON, in longitude and latitude (WGS 84)."""

import json

import shapely
from shapely.geometry import shape

AREAS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString", *AREAS)
MARGIN = 0.00008  # of a degree, some 8 m: what a turf's outline keeps around its doors
DECIMALS = 5


def polygon(text):
    """The area of a GeoJSON text: a geometry, a feature or a collection.

    :returns: a shapely area
    :raises ValueError: for anything that holds no area on the globe
    """
    found = [one for one in _geometries(text, AREAS) if not one.is_empty]
    if not found:
        raise ValueError("area")
    whole = shapely.make_valid(shapely.union_all(found))
    if whole.area <= 0:
        raise ValueError("area")
    return whole


def lines(text):
    """The barriers of a GeoJSON text.

    :returns: list of shapely geometries
    :raises ValueError: for anything that holds neither lines nor areas on the globe
    """
    found = _geometries(text, LINES)
    if not found:
        raise ValueError("lines")
    return found


def inside(whole, points):
    """Which of the ``(lon, lat)`` points lie in an area; numpy array of booleans."""
    shapely.prepare(whole)
    xs, ys = zip(*points, strict=True)
    return shapely.intersects_xy(whole, xs, ys)


def outline(points):
    """The area that holds ``(lon, lat)`` points, with a margin, as GeoJSON."""
    hull = shapely.convex_hull(shapely.multipoints(points)).buffer(MARGIN, quad_segs=2)
    ring = [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in hull.exterior.coords]
    return json.dumps({"type": "Polygon", "coordinates": [ring]}, separators=(",", ":"))


def _geometries(text, kinds):
    try:
        data = json.loads(text)
        found = [shape(part) for part in _parts(data) if part.get("type") in kinds]
    except (shapely.errors.ShapelyError, AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError("geometry") from error
    for one in found:
        west, south, east, north = one.bounds if not one.is_empty else (0, 0, 0, 0)
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise ValueError("degrees")  # metres of some projection
    return found


def _parts(data):
    kind = data.get("type")
    if kind == "FeatureCollection":
        return [part for feature in data["features"] for part in _parts(feature)]
    if kind == "Feature":
        return _parts(data["geometry"]) if data["geometry"] else []
    if kind == "GeometryCollection":
        return [part for geometry in data["geometries"] for part in _parts(geometry)]
    return [data]
