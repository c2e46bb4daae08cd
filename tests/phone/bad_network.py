"""What lies between a stairwell and the server: cuts, proxies, portals, lost answers."""

import contextlib
import http.client
import json
import random
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORTAL = b"<!doctype html><title>Wi-Fi</title><form>Log in to use this network</form>"
# What "chaos" draws from
NARROW = 2_000
FOREIGN = ("400", "403", "404", "413", "429", "500", "502", "503", "portal", "forged")
CHAOS = ("ok",) * 5 + ("cut", "lost", "slow", "twice", "late") * 2 + FOREIGN
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class BadNetwork(ThreadingHTTPServer):
    """A proxy in front of the real server that fails in the way ``mode`` says.

    ``ok`` passes everything. For POST only: a number answers with that status and a page,
    ``portal`` with a page and 200, ``forged`` with a confirmation that nobody signed, ``cut``
    closes the connection, ``lost`` lets the server work and loses its answer, ``slow`` makes both
    ways wait, ``twice`` gives the server the request two times, ``late`` cuts the connection and
    gives the server the request after others have overtaken it, ``narrow`` never gets to the end of
    a request of more than :data:`NARROW` bytes, ``chaos`` draws one of all but the last for each
    request. ``posts`` keeps each request's path and JSON, ``answers`` what the server
    really said, ``faults`` how many requests met each fault.

    :param str upstream: host and port of the real server
    :param int seed: of what ``chaos`` draws
    """

    daemon_threads = True

    def __init__(self, upstream, seed=0):
        self.upstream = upstream
        self.mode = "ok"
        self.faults = {}
        #: Stands in for the version of the app's shell, as if another one had been installed
        self.worker_version = None
        self.busy = 0
        self._chance = random.Random(seed)  # noqa: S311 - faults, no secrets
        self._lock = threading.Lock()
        self.posts, self.answers = [], []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def drawn(self):
        """The fault of the next request under ``chaos``; ``ok`` for some."""
        with self._lock:
            mode = self._chance.choice(CHAOS)
            if mode != "ok":
                self.faults[mode] = self.faults.get(mode, 0) + 1
            return mode

    def hold(self):
        """Seconds that a request or an answer is held up."""
        with self._lock:
            return self._chance.uniform(0.05, 1.5)

    def answer(self, path):
        """The server's last JSON answer on this path."""
        return json.loads([body for each, _status, body in self.answers if each == path][-1])

    def opened(self):
        """The server's answer that opened the first lease, token included."""
        return json.loads(next(body for _path, _status, body in self.answers if b'"token"' in body))

    def wait_for_posts(self, number):
        """Wait until this many requests were made."""
        self._wait(lambda: len(self.posts) >= number)

    def wait_for_answers(self, path, number):
        """Wait until the server has answered this often on this path."""
        self._wait(lambda: sum(each == path for each, *_rest in self.answers) >= number)

    def _wait(self, happened, seconds=30):
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, "the phone did not try"
            time.sleep(0.05)

    def handle_error(self, request, client_address):
        """Browsers that are killed leave broken connections behind: that is the point."""

    @contextlib.contextmanager
    def serving(self):
        """Serve in a thread until the block ends."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        pass

    def do_GET(self):
        version = self.server.worker_version
        if version:
            del self.headers["If-None-Match"]
        status, headers, content = self._forward(None)
        if version and self.path.endswith("-worker.js"):
            content = re.sub(rb'("version": ")[0-9a-f]{16}', rb"\g<1>" + version.encode(), content)
        self._reply(status, headers, content)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, json.loads(body)))
        mode = self.server.mode
        self._meet(self.server.drawn() if mode == "chaos" else mode, body)

    def _meet(self, mode, body):
        if mode == "cut":
            self.close_connection = True
        elif mode == "narrow" and len(body) > NARROW:
            self.connection.recv(1)  # until the phone gives up
            self.close_connection = True
        elif mode in ("lost", "late"):
            self.close_connection = True
            if mode == "late":
                # The phone gives up now and goes on; its request arrives all the same.
                self.connection.shutdown(socket.SHUT_RDWR)
                time.sleep(self.server.hold())
            self._forward(body)
        elif mode == "slow":
            time.sleep(self.server.hold())
            answer = self._forward(body)
            time.sleep(self.server.hold())
            self._reply(*answer)
        elif mode == "twice":
            self._forward(body)
            self._reply(*self._forward(body))
        elif mode in ("ok", "narrow"):
            self._reply(*self._forward(body))
        elif mode == "forged":
            self._reply(200, [("Content-Type", "application/json")], self._forged(body))
        else:
            status = 200 if mode == "portal" else int(mode)
            self._reply(status, [("Content-Type", "text/html")], PORTAL)

    def _forged(self, body):
        events = json.loads(body).get("events", [])
        signature = "0" * 64
        yes = {"status": "stored", "reason": None, "sig": signature}
        answer = {
            "ok": True,
            "server_time": "2030-01-01T00:00:00.000Z",
            "lease": "ended",
            "lease_sig": signature,
            "results": {event["uid"]: yes for event in events},
            "state": {},
        }
        return json.dumps(answer).encode()

    def _forward(self, body):
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        self.server.busy += body is not None
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            self.server.busy -= body is not None
            connection.close()
        if body is not None:
            self.server.answers.append((self.path, response.status, content))
        kept = [(k, v) for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP]
        return response.status, kept, content

    def _reply(self, status, headers, content):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
