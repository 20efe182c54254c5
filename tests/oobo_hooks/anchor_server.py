"""A backend of seed 003 that misbehaves on purpose: scripted answers, delays, dropped connections."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer. `drop` closes the connection instead; `keep` says whether the event is stored first."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"success": True})
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    keep: bool = True


class AnchorServer:
    """Stores events once per commit, as a right server does; `script` may answer otherwise."""

    def __init__(self, script: Callable[[dict[str, Any]], Reply | None] = lambda _event: None) -> None:
        self.script = script
        self.events: list[dict[str, Any]] = []
        self.stored: Counter[str] = Counter()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer.requests.append(("GET", self.path, dict(self.headers)))
                known = self.headers.get("Authorization") == "Bearer good-key-0123456789"
                self._answer(
                    200 if known else 401, {"valid": True, "username": "ada"} if known else {"detail": "bad key"}
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append(("POST", self.path, dict(self.headers)))
                reply = outer.take(json.loads(body))
                time.sleep(reply.delay)
                if reply.drop:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._answer(reply.status, reply.body, reply.headers)

            def _answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def take(self, event: dict[str, Any]) -> Reply:
        with self._lock:
            reply = self.script(event)
            commit = (event.get("anchor") or {}).get("commit_hash")
            if reply is not None and not reply.keep:
                return reply
            self.events.append(event)
            if commit is None:
                return reply or Reply()
            if self.stored[commit]:
                return Reply(409, {"success": False, "message": "Duplicate anchor"}) if reply is None else reply
            self.stored[commit] += 1
            return reply or Reply()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def anchor_server(script: Callable[[dict[str, Any]], Reply | None] = lambda _event: None) -> Iterator[AnchorServer]:
    server = AnchorServer(script)
    try:
        yield server
    finally:
        server.close()
