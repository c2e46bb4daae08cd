from odoo import api, models
from odoo.tools import SQL


class PoliticalTimeline(models.Model):
    """What a person did in the field with us, and when somebody called them."""

    _inherit = "political.timeline"

    @api.model
    def _sources(self):
        return [
            *super()._sources(),
            ("action", "canvass.assignment", self._source_shifts()),
            ("action", "canvass.call", self._source_calls()),
        ]

    @api.model
    def _source_shifts(self):
        return SQL(
            """
            SELECT a.id, a.partner_id, s.start, concat_ws(' · ', s.name, (%s::jsonb)->>a.state)
              FROM canvass_assignment a JOIN canvass_shift s ON s.id = a.shift_id
             WHERE a.partner_id IS NOT NULL
            """,
            self._labels("canvass.assignment", "state"),
        )

    @api.model
    def _source_calls(self):
        return SQL(
            """
            SELECT c.id, c.partner_id, c.taken_at, concat_ws(' · ', a.name, (%s::jsonb)->>c.state)
              FROM canvass_call c JOIN canvass_action a ON a.id = c.action_id
             WHERE c.taken_at IS NOT NULL
            """,
            self._labels("canvass.call", "state"),
        )
