from odoo import fields, models


class PoliticalIndicatorValue(models.Model):
    """What an indicator says of one place."""

    _name = "political.indicator.value"
    _description = "Indicator of a place"
    _log_access = False
    _order = "indicator_id, zone_id, id"
    _rec_name = "indicator_id"

    indicator_id = fields.Many2one("political.indicator", required=True, ondelete="cascade")
    zone_id = fields.Many2one("political.zone", "Place", required=True, ondelete="cascade")
    value = fields.Float(required=True, aggregator="avg")

    _place_once = models.UniqueIndex(
        "(indicator_id, zone_id)", "This place has a value of this indicator already."
    )
    _zone_index = models.Index("(zone_id)")
