from odoo.http import request, route

from .public import ConsentPublic

STATUS = {"unknown": 404, "expired": 410, "used": 200, "underage": 403}


class ConsentConfirmController(ConsentPublic):
    """The link of the confirmation message (R-35)."""

    @route(
        "/consent/confirm/<string:token>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
        readonly=True,
    )
    def confirm_show(self, token, **_query):
        """What pressing the button will record. Opening this page does nothing: mail scanners
        open every link."""
        self._speak()
        signup, state = request.env["consent.signup"].sudo()._find(token)
        if state != "open":
            return self._closed(state)
        signup = signup.with_context(lang=request.env.lang)
        boxes = signup._boxes()
        return self._page(
            "political_consent.page_confirm",
            {
                "signup": signup,
                "token": token,
                "boxes": boxes,
                "age": signup._asked_age(),
                "notices": list(dict.fromkeys(box["wording"].notice for box in boxes)),
                "company": signup.company_id,
            },
        )

    @route(
        "/consent/confirm/<string:token>",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
    )
    def confirm_act(self, token, **_form):
        """Record it, once, and hand over the receipts."""
        self._speak()
        events, state = request.env["consent.signup"].sudo()._confirm(token, self._seen())
        if state != "done":
            return self._closed(state)
        events = events.with_context(lang=request.env.lang)
        receipts = [
            {"event": event, "url": url, "qr": self._qr(url)}
            for event in events
            for url in [self._receipt_url(event)]
        ]
        return self._page(
            "political_consent.page_confirmed",
            {"receipts": receipts, "company": events[:1].company_id},
        )

    def _closed(self, state):
        _ = request.env._
        title, *sentences = {
            "unknown": (
                _("This link is not valid"),
                _("It may have been cut or altered, or it is too old. Nothing was recorded."),
                _("Please use the whole link of the latest message, or sign up again."),
            ),
            "expired": (
                _("This link has expired"),
                _("A link works for three days. Nothing was recorded. Please sign up again."),
            ),
            "used": (
                _("Already confirmed"),
                _("This link was used and works once. Nothing more was recorded."),
                _("Each message that we send you has a link to change your mind."),
            ),
            "underage": (
                _("A parent must agree too"),
                _(
                    "Under 15, the law asks for the consent of the child and of a parent together. "
                    "Nothing was recorded. Please contact us: it is done on paper."
                ),
            ),
        }[state]
        return self._message(title, *sentences, status=STATUS[state])
