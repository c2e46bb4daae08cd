from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .political_map import TILE_ATTRIBUTION, TILE_URL
from .political_place_figures import SMALL_CELL


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    political_map_tile_url = fields.Char(
        "Tile server",
        config_parameter=TILE_URL,
        help="Such as https://tiles.example.org/{z}/{x}/{y}.png. Each reader's browser then asks "
        "this server for the streets under the map. Empty: nothing is asked of anybody.",
    )
    political_map_tile_attribution = fields.Char(
        "Attribution",
        config_parameter=TILE_ATTRIBUTION,
        help="What the server's terms ask to show.",
    )
    political_small_cell = fields.Integer(
        "Smallest count shown",
        config_parameter=SMALL_CELL,
        default=10,
        help="Figures of places with fewer cast votes are hidden, and those of a neighbour when a "
        "subtraction would tell them (R-50).",
    )

    @api.constrains("political_map_tile_url", "political_small_cell")
    def _check_map(self):
        for settings in self:
            url = settings.political_map_tile_url
            if url and not (
                url.startswith("https://") and all(part in url for part in ("{z}", "{x}", "{y}"))
            ):
                raise ValidationError(
                    self.env._(
                        "The tile server's address starts with https:// and holds {z}, {x} and {y}."
                    )
                )
            if settings.political_small_cell < 2:
                raise ValidationError(self.env._("The smallest count shown is 2 at least."))
