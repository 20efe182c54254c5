"""A model on loopback, as a program: Anthropic Messages, OpenAI Responses and chat/completions, scripted.

    python -m tests.fakes.model_server --script FILE [--port N] [--log FILE]

The first line on stdout is `{"port": N}`. The script's form is told in `model_script`. Beside the protocols:

    GET  /fake/served            {"served": [{protocol, turn, status, tools, disconnected, …}]}, oldest first
    GET  /fake/requests          {"requests": [{path, headers, body}]}
    PUT  /fake/script            another script from now on
    GET  /v1/models, POST /v1/messages/count_tokens

Every answer carries `request-id`. With --log each request is appended to FILE as one JSON line. It leaves on SIGTERM
and when its stdin closes, so it cannot outlive the test that started it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.model_script import Choice, Failure, Script
from tests.fakes.model_wire import WIRES, Answer, Wire

SECRET_HEADERS = {"authorization", "x-api-key"}


@dataclass
class Served:
    """One answered model request; `turn` is None for an aside, `status` 0 for a connection that was cut."""

    protocol: str
    turn: int | None
    status: int
    request_id: str
    tools: list[str]
    at: float
    disconnected: bool = False


class ModelServer(ThreadingHTTPServer):
    """Holds the script and what was served; one thread per connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, script: Script, log: Path | None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.script = script
        self.log = log
        self.served: list[Served] = []
        self.requests: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def remember(self, path: str, headers: dict[str, str], body: Any) -> None:
        kept = {name: ("…" if name in SECRET_HEADERS else value) for name, value in headers.items()}
        entry = {"path": path, "headers": kept, "body": body}
        with self.lock:
            self.requests.append(entry)
            if self.log is not None:
                with self.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps(entry) + "\n")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the play; anything else is said."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/fake/served":
            self._json(200, {"served": [asdict(entry) for entry in self.server.served]})
        elif path == "/fake/requests":
            self._json(200, {"requests": self.server.requests})
        elif path == "/v1/models":
            models = [{"id": "stub", "type": "model", "object": "model", "display_name": "Stub"}]
            self._json(200, {"object": "list", "data": models, "has_more": False})
        else:
            self._json(404, {"error": {"type": "not_found_error", "message": f"nothing at {path}"}})

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        if urlsplit(self.path).path != "/fake/script":
            self._json(404, {"error": {"type": "not_found_error", "message": "nothing to put here"}})
            return
        try:
            self.server.script = Script.from_json(json.loads(self._body()))
        except (ValueError, KeyError, TypeError) as error:
            self._json(400, {"error": {"type": "invalid_request_error", "message": f"no script: {error}"}})
            return
        self._json(200, {"ok": True})

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        raw = self._body()
        try:
            body = json.loads(raw)
        except ValueError:
            self._json(400, {"error": {"type": "invalid_request_error", "message": "the body is no JSON"}})
            return
        self.server.remember(path, {name.lower(): value for name, value in self.headers.items()}, body)
        if path == "/v1/messages/count_tokens":
            self._json(200, {"input_tokens": max(1, len(raw) // 4)})
        elif path in WIRES:
            self._answer(WIRES[path], body, len(raw))
        else:
            self._json(404, {"error": {"type": "not_found_error", "message": f"nothing at {path}"}})

    def _answer(self, wire: Wire, body: dict[str, Any], size: int) -> None:
        choice = self.server.script.choose(wire.question(body))
        turn, failure = choice.turn, choice.failure
        entry = self._note(wire, choice)
        answer = Answer(turn, turn.usage_for(size), body.get("model", "stub"))
        try:
            self._pause(turn.wait)
            if failure is not None and failure.cut is None:
                self._fail(wire, failure, entry.request_id)
            elif body.get("stream"):
                self._stream(wire.frames(answer), turn.pause, failure, entry.request_id)
            else:
                self._json(200, wire.whole(answer), request_id=entry.request_id)
        except ConnectionError:
            entry.disconnected = True
            self.close_connection = True

    def _note(self, wire: Wire, choice: Choice) -> Served:
        status = 200
        if choice.failure is not None:
            status = choice.failure.status
        names = [tool.name for tool in choice.turn.tools]
        entry = Served(wire.name, choice.number, status, f"req_{secrets.token_hex(12)}", names, time.time())
        with self.server.lock:
            self.server.served.append(entry)
        return entry

    def _fail(self, wire: Wire, failure: Failure, request_id: str) -> None:
        headers = {} if failure.retry_after is None else {"retry-after": f"{failure.retry_after:g}"}
        self._json(failure.status, wire.error(failure), request_id=request_id, headers=headers)

    def _stream(self, frames: Iterator[bytes], pause: float, failure: Failure | None, request_id: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("cache-control", "no-cache")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("request-id", request_id)
        self.send_header("x-request-id", request_id)
        self.end_headers()
        for number, frame in enumerate(frames):
            if failure is not None and number == failure.cut:
                self._reset()
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
            self.wfile.flush()
            self._pause(pause)
        self.wfile.write(b"0\r\n\r\n")

    def _pause(self, seconds: float) -> None:
        """Wait, unless the client hangs up meanwhile: then ConnectionResetError."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError
        if readable:
            time.sleep(seconds)

    def _reset(self) -> None:
        """Break the connection as a dying network does: a reset, no end of the body."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _json(
        self, status: int, value: Any, *, request_id: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("request-id", request_id or f"req_{secrets.token_hex(12)}")
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what was served is asked for, not printed."""


def _leave_with_stdin(server: ModelServer) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.shutdown()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    script = Script.from_json(json.loads(arguments.script.read_text(encoding="utf-8")))
    server = ModelServer(arguments.port, script, arguments.log)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=_leave_with_stdin, args=(server,), daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    with server:
        server.serve_forever(poll_interval=0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main())
