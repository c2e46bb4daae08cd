from babel.dates import format_datetime
from werkzeug.exceptions import NotFound

from odoo.http import request, route
from odoo.tools.misc import babel_locale_parse

from .public import ConsentPublic


class ConsentReceiptController(ConsentPublic):
    """A receipt that anybody who has its code can verify, and that names nobody."""

    @route(
        "/consent/receipt/<string:code>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def receipt(self, code, **_query):
        """What was said, when, to which exact words, and whether the ledger still says so."""
        self._speak()
        event = request.env["consent.event"].sudo()._by_receipt(code)
        if not event:
            raise NotFound()
        event = event.with_context(lang=request.env.lang)
        url = self._receipt_url(event)
        return self._page(
            "political_consent.page_receipt",
            {
                "event": event,
                "moment": format_datetime(
                    self._local(event), "long", locale=babel_locale_parse(request.env.lang)
                ),
                "verified": event._is_intact(),
                "seal": event._seal(),
                "url": url,
                "qr": self._qr(url),
                "company": event.company_id,
            },
        )
