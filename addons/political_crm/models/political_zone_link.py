from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("merged", "Merged into"),
    ("replaced", "Replaced by"),
    ("member", "Belongs to"),
    ("overlaps", "Overlaps"),
]


class PoliticalZoneLink(models.Model):
    """What one place is to another, besides lying in it, and since when.

    A commune merged into another; a station cut in two; a commune in several constituencies.
    """

    _name = "political.zone.link"
    _description = "Link between places"
    _order = "zone_id, date_from, id"
    _rec_name = "other_id"

    zone_id = fields.Many2one(
        "political.zone", "Place", required=True, ondelete="cascade", index=True
    )
    other_id = fields.Many2one(
        "political.zone", "Other place", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(KINDS, required=True)
    date_from = fields.Date("From")
    date_to = fields.Date("Until")

    _once = models.UniqueIndex(
        "(zone_id, other_id, kind, (COALESCE(date_from, '0001-01-01')))",
        "These two places are linked so already.",
    )
    _in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "A link ends after it began.",
    )

    @api.constrains("zone_id", "other_id")
    def _check_two_places(self):
        for link in self:
            if link.zone_id == link.other_id:
                raise ValidationError(self.env._("A place is not linked to itself."))
