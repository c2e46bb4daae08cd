from odoo import api, fields, models


class CanvassAction(models.Model):
    _inherit = "canvass.action"

    proxy_ids = fields.One2many("canvass.proxy", "action_id", "Proxies")


class CanvassProxy(models.Model):
    """A proxy for the day of the ballot: who votes for whom is arranged here, who voted is not
    recorded anywhere (R-51). Forgotten the day after."""

    _name = "canvass.proxy"
    _inherit = ["canvass.action.part"]
    _description = "Proxy"
    _order = "action_id, id"
    _rec_name = "giver_id"

    action_id = fields.Many2one(domain=[("kind", "=", "polling_day")])
    giver_id = fields.Many2one(
        "res.partner", "Cannot come", required=True, index=True, ondelete="cascade"
    )
    holder_id = fields.Many2one(
        "res.partner", "Goes for them", index="btree_not_null", ondelete="set null"
    )
    state = fields.Selection(
        [("asked", "Looks for somebody"), ("found", "Found"), ("made", "Form signed")],
        default="asked",
        required=True,
    )

    _giver_once = models.Constraint("UNIQUE (action_id, giver_id)", "One proxy a person.")
    _two_people = models.Constraint(
        "CHECK (holder_id IS NULL OR holder_id <> giver_id)", "Nobody is their own proxy."
    )

    @api.autovacuum
    def _gc_past(self):
        past = self.sudo().search([("action_id.date", "<", fields.Date.context_today(self))])
        past.unlink()
