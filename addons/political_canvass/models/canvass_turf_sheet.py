import base64
import io

import qrcode
from markupsafe import Markup

from odoo import api, fields, models

from ..lib import sheet
from ..lib.payload import OUTCOMES

# Doors on a printed page: the first one holds the map, too.
FIRST_PAGE, NEXT_PAGE = 12, 25


class CanvassTurf(models.Model):
    """A turf on paper: its code, its map, and the doors page by page."""

    _inherit = "canvass.turf"

    link = fields.Char(compute="_compute_qr")
    qr = fields.Binary("QR code", compute="_compute_qr")

    @api.depends("code", "state")
    def _compute_qr(self):
        for turf in self:
            if turf.state != "published" or not turf.code:
                turf.link = turf.qr = False
                continue
            # The code stays behind the #: no server on the way, ours included, logs it. For the
            # same reason the picture is not drawn by /report/barcode, whose address would hold it.
            turf.link = f"{turf.get_base_url()}/canvass/#{turf.code}"
            picture = io.BytesIO()
            qrcode.make(turf.link, box_size=8, border=2).save(picture, format="PNG")
            turf.qr = base64.b64encode(picture.getvalue())

    def _sheet_map(self):
        """The walk as a drawing for the printed sheet."""
        # one for each door: a building with several comes several times
        buildings = [line.door_id.building_id for line in self.line_ids.sorted("sequence")]
        drawing = sheet.walk_svg(
            [(building.latitude, building.longitude) for building in buildings],
            [building.street for building in buildings],
        )
        return Markup(drawing)  # noqa: S704 - the drawing escapes the streets' names

    def _sheet_pages(self):
        """The doors in walking order, as many at a time as fit on a page."""
        lines = self.line_ids.sorted("sequence")
        later = range(FIRST_PAGE, len(lines), NEXT_PAGE)
        return [lines[:FIRST_PAGE], *(lines[start : start + NEXT_PAGE] for start in later)]

    def _sheet_legend(self):
        """``[(number, what it means)]``, as the sheet is typed in."""
        labels = dict(
            self.env["canvass.turf.door"]._fields["outcome"]._description_selection(self.env)
        )
        return [(number, labels[code]) for number, code in enumerate(OUTCOMES, 1)]
