"""The walk of a turf as a drawing for paper: no map server, no picture of anybody's house."""

import html
import math
from typing import NamedTuple

import qrcode

from . import walk

MARGIN = 18
FOOT = 20  # px below the doors, for the scale bar
NUMBER = (5.6, 9)  # px that a digit takes, and how high it is
NAME = (5.4, 11)


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other):
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def walk_svg(points, streets=(), width=660, height=440):
    """Doors in walking order, numbered, with the way between them and the streets' names.

    :param points: sequence of ``(lat, lon)`` in walking order
    :param streets: the street of each point
    :param int width: px
    :param int height: px
    :returns: SVG text, without anything from outside
    """
    if not points:
        return ""
    xy = _flat(points)
    left, top = min(x for x, _y in xy), min(y for _x, y in xy)
    wide, high = max(x for x, _y in xy) - left, max(y for _x, y in xy) - top
    room = (width - 2 * MARGIN - 20, height - 2 * MARGIN - FOOT)
    scale = min(room[0] / max(wide, 1.0), room[1] / max(high, 1.0))
    # what is left over lies on both sides
    east, south = MARGIN + (room[0] - wide * scale) / 2, MARGIN + (room[1] - high * scale) / 2
    placed = [(east + (x - left) * scale, south + (y - top) * scale) for x, y in xy]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">'
        f'<rect width="{width}" height="{height}" fill="#ffffff" stroke="#999999"/>'
        f'<polyline points="{line}" fill="none" stroke="#555555" stroke-width="1.5" '
        f'stroke-dasharray="5 3"/>{"".join(map(_dot, range(1, len(placed) + 1), placed))}'
        f"{_labels(placed, streets, width, height)}"
        f"{_scale_bar(scale, width, height)}{_north(width)}</svg>"
    )


def _labels(placed, streets, width, height):
    """Numbers and names where they cover neither a door nor each other.

    A number without room is left out: the way leads from the one before to the one after.
    """
    taken = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in placed]
    taken.append(Box(0, height - FOOT, width / 2, height))  # the scale bar
    taken.append(Box(width - 2 * MARGIN, 0, width, 3 * MARGIN))  # where north is
    texts = []
    for number, place in enumerate(placed, 1):
        box = _free(taken, _around(place, str(number), NUMBER), width, height)
        if box:
            texts.append(
                f'<text x="{box.left:.1f}" y="{box.bottom - 1:.1f}" font-size="9">{number}</text>'
            )
    for street, place in _middles(placed, streets):
        box = _free(taken, _around(place, street, NAME, far=14), width, height)
        if box:
            texts.append(
                f'<text x="{box.left:.1f}" y="{box.bottom - 2:.1f}" font-size="10" '
                f'font-style="italic" fill="#333333">{html.escape(street)}</text>'
            )
    return "".join(texts)


def _around(place, text, size, far=5):
    """Boxes that a label may fill, the best one first."""
    x, y = place
    wide, high = size[0] * len(text), size[1]
    for step in (far, 2 * far, 4 * far):
        yield from (
            Box(x + step, y - step - high, x + step + wide, y - step),
            Box(x + step, y + step, x + step + wide, y + step + high),
            Box(x - step - wide, y - step - high, x - step, y - step),
            Box(x - step - wide, y + step, x - step, y + step + high),
            Box(x + step, y - high / 2, x + step + wide, y + high / 2),
            Box(x - step - wide, y - high / 2, x - step, y + high / 2),
        )
        if far == 5:  # a number far from its door tells nothing
            return


def _free(taken, boxes, width, height):
    """The first box that meets nothing; it is taken from then on."""
    for box in boxes:
        inside = box.left > 2 and box.top > 2 and box.right < width - 2 and box.bottom < height - 2
        if inside and not any(map(box.meets, taken)):
            taken.append(box)
            return box
    return None


def _middles(placed, streets):
    """``(street, place)``: the door in the middle of each street, the longest street first."""
    doors = {}
    for street, place in zip(streets, placed, strict=False):
        doors.setdefault(street, []).append(place)
    for street, places in sorted(doors.items(), key=lambda item: -len(item[1])):
        yield street, sorted(places)[len(places) // 2]


def _flat(points):
    """Metres east and south of the first point."""
    lat, lon = points[0]
    east = math.cos(math.radians(lat)) * walk.EARTH_RADIUS
    return [
        (math.radians(b - lon) * east, -math.radians(a - lat) * walk.EARTH_RADIUS)
        for a, b in points
    ]


def _dot(number, place):
    x, y = place
    radius, fill = (6, "#000000") if number == 1 else (3, "#ffffff")
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="#000000"/>'


def _scale_bar(scale, width, height):
    metres = next((m for m in (1000, 500, 200, 100, 50, 20, 10) if m * scale < width / 3), 5)
    x, y = MARGIN, height - 12
    return (
        f'<path d="M{x} {y - 4}v4h{metres * scale:.1f}v-4" fill="none" stroke="#000000"/>'
        f'<text x="{x + metres * scale + 6:.1f}" y="{y}" font-size="10">{metres} m</text>'
    )


def _north(width):
    x = width - MARGIN
    return (
        f'<path d="M{x} {MARGIN + 22}v-20l-4 7m4 -7l4 7" fill="none" stroke="#000000"/>'
        f'<text x="{x - 3}" y="{MARGIN - 4}" font-size="10">N</text>'
    )


def qr_svg(text, size=44):
    """A QR code as one path.

    :param str text: what it says
    :param int size: px
    :returns: SVG text
    """
    code = qrcode.QRCode(border=1, error_correction=qrcode.ERROR_CORRECT_L)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" '
        f'viewBox="0 0 {len(rows)} {len(rows)}" shape-rendering="crispEdges">'
        f'<path d="{path}" fill="#000000"/></svg>'
    )
