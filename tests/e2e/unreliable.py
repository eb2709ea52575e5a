"""A network between a client and an install that loses, delays and repeats, by a seed; it invents nothing.

Of each request it decides: pass it on; lose it; pass it on and lose the answer; pass it on twice; pass it on later than
its sender waits; give the answer later than its sender waits; answer with a gateway's page. Requests that were put off
reach the install after all, if only after the sender has died: `arrived` waits for them.
"""

import http.client
import random
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

FATES = ("pass", "lose", "lose answer", "twice", "late", "late answer", "gateway")
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length"})


class Unreliable:
    """An HTTP server in front of `base_url`. `patience_s` is how long its clients wait for an answer."""

    def __init__(self, base_url: str, patience_s: float) -> None:
        self._target = urlsplit(base_url)
        self._patience_s = patience_s
        self._random = random.Random(0)
        self._fates: Sequence[str] = ("pass",)
        self._left = 0
        self._put_off: list[threading.Timer] = []
        self._lock = threading.Lock()
        self.met: list[str] = []
        """Every fate that a request has had."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.arrived()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def unreliable(self, seed: int, requests: int, fates: Sequence[str] = FATES) -> None:
        """The next requests have a fate by chance; then the network is good."""
        with self._lock:
            self._random, self._left, self._fates = random.Random(seed), requests, fates

    def reliable(self) -> None:
        """The network is good from now on."""
        with self._lock:
            self._left = 0

    def arrived(self) -> None:
        """Wait until all requests that were put off have reached the install."""
        while True:
            with self._lock:
                waiting = [timer for timer in self._put_off if timer.is_alive()]
            if not waiting:
                return
            for timer in waiting:
                timer.join()

    def _fate(self) -> str:
        with self._lock:
            if self._left <= 0:
                return "pass"
            self._left -= 1
            fate = self._random.choice(self._fates)
            self.met.append(fate)
            return fate

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port or 80, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _later(self, *request: Any) -> None:
        timer = threading.Timer(self._patience_s * 1.5, self._forward, request)
        with self._lock:
            self._put_off.append(timer)
        timer.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class of short methods
        network = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                request = (self.command, self.path, headers, body)
                fate = network._fate()
                if fate == "lose":
                    return self._hang_up()
                if fate == "late":
                    network._later(*request)
                    return self._hang_up()
                if fate == "gateway":
                    return self._send(502, [("Content-Type", "text/html")], b"<html>bad gateway</html>")
                answer = network._forward(*request)
                if fate == "twice":
                    network._forward(*request)
                if fate == "lose answer":
                    return self._hang_up()
                if fate == "late answer":
                    time.sleep(network._patience_s * 1.2)
                return self._send(*answer)

            do_GET = do_POST  # noqa: N815

            def _send(self, status: int, headers: Any, body: bytes) -> None:
                try:
                    self.send_response_only(status)
                    for name, value in headers:
                        if name.lower() not in HOP:
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def _hang_up(self) -> None:
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
