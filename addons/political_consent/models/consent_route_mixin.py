from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..lib import route as routes

# Written by the server's own code when the message is made, by nobody afterwards.
ROUTE_FIELDS = {
    "consent_route",
    "consent_act",
    "consent_purpose_id",
    "consent_list_id",
    "consent_segmented",
    "consent_key",
}


class ConsentRouteMixin(models.AbstractModel):
    """A waiting message remembers why it was made, so that it can be asked for when it leaves."""

    _name = "consent.route.mixin"
    _description = "Message that passes the gate"

    consent_route = fields.Selection(
        [
            (routes.CORRESPONDENCE, "Letter from one person to another"),
            (routes.PURPOSE, "For a purpose"),
            (routes.TRANSACTION, "Answer to an act of the recipient"),
        ],
        string="Why it may be sent",
        readonly=True,
    )
    consent_act = fields.Char("Act answered", readonly=True)
    consent_purpose_id = fields.Many2one(
        "consent.purpose", "Purpose", readonly=True, ondelete="set null", index="btree_not_null"
    )
    consent_list_id = fields.Many2one("consent.list", "List", readonly=True, ondelete="set null")
    consent_segmented = fields.Boolean("Targeted", readonly=True)
    consent_key = fields.Char("Hashed address", readonly=True, index="btree_not_null")

    @api.model_create_multi
    def create(self, vals_list):
        """Whatever a caller sends, the route is that of the code which is running."""
        route = routes.current()
        values = {
            "consent_route": route.kind,
            "consent_act": route.reason or False,
            "consent_purpose_id": route.purpose_id or False,
            "consent_list_id": route.list_id or False,
            "consent_segmented": route.kind == routes.PURPOSE and route.segmented,
        }
        for vals in vals_list:
            vals.update(values)
            vals["consent_key"] = route.kind == routes.PURPOSE and self._route_key(vals)
        return super().create(vals_list)

    @api.model
    def _route_key(self, vals):
        """Hashed address that a message goes to, so that a withdrawal by address finds it."""
        raise NotImplementedError

    def write(self, vals):
        if ROUTE_FIELDS & set(vals):
            raise AccessError(
                self.env._("What a message is sent for is decided when it is made, not after.")
            )
        return super().write(vals)

    def _route(self):
        """The route that this message was made on; one from before this addon is a letter."""
        self.ensure_one()
        if self.consent_route == routes.PURPOSE:
            return routes.Route(
                routes.PURPOSE,
                purpose_id=self.consent_purpose_id.id,
                list_id=self.consent_list_id.id,
                segmented=self.consent_segmented,
            )
        if self.consent_route == routes.TRANSACTION:
            return routes.Route(routes.TRANSACTION, self.consent_act or "")
        return routes.Route()

    def _route_reasons(self, recipients, channel, company):
        """``{(partner id or False, address): reason or None}`` for this message's recipients."""
        route = self._route()
        if route.kind == routes.PURPOSE and not route.purpose_id:
            # The purpose was deleted meanwhile, and with it what people agreed to.
            return dict.fromkeys(recipients, "no_basis")
        gate = self.env["consent.gate"].sudo()
        return gate._recipient_reasons(recipients, route, channel, company)
