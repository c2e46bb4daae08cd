from odoo import fields, models


class PoliticalResult(models.Model):
    """Votes for one candidacy in one place: a public fact without any link to people (R-75)."""

    _name = "political.result"
    _description = "Result of a place"
    _log_access = False
    _order = "zone_id, candidacy_id, id"
    _rec_name = "candidacy_id"

    candidacy_id = fields.Many2one("political.candidacy", required=True, ondelete="cascade")
    election_id = fields.Many2one(
        related="candidacy_id.election_id", store=True, index=True, precompute=True
    )
    zone_id = fields.Many2one("political.zone", "Place", required=True, ondelete="restrict")
    votes = fields.Integer(required=True)

    _place_once = models.UniqueIndex(
        "(candidacy_id, zone_id)", "This place has its votes for this candidacy already."
    )
    _zone_index = models.Index("(zone_id)")
    _not_negative = models.Constraint("CHECK (votes >= 0)", "A count is not below zero.")
