from odoo import models

# What the page of an event asks beside the ticket, one unticked box each.
PURPOSES = ("event", "newsletter")


class EventEvent(models.Model):
    _inherit = "event.event"

    def _consent_boxes(self):
        """Wordings that the registration form offers, in the visitor's language.

        :returns: ``consent.wording`` records, published, for e-mail
        """
        self.ensure_one()
        company = self.sudo().company_id or self.env.company
        wordings = self.env["consent.wording"].sudo()
        for code in PURPOSES:
            purpose = self.env["consent.purpose"].sudo()
            purpose = purpose.search([("code", "=", code), ("company_id", "=", company.id)])
            if purpose.is_open and "email" in purpose._channels():
                wordings |= wordings._published(purpose, "email", self.env.lang)
        return wordings

    def _consent_notices(self):
        """The notices of these boxes, each text once (R-24)."""
        return list(dict.fromkeys(self._consent_boxes().mapped("notice")))
