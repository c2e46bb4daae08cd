from odoo.addons.website_event.controllers.main import WebsiteEventController
from odoo.http import request

NETWORK_LIMIT = 300  # an hour and network: a full hall behind one address


class PoliticalEventController(WebsiteEventController):
    def _create_attendees_from_registration_post(self, event, registration_data):
        """Registering works with no box ticked (R-07); a ticked one is confirmed by e-mail."""
        attendees = super()._create_attendees_from_registration_post(event, registration_data)
        ticked = request.httprequest.form.getlist("consent_box")
        if ticked and self._may_ask():
            attendees._ask_consents(ticked, request.env.lang)
        return attendees

    def _may_ask(self):
        Rate = request.env["consent.rate"].sudo()
        network = Rate._network(request.httprequest.remote_addr)
        limit = Rate._limit("signup_network", NETWORK_LIMIT)
        return Rate._allows("signup_network", network, limit)
