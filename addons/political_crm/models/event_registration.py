from odoo import api, models
from odoo.tools import email_normalize


class EventRegistration(models.Model):
    """A ticket answers a registration and needs no consent; news of the next event does."""

    _inherit = "event.registration"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "done":
            # Who came is somebody to get to know.
            self.env["crm.lead"]._recruit(self.sudo().partner_id)
        return result

    def _ask_consents(self, codes, lang, timezone=None):
        """Ask the first attendee to confirm the boxes that were ticked (R-35): one message for all
        of them, and nothing recorded before.

        :param list codes: codes of wordings, those of :meth:`event.event._consent_boxes`
        :returns: whether a message will leave
        :rtype: bool
        """
        event = self.event_id[:1]
        address = next((a for a in map(email_normalize, self.mapped("email")) if a), False)
        wordings = [w for w in event._consent_boxes() if w.code in set(codes)]
        if not (address and wordings):
            return False
        Rate = self.env["consent.rate"].sudo()
        if not Rate._allows("signup_messages", address, Rate._limit("signup_address", 5)):
            return False
        person = self.filtered(lambda r: email_normalize(r.email or "") == address)[:1]
        self.env["consent.signup"].sudo()._ask(
            {
                "company_id": wordings[0].company_id.id,
                "kind": "email",
                "address": address,
                "name": person.name or False,
                "lang": lang,
                "timezone": timezone,
                "source_ref": f"/event/{event.id}",
            },
            [(wording, self.env["consent.list"]) for wording in wordings],
        )
        return True

    @api.model
    def _link_confirmed(self, partner, address, source_ref):
        """The registrations that a confirmed address made for an event are that person's."""
        event_id = int((source_ref or "").removeprefix("/event/") or 0)
        found = self.sudo().search([("event_id", "=", event_id), ("partner_id", "=", False)])
        found.filtered(lambda r: email_normalize(r.email or "") == address).partner_id = partner
