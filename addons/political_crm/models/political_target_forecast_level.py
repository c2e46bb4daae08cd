from odoo import fields, models


class PoliticalTargetForecastLevel(models.Model):
    """What a bloc is assumed to reach over the whole place of a forecast."""

    _name = "political.target.forecast.level"
    _description = "Assumed level of a bloc"
    _order = "forecast_id, id"
    _rec_name = "bloc_id"

    forecast_id = fields.Many2one(
        "political.target.forecast", required=True, ondelete="cascade", index=True
    )
    bloc_id = fields.Many2one("political.bloc", required=True, ondelete="cascade")
    share = fields.Float("Share of cast votes (%)", required=True)

    _bloc_once = models.UniqueIndex("(forecast_id, bloc_id)", "This bloc has its level already.")
    _share_range = models.Constraint(
        "CHECK (share BETWEEN 0 AND 100)", "A share lies between 0 and 100 %."
    )
