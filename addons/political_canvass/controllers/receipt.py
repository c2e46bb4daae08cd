import pytz

from odoo.addons.political_consent.controllers.public import PAGE, ConsentPublic
from odoo.http import request, route

LOOKS = 600  # receipts an hour and network


class CanvassReceiptController(ConsentPublic):
    """The page behind the QR code that somebody photographs at their door."""

    @route("/canvass/receipt/<string:code>", **PAGE, methods=["GET"])
    def canvass_receipt(self, code, **_query):
        """What was agreed to, to which words, and how to take it back."""
        self._speak()
        if not self._within_limit("canvass_receipt", LOOKS):
            return self._too_many()
        receipt = request.env["canvass.receipt"]._by_code(code)
        if not receipt:
            _ = request.env._
            # An answer of our own: core's page for what is not there looks the address up.
            return self._message(
                _("This receipt is not known"),
                _("Look at the address again: each character of the code counts."),
                status=404,
            )
        receipt = receipt.with_context(lang=request.env.lang)
        moment = pytz.utc.localize(receipt.collected_at).astimezone(pytz.timezone(self._timezone()))
        return self._page(
            "political_canvass.page_receipt",
            {
                "receipt": receipt,
                "wording": receipt.wording_id,
                "moment": moment.strftime("%Y-%m-%d %H:%M %Z"),
                "company": receipt.wording_id.company_id,
            },
        )
