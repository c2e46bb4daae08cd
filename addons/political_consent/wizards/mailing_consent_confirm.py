from odoo import api, fields, models
from odoo.exceptions import UserError


class MailingConsentConfirm(models.TransientModel):
    """A mailing leaves after somebody typed how many people it goes to."""

    _name = "mailing.consent.confirm"
    _description = "Confirm the recipients of a mailing"

    mailing_id = fields.Many2one("mailing.mailing", required=True, ondelete="cascade")
    consent_counts = fields.Json(related="mailing_id.consent_counts")
    allowed_count = fields.Integer(compute="_compute_allowed_count")
    typed_count = fields.Integer("Number of people")
    is_scheduled = fields.Boolean(compute="_compute_is_scheduled")

    @api.depends("mailing_id")
    def _compute_allowed_count(self):
        for wizard in self:
            rows = wizard.mailing_id.consent_counts or []
            wizard.allowed_count = next((r["count"] for r in rows if r["code"] == "allowed"), 0)

    @api.depends("mailing_id")
    def _compute_is_scheduled(self):
        for wizard in self:
            wizard.is_scheduled = wizard.mailing_id.schedule_type == "scheduled"

    def action_confirm(self):
        """Send the mailing, or put it in the queue for its day.

        :raises UserError: when the typed number is not that of the people allowed, or is nobody
        """
        self.ensure_one()
        if not self.allowed_count:
            raise UserError(self.env._("Nobody may get this message for this purpose."))
        if self.typed_count != self.allowed_count:
            raise UserError(
                self.env._(
                    "This message goes to %(allowed)s people and you typed %(typed)s. Look again "
                    "at who gets it.",
                    allowed=self.allowed_count,
                    typed=self.typed_count,
                )
            )
        if self.is_scheduled:
            return self.mailing_id.action_schedule()
        self.mailing_id.action_launch()
        return {"type": "ir.actions.act_window_close"}
