"""A stand-in for GitHub's device flow, as a program: `python -m tests.fakes.github_device PORT_FILE [ANSWER …]`.

Shapes and habits are GitHub's: forms in, JSON out, errors with status 200, `slow_down` with a new `interval`. Each
question for the token gets the next ANSWER: `pending`, `slow`, `denied`, `expired`, `token`, `broken` (no JSON),
`500`, `drop` (the connection ends); the last one is given again and again. PORT_FILE gets the port, and a line of
JSON (instant, path, form) for each request.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "gho_fake0123456789"
CODE = {
    "device_code": "3584d83530557fdd1f46af8289938c8ef79f9dc5",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://github.com/login/device",
    "expires_in": 900,
    "interval": 0,
}
ANSWERS: dict[str, dict[str, Any]] = {
    "pending": {"error": "authorization_pending", "error_description": "The authorization request is still pending."},
    "slow": {"error": "slow_down", "error_description": "Too many requests", "interval": 1},
    "denied": {"error": "access_denied", "error_description": "The authorization request was denied."},
    "expired": {"error": "expired_token", "error_description": "This device_code has expired."},
    "wrong": {"error": "incorrect_client_credentials", "error_description": "The client_id is not right."},
    "token": {"access_token": TOKEN, "token_type": "bearer", "scope": "read:user,user:email"},
}


def handler(place: Path, answers: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            with place.open("a") as log:
                log.write(json.dumps([time.monotonic(), self.path, dict(parse_qsl(body))]) + "\n")
            if self.path == "/login/device/code":
                told = ANSWERS["wrong"] if "wrong" in answers else CODE
                self._send(200, json.dumps(told).encode())
            elif self.path == "/login/oauth/access_token":
                self._answer(answers.pop(0) if len(answers) > 1 else answers[0])
            else:
                self._send(404, b"{}")

        def _answer(self, name: str) -> None:
            if name == "drop":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif name == "500":
                self._send(500, b"<html>unicorn</html>")
            elif name == "broken":
                self._send(200, b"access_token=form")
            else:
                self._send(200, json.dumps(ANSWERS[name]).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def main(place: Path, answers: list[str]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(place, answers or ["token"]))
    beside = place.with_suffix(".new")
    beside.write_text(f"{server.server_address[1]}\n")
    beside.replace(place)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
