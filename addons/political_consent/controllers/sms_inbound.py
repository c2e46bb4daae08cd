import json

from odoo import http
from odoo.http import request, route

LARGEST = 10_000


class ConsentSmsInbound(http.Controller):
    """Where an SMS gateway hands over what people answer."""

    @route(
        "/consent/sms/inbound",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,  # No browser calls this; each call is signed.
        save_session=False,
    )
    def sms_inbound(self, **_form):
        """Take in one SMS: JSON ``{"from": "+33…", "text": "STOP"}``, signed by its headers
        ``X-Consent-Gateway``, ``X-Consent-Timestamp`` and ``X-Consent-Signature``
        (see ``consent.gateway``).

        Answers ``{"ok": true, "status": "stopped" | "noted"}``; 401 for a call that is not signed
        well, too old or sent twice, 400 for what is no SMS.
        """
        headers = request.httprequest.headers
        body = request.httprequest.get_data()
        Gateway = request.env["consent.gateway"].sudo()
        if len(body) > LARGEST:
            return self._answer(413, ok=False, reason="too large")
        gateway = Gateway._verified(
            headers.get("X-Consent-Gateway"),
            headers.get("X-Consent-Timestamp"),
            headers.get("X-Consent-Signature"),
            body,
        )
        if not gateway:
            return self._answer(401, ok=False, reason="signature")
        try:
            content = json.loads(body)
            sender, text = content["from"], content["text"]
        except (ValueError, KeyError, TypeError):
            return self._answer(400, ok=False, reason="content")
        if not Gateway._is_number(sender) or not isinstance(text, str):
            return self._answer(400, ok=False, reason="content")
        return self._answer(200, ok=True, status=gateway._receive(sender, text))

    def _answer(self, http_status, **content):
        return request.make_json_response(content, status=http_status)
