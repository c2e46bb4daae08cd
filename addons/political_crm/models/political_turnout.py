from odoo import fields, models


class PoliticalTurnout(models.Model):
    """How many voted in one place: counts of a place, never of a person (R-51, R-75)."""

    _name = "political.turnout"
    _description = "Turnout of a place"
    _log_access = False
    _order = "election_id, zone_id, id"
    _rec_name = "zone_id"

    election_id = fields.Many2one("political.election", required=True, ondelete="cascade")
    zone_id = fields.Many2one("political.zone", "Place", required=True, ondelete="restrict")
    registered = fields.Integer(required=True)
    voters = fields.Integer(required=True, help="Who came and voted, for somebody or for nobody.")
    valid = fields.Integer("Cast votes", required=True, help="Votes for one of the candidates.")
    blank = fields.Integer(help="Empty where the file does not tell blank from spoiled.")
    spoiled = fields.Integer(help="Empty where the file does not tell blank from spoiled.")

    _place_once = models.UniqueIndex(
        "(election_id, zone_id)", "This place has its turnout in this election already."
    )
    _zone_index = models.Index("(zone_id)")
    _not_negative = models.Constraint(
        "CHECK (registered >= 0 AND voters >= 0 AND valid >= 0)", "A count is not below zero."
    )
