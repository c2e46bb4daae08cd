from odoo import models

# What a signature is for does not make a supporter.
OCCASIONAL_PURPOSES = ("petition",)


class ConsentSignup(models.Model):
    """Who confirms a sign-up is a person of the party, by a step of their own."""

    _inherit = "consent.signup"

    def _own_step(self):
        """(category, origin) that the confirmation gives.

        R-40: to sign a petition is no regular contact with the party.
        """
        codes = set(self.line_ids.wording_id.purpose_id.mapped("code"))
        if codes <= set(OCCASIONAL_PURPOSES):
            return "occasional", "petition"
        if (self.source_ref or "").startswith("/event/"):
            return "regular", "event"
        if (self.source_ref or "").startswith("canvass"):
            return "regular", "canvass"
        return "regular", "web_form"

    def _signup_partner_vals(self):
        vals = super()._signup_partner_vals()
        category, origin = self._own_step()
        return {**vals, "political_category": category, "political_origin": origin}

    def _after_confirmation(self, partner):
        result = super()._after_confirmation(partner)
        category, origin = self._own_step()
        if origin == "event":
            self.env["event.registration"]._link_confirmed(partner, self.address, self.source_ref)
        if category == "regular":
            partner._became_regular(origin)
            self.env["crm.lead"]._recruit(partner)
        elif not partner.political_category and not partner.is_company:
            partner.sudo().write(
                {
                    "political_category": category,
                    "political_origin": origin,
                    "company_id": self.company_id.id,
                }
            )
        return result

    def _sentences(self, url):
        """R-39: the one message to a person whom somebody named says who it was."""
        sentences = super()._sentences(url)
        referrer = self.source_ref == "/referral" and self.partner_id._referrer()
        if referrer:
            sentences["asked"] = self.env._(
                "%(referrer)s gave us your address, thinking that you would like to hear from "
                "%(company)s. This is our only message: if you do nothing, what we hold about "
                "you is deleted within two months. To hear from us, confirm this:",
                referrer=referrer.name,
                company=self.company_id.name,
            )
        return sentences
