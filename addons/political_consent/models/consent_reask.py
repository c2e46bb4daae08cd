from odoo import api, fields, models


class ConsentReask(models.Model):
    """That a person was asked again before their consent ends: once, not twice (R-72)."""

    _name = "consent.reask"
    _description = "Asked again"
    _log_access = False

    subject_id = fields.Many2one("consent.subject", required=True, ondelete="cascade", index=True)
    purpose_id = fields.Many2one("consent.purpose", required=True, ondelete="cascade")
    channel = fields.Char(required=True)
    asked_at = fields.Datetime(required=True)

    @api.model
    def _note(self, states, at):
        self.create(
            [
                {
                    "subject_id": state.subject_id.id,
                    "purpose_id": state.purpose_id.id,
                    "channel": state.channel,
                    "asked_at": at,
                }
                for state in states
            ]
        )
