"""Requests that are no HTTP: they reach no layer of ours, and are still answered like every other refusal."""

from __future__ import annotations

import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from omar_daemon.security import CORS_HEADERS


class WireProtocol(HttpToolsProtocol):
    """uvicorn's parser, whose own refusal would be plain text that no web page may read."""

    def send_400_response(self, msg: str) -> None:
        body = json.dumps({"error": msg}).encode()
        headers = {
            **CORS_HEADERS,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
        }
        status = HTTPStatus.BAD_REQUEST
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self.transport.close()
