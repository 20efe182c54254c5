"""A proxy that does everything a bad network does to POSTs: errors, rests, resets, delays, duplicates, torn answers."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

WAYS = {
    "forward": 66,
    "error before": 6,
    "error after": 5,
    "rest": 4,
    "reset before": 5,
    "reset after": 5,
    "twice": 5,
    "delay": 2,
    "torn answer": 2,
}
DELAY_SECONDS = 0.1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A killed client leaves in the middle of everything; that is what this is for."""


class BadProxy:
    """Forwards to `port` of this machine, or does worse, by dice with a seed. `met` counts what it did."""

    def __init__(self, port: int, seed: int = 1) -> None:
        self.met: Counter[str] = Counter()
        self._port = port
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> BadProxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
                proxy.treat(self, lambda: proxy.forward(self.path, body, headers))

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def forward(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def treat(self, handler: BaseHTTPRequestHandler, forward: Callable[[], tuple[int, bytes]]) -> None:
        with self._lock:
            way = self._dice.choices(list(WAYS), list(WAYS.values()))[0]
            status = self._dice.choice((500, 502, 503, 504))
            self.met[way] += 1
        if way == "error before":
            _answer(handler, status, b"{}")
        elif way == "rest":
            _answer(handler, 429, b"{}", {"Retry-After": "1"})
        elif way == "reset before":
            _reset(handler)
        else:
            _after(handler, way, status, forward)


def _after(handler: BaseHTTPRequestHandler, way: str, status: int, forward: Callable[[], tuple[int, bytes]]) -> None:
    if way == "delay":
        time.sleep(DELAY_SECONDS)
    told, body = forward()
    if way == "twice":
        told, body = forward()
    if way == "error after":
        _answer(handler, status, b"{}")
    elif way == "reset after":
        _reset(handler)
    elif way == "torn answer":
        _answer(handler, told, body, {"Content-Length": str(len(body) + 50)})
        handler.close_connection = True
    else:
        _answer(handler, told, body)


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """RST instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()
