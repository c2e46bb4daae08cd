"""A proxy in front of Debian's mirror that is slow, or gives other bytes than Debian signed."""

import contextlib
import http.server
import threading
import time
import urllib.error
import urllib.request

BLOCK = 1 << 16


class Mirror:
    """What the proxy does, and what it was asked.

    :ivar str slow: files whose name holds this come at a crawl
    :ivar str tampered: in files whose name holds this the middle byte is another
    """

    def __init__(self):
        self.slow = self.tampered = None
        self.asked, self.given = [], 0

    @contextlib.contextmanager
    def serving(self):
        """Serve on a free port of this machine.

        :return: str, the proxy's address
        """
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()

    def _handler(mirror):  # noqa: N805 - the handler below has a self of its own
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                mirror.asked.append(self.path)
                passed = ("If-Modified-Since", "Range", "If-Range", "User-Agent")
                headers = {name: self.headers[name] for name in passed if self.headers[name]}
                request = urllib.request.Request(self.path, headers=headers)  # noqa: S310
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                try:
                    with opener.open(request, timeout=60) as answer:
                        self._pass_on(answer.status, answer.headers, answer.read())
                except urllib.error.HTTPError as error:
                    self._pass_on(error.code, error.headers, error.read())

            def _pass_on(self, status, headers, body):
                if mirror.tampered and mirror.tampered in self.path and status == 200:
                    body = bytearray(body)
                    body[len(body) // 2] ^= 0xFF
                self.send_response(status)
                for name in ("Last-Modified", "Content-Type", "Content-Range"):
                    if headers[name]:
                        self.send_header(name, headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    for start in range(0, len(body), BLOCK):
                        self.wfile.write(body[start : start + BLOCK])
                        if mirror.slow and mirror.slow in self.path:
                            mirror.given += BLOCK
                            time.sleep(0.05)

            def log_message(self, *_):
                """Say nothing."""

        return Handler
