"""Contours of places from GeoJSON, mended where needed, and which of them holds a point."""

import json
from typing import NamedTuple

import numpy
import shapely

from . import codes
from .plain import plain

KEYS = {
    "station": ("codebv", "codebureauvote", "idbv", "bureau", "bvid", "idbureau"),
    "iris": ("dcomiris", "codeiris", "codeir"),
    "commune": ("codeinsee", "inseecom", "codecommune", "insee", "depcom", "code"),
    "department": ("codedept", "codedepartement", "inseedep"),
    "region": ("coderegion", "inseereg"),
    "epci": ("codeepci", "siren"),
}
# A degree of latitude, in metres.
DEGREE = 111_195.0


class ContourError(Exception):
    """A file that is refused whole; ``code`` says why."""

    def __init__(self, code, **detail):
        super().__init__(code)
        self.code = code
        self.detail = detail


class Contour(NamedTuple):
    """A place's contour as GeoJSON text."""

    kind: str
    code: str
    geometry: str
    mended: bool
    told: str = ""
    """The code of a station as the file writes it, when it writes a whole one."""


class ContourFile(NamedTuple):
    """What a file of contours says."""

    contours: list
    rejected: int
    """Number of features without a code or without polygons."""

    problems = ()

    @property
    def mended(self):
        return sum(contour.mended for contour in self.contours)


def read_contours(content, kind="", prefix=""):
    """
    :param bytes content: a GeoJSON feature collection in longitude and latitude (WGS 84)
    :param str kind: kind of place, when the properties leave a doubt
    :param str prefix: code of the department, for constituencies that are only numbered
    :return: ContourFile
    :raises ContourError: ``not_geojson``, ``empty``, ``no_code``, ``projection``
    """
    try:
        collection = json.loads(content)
        features = collection["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise ContourError("not_geojson") from error
    if not isinstance(features, list) or not features:
        raise ContourError("empty")
    found, told, left_out = {}, {}, 0
    for feature in features:
        properties = feature.get("properties") or {}
        place = _place_of(properties, kind, prefix)
        geometry = feature.get("geometry")
        if not place or not geometry:
            left_out += 1
            continue
        found.setdefault(place, []).append(geometry)
        if place[0] == "station":
            told[place] = _station_as_told(_compact(properties))
    if not found:
        raise ContourError("no_code")
    contours = []
    for (found_kind, code), geometries in found.items():
        try:
            shape, mended = _shape(geometries)
        except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.GEOSException):
            shape = None
        if shape is None or shape.is_empty:
            left_out += 1
            continue
        west, south, east, north = shape.bounds
        if west < -180 or east > 180 or south < -90 or north > 90:
            raise ContourError("projection")
        as_told = told.get((found_kind, code), "")
        contours.append(Contour(found_kind, code, shapely.to_geojson(shape), mended, as_told))
    return ContourFile(contours, left_out)


def _place_of(properties, kind, prefix):
    """Kind and code of a feature's place, from whatever its publisher calls them."""
    told = _compact(properties)
    if kind in ("", "station"):
        code = _station(told)
        if code:
            return "station", code
    if kind in ("", "constituency"):
        code = _constituency(told, prefix)
        if code:
            return "constituency", code
    for name, aliases in KEYS.items():
        if name == "station" or kind not in ("", name):
            continue
        code = next((told[alias] for alias in aliases if told.get(alias)), "")
        if code and (name != "iris" or len(code) == 9):
            return name, codes.commune(code) if name == "commune" else code.strip()
    return None


def _compact(properties):
    return {plain(name).replace(" ", ""): str(value) for name, value in properties.items()}


def _station_as_told(told):
    """A whole code of a station as the file writes it, or ""."""
    if "numbv" in told or ("depco" in told and "bvote" in told):
        return ""
    codes_told = (told.get(alias, "").replace("-", "_") for alias in KEYS["station"])
    return next((code for code in codes_told if codes.station_from(code)), "")


def _station(told):
    if "numbv" in told:
        district = told.get("arrondissement") or told.get("arrondisse")
        if district and district.isdigit():
            return codes.station(f"751{int(district):02d}", told["numbv"])
    if "depco" in told and "bvote" in told:
        return codes.station(told["depco"], told["bvote"])
    for alias in KEYS["station"]:
        code = codes.station_from(told.get(alias, "").replace("-", "_"))
        if code:
            return code
    return ""


def _constituency(told, prefix):
    number = told.get("numcirc") or told.get("circonscri") or told.get("codecirconscription")
    return codes.constituency(number, told.get("codedpt") or prefix) if number else ""


def _shape(geometries):
    """One shape of a place's polygons, and whether it had to be mended."""
    shapes = [shapely.geometry.shape(geometry) for geometry in geometries]
    mended = not all(shape.is_valid for shape in shapes)
    if mended:
        shapes = [shapely.make_valid(shape) for shape in shapes]
    shape = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
    if shape.geom_type == "GeometryCollection":
        # Mending leaves lines where a polygon touched itself.
        parts = [part for part in shape.geoms if part.geom_type.endswith("Polygon")]
        shape = shapely.union_all(parts)
    return (shape if shape.geom_type.endswith("Polygon") else None), mended


class Places:
    """Contours ready to be asked which of them holds a point."""

    def __init__(self, contours):
        """
        :param contours: iterable of (anything, GeoJSON text)
        """
        pairs = list(contours)
        self.keys = [key for key, _text in pairs]
        self.shapes = shapely.from_geojson([text for _key, text in pairs], on_invalid="ignore")
        self.tree = shapely.STRtree(self.shapes)

    def at(self, longitudes, latitudes):
        """
        :param longitudes: sequence of float, degrees
        :param latitudes: as many
        :return: list, the key of the contour that holds each point, ``None`` outside all
        """
        points = shapely.points(numpy.asarray(longitudes), numpy.asarray(latitudes))
        found = [None] * len(points)
        shapely.prepare(self.shapes)
        held, holding = self.tree.query(points, predicate="intersects")
        # On a border two contours hold a point: the first one that was given takes it.
        for point, place in zip(held[::-1].tolist(), holding[::-1].tolist(), strict=True):
            found[point] = self.keys[place]
        return found


def nearest(known, points, metres):
    """The nearest known point of each point, when it is near enough.

    :param known: list of (key, longitude, latitude)
    :param points: list of (longitude, latitude)
    :param float metres: how far is near enough
    :return: list of keys or ``None``
    """
    if not known or not points:
        return [None] * len(points)
    scale = numpy.cos(numpy.radians(numpy.mean([lat for _key, _lon, lat in known])))

    def flat(pairs):
        array = numpy.asarray(pairs, dtype=float)
        return shapely.points(array[:, 0] * scale * DEGREE, array[:, 1] * DEGREE)

    tree = shapely.STRtree(flat([(lon, lat) for _key, lon, lat in known]))
    asked, answers = tree.query_nearest(flat(points), max_distance=metres, all_matches=False)
    found = [None] * len(points)
    for place, answer in zip(asked.tolist(), answers.tolist(), strict=True):
        found[place] = known[answer][0]
    return found
