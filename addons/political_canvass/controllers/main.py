import contextlib
import json

from werkzeug.exceptions import RequestEntityTooLarge

from odoo import http
from odoo.http import request
from odoo.tools import file_open, file_path

from ..lib import shell

MAX_BYTES = 1 << 20
MAX_READ = 8 << 20  # beyond it the connection is cut without an answer of ours
MAX_EVENTS = 500
MAX_ALIAS = 40
# Requests allowed per window of ten minutes. A meeting's volunteers share one network and open
# their turfs within minutes; nobody mistypes a code thirty times.
MINUTES = 10
MAX_GUESSES = 30  # wrong codes and unknown tokens, per network
MAX_OPENED = 600  # leases, per network
MAX_SYNCS = 600  # requests of one lease: one a second
WAIT = 60  # seconds asked for with a 429
SHARED = (
    "political_crm/static/lib/leaflet/leaflet.js",
    "political_crm/static/lib/leaflet/leaflet.css",
)
APP = "political_canvass/static/src/app/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class StopRequestError(Exception):
    """Ends a request with a status and a reason that tells nothing."""

    def __init__(self, status, reason, wait=0):
        super().__init__(reason)
        self.status, self.reason, self.wait = status, reason, wait


def answering(endpoint):
    """Turn the endpoint's dict, or its :class:`StopRequestError`, into a JSON response."""

    def respond(self):
        try:
            return self._json(endpoint(self, self._env()))
        except StopRequestError as stop:
            headers = [("Retry-After", str(stop.wait))] if stop.wait else []
            return self._json({"ok": False, "reason": stop.reason}, stop.status, headers)

    return respond


class Canvass(http.Controller):
    """The phone's routes: ``docs/canvass-protocol.md`` says what they take and answer.

    Nothing of a session is used, be there one or not: the token in the header is all the right
    that a phone has.
    """

    # ---------------------------------------------------------------- the app

    @http.route(
        ["/canvass", "/canvass/"],
        type="http",
        auth="public",
        methods=["GET"],
        website=False,
        save_session=False,
        readonly=True,
    )
    def page(self, **_query):
        # Without the slash the page would lie outside its own worker's scope.
        if not request.httprequest.path.endswith("/"):
            return request.redirect("/canvass/", code=301)
        return self._file(
            "index.html", "text/html; charset=utf-8", [("Content-Security-Policy", POLICY)]
        )

    @http.route(
        "/canvass/manifest.webmanifest",
        type="http",
        auth="public",
        methods=["GET"],
        website=False,
        save_session=False,
        readonly=True,
    )
    def manifest(self, **_query):
        return self._file("manifest.webmanifest", "application/manifest+json")

    @http.route(
        ["/canvass/service-worker.js", "/canvass/background-worker.js"],
        type="http",
        auth="public",
        methods=["GET"],
        website=False,
        save_session=False,
        readonly=True,
    )
    def service_worker(self, **_query):
        sends = "background" in request.httprequest.path
        worker = shell.worker(file_path("political_canvass/static"), self._shared(), sends)
        return self._cached(
            worker.encode(),
            "text/javascript; charset=utf-8",
            [("Service-Worker-Allowed", "/canvass/"), ("Content-Security-Policy", POLICY)],
        )

    def _shared(self):
        """Leaflet lies with another addon; where it was not fetched a plain drawing does."""
        found = {}
        for name in SHARED:
            with contextlib.suppress(FileNotFoundError):
                found[f"/{name}"] = file_path(name)
        return found

    def _file(self, name, content_type, headers=()):
        with file_open(APP + name, "rb") as stream:
            return self._cached(stream.read(), content_type, headers)

    def _cached(self, content, content_type, headers=()):
        response = request.make_response(
            content,
            [
                ("Content-Type", content_type),
                # A phone must learn of a new version at the next opening with network.
                ("Cache-Control", "no-cache"),
                ("Referrer-Policy", "no-referrer"),
                ("X-Content-Type-Options", "nosniff"),
                *headers,
            ],
        )
        response.add_etag()
        return response.make_conditional(request.httprequest)

    # ---------------------------------------------------------------- the lease

    @http.route(
        "/canvass/lease",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        website=False,
        save_session=False,
        max_content_length=MAX_READ,
    )
    def lease(self, **_form):
        return self._lease()

    @answering
    def _lease(self, env):
        body = self._body()
        if request.httprequest.headers.get("X-Canvass-Lease"):
            token, lease = self._of_token(env)
            return lease._refresh(token, self._said(body, "name"), self._said(body, "pair"))
        network = self._network(env)
        self._stop_guessing(env, network)
        if env["consent.rate"]._hits("canvass-open", network, MINUTES) >= MAX_OPENED:
            raise StopRequestError(429, "slow_down", wait=WAIT)
        answer = env["canvass.lease"]._open(
            self._text(body, "code", 32), self._text(body, "device", 36), self._alias(body)
        )
        env["consent.rate"]._allows(
            "canvass-open" if answer else "canvass-guess", network, MAX_OPENED, MINUTES
        )
        # One answer, whether the code never was, is over or was taken back.
        return answer or {"ok": False, "reason": "code"}

    # ---------------------------------------------------------------- the reports

    @http.route(
        "/canvass/sync",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        website=False,
        save_session=False,
        max_content_length=MAX_READ,
    )
    def sync(self, **_form):
        return self._sync()

    @answering
    def _sync(self, env):
        body = self._body()
        token, lease = self._of_token(env)
        events = body.get("events")
        if not isinstance(events, list):
            raise StopRequestError(400, "body")
        if len(events) > MAX_EVENTS:
            raise StopRequestError(413, "too_large")
        return lease._sync(token, events, body.get("client_now"))

    # ---------------------------------------------------------------- the request

    def _env(self):
        """As the public user whoever is logged in in this browser, and as superuser: what the
        token allows is checked by the methods of the lease."""
        public = request.env.ref("base.public_user")
        return request.env(user=public.id, su=True, context={"tz": "UTC"})

    def _body(self):
        """The JSON object sent.

        :raises StopRequestError: 413, 415 or 400
        """
        http_request = request.httprequest
        if (http_request.content_length or 0) > MAX_BYTES:
            raise StopRequestError(413, "too_large")
        if http_request.mimetype != "application/json":
            raise StopRequestError(415, "content_type")
        try:
            sent = http_request.get_data()
            if len(sent) > MAX_BYTES:  # without a length in its head
                raise StopRequestError(413, "too_large")
            body = json.loads(sent)
        except RequestEntityTooLarge as error:
            raise StopRequestError(413, "too_large") from error
        except (ValueError, RecursionError) as error:
            raise StopRequestError(400, "json") from error
        if not isinstance(body, dict):
            raise StopRequestError(400, "body")
        return body

    def _of_token(self, env):
        """``(token, lease)``; guessing tokens is slowed down like guessing codes."""
        token = request.httprequest.headers.get("X-Canvass-Lease", "")
        lease = env["canvass.lease"]._of_token(token)
        network = self._network(env)
        if not lease:
            self._stop_guessing(env, network)
            env["consent.rate"]._allows("canvass-guess", network, MAX_GUESSES, MINUTES)
            raise StopRequestError(403, "lease")
        if not env["consent.rate"]._allows("canvass-sync", str(lease.id), MAX_SYNCS, MINUTES):
            raise StopRequestError(429, "slow_down", wait=WAIT)
        return token, lease

    def _stop_guessing(self, env, network):
        if env["consent.rate"]._hits("canvass-guess", network, MINUTES) >= MAX_GUESSES:
            raise StopRequestError(429, "slow_down", wait=WAIT)

    def _network(self, env):
        return env["consent.rate"]._network(request.httprequest.remote_addr)

    def _text(self, body, name, size):
        value = body.get(name)
        if not isinstance(value, str) or len(value) > size or not value.isascii():
            return ""
        return value if value.isprintable() else ""

    def _said(self, body, name):
        """An alias that a refresh sets; ``None`` where it says nothing of it."""
        return (self._alias(body, name) or "") if isinstance(body.get(name), str) else None

    def _alias(self, body, name="name"):
        alias = body.get(name)
        if not isinstance(alias, str):
            return False
        shown = "".join(c for c in alias[: 4 * MAX_ALIAS] if c.isprintable())
        return " ".join(shown.split())[:MAX_ALIAS] or False

    def _json(self, data, status=200, headers=()):
        return request.make_response(
            json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
            [
                ("Content-Type", "application/json; charset=utf-8"),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                *headers,
            ],
            status=status,
        )
