"""A server with the shapes of seed 000 that answers as the test tells it, and keeps what it stored."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Json = dict[str, Any]
DROP_AFTER_STORING = "drop"
RESET = "reset"


class Answer:
    """Status, body and headers of one scripted answer."""

    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


Script = Callable[[list[Json]], Answer | str | None]


class FakeServer:
    """`script` sees a request's sessions and returns an answer, DROP_AFTER_STORING, RESET, or None: behave well."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script
        self.stored: dict[str, Json] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._answer(self)

            do_GET = do_POST  # noqa: N815 - http.server's name

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def uploads(self) -> list[list[str]]:
        """The session ids of each upload, in order."""
        return [
            [session["session_id"] for session in json.loads(body)["sessions"]]
            for _, path, _, body in self.requests
            if path.endswith("/upload")
        ]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.requests.append((handler.command, handler.path, headers, body))
            if not handler.path.endswith("/upload"):
                self._send(handler, Answer(200, {"valid": True, "username": "ada", "provider": "github"}))
                return
            sessions = json.loads(body)["sessions"]
            told = self.script(sessions) if self.script else None
            answer = self._store(sessions) if told in (None, DROP_AFTER_STORING) else told
        if told in (DROP_AFTER_STORING, RESET):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        assert isinstance(answer, Answer)
        self._send(handler, answer)

    def _store(self, sessions: list[Json]) -> Answer:
        new = {session["session_id"]: session for session in sessions if session["session_id"] not in self.stored}
        self.stored.update(new)
        duplicates = len(sessions) - len(new)
        if sessions and not new:
            return Answer(409, {"error": "duplicate", "accepted": 0, "duplicates": duplicates})
        return Answer(200, {"accepted": len(new), "duplicates": duplicates})

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body or {}).encode()
        handler.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
