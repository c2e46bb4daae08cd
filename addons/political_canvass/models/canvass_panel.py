from odoo import api, fields, models


class CanvassAction(models.Model):
    """Posters: where they hang, and that they come down in time."""

    _inherit = "canvass.action"

    remove_by = fields.Date(
        "Posters down by", help="The responsible is reminded of posters that still hang then."
    )
    panel_ids = fields.One2many("canvass.panel", "action_id", "Panels")

    def action_panels(self):
        """Open the map of the panels; returns a client action."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "political_canvass.panels",
            "name": self.name,
            "params": {"action_id": self.id},
            "context": {"active_id": self.id, "active_model": self._name},
        }

    @api.model
    def _cron_posters(self):
        """Remind of posters that hang beyond their day."""
        today = fields.Date.context_today(self)
        late = self.search(
            [
                ("kind", "=", "posters"),
                ("remove_by", "<", today),
                ("panel_ids.state", "=", "up"),
                ("activity_ids", "=", False),
            ]
        )
        for action in late:
            action.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Posters are still up: %(action)s", action=action.name),
                user_id=(action.user_id or self.env.user).id,
            )


class CanvassPanel(models.Model):
    """A place for a poster."""

    _name = "canvass.panel"
    _inherit = ["canvass.action.part"]
    _description = "Panel"
    _order = "action_id, name"

    name = fields.Char("Where", required=True)
    latitude = fields.Float(digits=(10, 6))
    longitude = fields.Float(digits=(10, 6))
    state = fields.Selection(
        [("free", "To do"), ("up", "Up"), ("down", "Taken down")], default="free", required=True
    )
    photo = fields.Image(
        max_width=1600,
        max_height=1600,
        help="The poster and the panel. No faces, no number plates.",
    )

    def action_up(self):
        """The poster is up."""
        self._put("up", "posters_up")

    def action_down(self):
        """The poster is down again."""
        self._put("down", "posters_down")

    def _put(self, state, kind):
        self.check_access("write")
        for panel in self.filtered(lambda one: one.state != state):
            panel.state = state
            panel.action_id.action_record(kind, 1)
