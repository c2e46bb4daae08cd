import base64
from urllib.parse import urlencode

import pytz
import qrcode
from qrcode.image.svg import SvgPathFillImage

from odoo import http
from odoo.http import request
from odoo.tools import urls

# How a public page is routed: by the website, in the visitor's language without a prefix.
PAGE = {
    "type": "http",
    "auth": "public",
    "website": True,
    "multilang": False,
    "sitemap": False,
}
PRIVATE = {
    # The address of such a page is a key: it stays with who has it.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class ConsentPublic(http.Controller):
    """What the public pages share: language, look, limits."""

    def _page(self, template, values=None, status=200, private=True):
        """A page in the visitor's language.

        :param str template: xml id of the page
        :param bool private: the page's address is a secret
        """
        company = (values or {}).get("company") or request.website.company_id.sudo()
        response = request.render(
            template,
            {
                "languages": self._languages(),
                "current_lang": request.env.lang,
                "lang": request.env.lang,
                **(values or {}),
                "company": company,
                "title": self._title(template, company),
            },
        )
        response.status_code = status
        if private:
            response.headers.update(PRIVATE)
        return response

    def _title(self, template, company):
        return company.name

    def _message(self, title, *sentences, status=200, **values):
        """A page that says one thing."""
        return self._page(
            "political_consent.page_message",
            {"heading": title, "sentences": sentences, **values},
            status=status,
        )

    def _languages(self):
        """Languages of the page: ``[(code, short code, own name, address)]``."""
        query = request.httprequest.args.to_dict()
        return [
            (
                code,
                code[:2],
                name.split("/")[-1].split("(")[0].strip(),
                f"?{urlencode({**query, 'lang': code})}",
            )
            for code, name in request.env["res.lang"].sudo().get_installed()
        ]

    def _speak(self):
        """Take the language asked for, else the browser's, else the website's.

        The site may have one language only; who signs up must still understand what they agree
        to, so these pages speak every installed one.
        """
        codes = [code for code, *_rest in self._languages()]
        wanted = request.params.get("lang") or ""
        chosen = self._nearest(wanted, codes) or next(
            (
                found
                for tag in request.httprequest.accept_languages.values()
                if (found := self._nearest(tag, codes))
            ),
            None,
        )
        if chosen:
            request.update_context(lang=chosen)
            request.lang = request.env["res.lang"].sudo()._get_data(code=chosen)

    def _nearest(self, wanted, codes):
        wanted = wanted.replace("-", "_")
        if wanted in codes:
            return wanted
        return next((code for code in codes if wanted and code[:2] == wanted[:2].lower()), None)

    def _within_limit(self, scope, default, who=None):
        """Count this request; False when its network (or ``who`` within it) asked too often."""
        Rate = request.env["consent.rate"].sudo()
        network = Rate._network(request.httprequest.remote_addr)
        asking = f"{network}|{who}" if who else network
        return Rate._allows(scope, asking, Rate._limit(scope, default))

    def _too_many(self):
        _ = request.env._
        return self._message(
            _("One moment, please"),
            _("We received many requests from your network in a short time."),
            _("Nothing was recorded. Please try again in an hour."),
            status=429,
        )

    def _qr(self, url):
        """A QR code as a ``data:`` address, so that the page fetches nothing for it."""
        image = qrcode.make(url, image_factory=SvgPathFillImage, box_size=8)
        return f"data:image/svg+xml;base64,{base64.b64encode(image.to_string()).decode()}"

    def _local(self, event):
        """The moment of an act as the clocks of its place showed it (R-72)."""
        moment = pytz.utc.localize(event.collected_at)
        return moment.astimezone(pytz.timezone(event.timezone or "UTC"))

    def _receipt_url(self, event):
        base = request.website.get_base_url()
        return urls.urljoin(base, f"/consent/receipt/{event.receipt}")

    def _seen(self):
        """What the web server saw of the person's act, kept as evidence of it (section 2.1)."""
        return {
            "ip": request.httprequest.remote_addr or "",
            "user_agent": (request.httprequest.user_agent.string or "")[:512],
        }

    def _timezone(self):
        zone = request.cookies.get("tz") or ""
        return zone if zone in self._zones() else "Europe/Paris"

    def _zones(self):
        return dict(request.env["res.partner"]._fields["tz"]._description_selection(request.env))
