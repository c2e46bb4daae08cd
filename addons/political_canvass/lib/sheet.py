"""The walk of a turf as a drawing for paper: no map server, no picture of anybody's house."""

import math

import qrcode

from . import walk

MARGIN = 18
STREETS = 4  # px that labels keep from their point


def walk_svg(points, width=900, height=440):
    """Doors in walking order, numbered, with the way between them.

    :param points: sequence of ``(lat, lon)`` in walking order
    :param int width: px
    :param int height: px
    :returns: SVG text, without anything from outside
    """
    if not points:
        return ""
    xy = _flat(points)
    left, top = min(x for x, _y in xy), min(y for _x, y in xy)
    wide, high = max(x for x, _y in xy) - left, max(y for _x, y in xy) - top
    scale = min((width - 2 * MARGIN) / max(wide, 1.0), (height - 2 * MARGIN - 20) / max(high, 1.0))
    placed = [(MARGIN + (x - left) * scale, MARGIN + (y - top) * scale) for x, y in xy]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    every = max(1, len(placed) // 60)
    dots = "".join(_dot(number, *place, every) for number, place in enumerate(placed, 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">'
        f'<rect width="{width}" height="{height}" fill="#ffffff" stroke="#999999"/>'
        f'<polyline points="{line}" fill="none" stroke="#555555" stroke-width="1.5" '
        f'stroke-dasharray="5 3"/>{dots}{_scale_bar(scale, width, height)}{_north(width)}</svg>'
    )


def _flat(points):
    """Metres east and south of the first point."""
    lat, lon = points[0]
    east = math.cos(math.radians(lat)) * walk.EARTH_RADIUS
    return [
        (math.radians(b - lon) * east, -math.radians(a - lat) * walk.EARTH_RADIUS)
        for a, b in points
    ]


def _dot(number, x, y, every):
    first = number == 1
    label = ""
    if first or number % every == 0:
        label = f'<text x="{x + STREETS:.1f}" y="{y - STREETS:.1f}" font-size="9">{number}</text>'
    radius, fill = (6, "#000000") if first else (3, "#ffffff")
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="#000000"/>{label}'


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
