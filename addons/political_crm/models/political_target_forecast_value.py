from odoo import fields, models


class PoliticalTargetForecastValue(models.Model):
    """What a forecast says of one station. Places only: nothing here leads to a person (R-75)."""

    _name = "political.target.forecast.value"
    _description = "Forecast of a polling station"
    _log_access = False
    _order = "forecast_id, station_id, id"
    _rec_name = "station_id"

    forecast_id = fields.Many2one("political.target.forecast", required=True, ondelete="cascade")
    station_id = fields.Many2one(
        "political.zone", "Polling station", required=True, ondelete="cascade"
    )
    bloc_id = fields.Many2one("political.bloc", ondelete="cascade", help="Empty: turnout.")
    share = fields.Float(readonly=True, aggregator="avg")
    low = fields.Float("From", readonly=True, aggregator=None)
    high = fields.Float("To", readonly=True, aggregator=None)

    _station_once = models.UniqueIndex(
        "(forecast_id, station_id, bloc_id)", "This station has its forecast already."
    )
    _station_index = models.Index("(station_id)")
