from odoo.addons.website.controllers.form import WebsiteForm
from odoo.tools import email_normalize


class ConsentWebsiteForm(WebsiteForm):
    def insert_record(self, request, model_sudo, values, custom, meta=None):
        """Who fills in a form of the website writes to us, and may be answered."""
        record_id = super().insert_record(request, model_sudo, values, custom, meta=meta)
        for name in ("email_from", "partner_email", "email"):
            address = email_normalize(values.get(name) or "")
            if address:
                request.env["consent.conversation"].sudo()._wrote(
                    "email", address, request.env.company
                )
                break
        return record_id
