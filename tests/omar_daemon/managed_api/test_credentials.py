"""Validating an OAuth credential against an MCP server and a token endpoint that repeat what they are sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from omar_daemon.managed_api.credential_check import _SHOWN_CHARACTERS
from tests.daemon import Daemon

SECRETS = ("canary/access 1", "canary+refresh=", 'canary"client', "canary-fresh")


class Echo(BaseHTTPRequestHandler):
    """`/mcp` accepts the renewed token only; `/token` renews when `server.renews` is set. Both echo."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        sent = f"{'x' * self.server.padding}{self.headers.get('authorization')} {body}"
        status, answer = 401, sent
        if self.path == "/mcp" and "canary-fresh" in sent:
            status = 200
        if self.path == "/token" and self.server.renews:
            status, answer = 200, '{"access_token": "canary-fresh", "expires_in": 60}'
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.renews, server.padding = False, 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Daemon:
    return shared_daemon


def test_what_a_server_repeats_of_the_secrets_is_not_shown(http: httpx.Client, echo: Any) -> None:
    base = f"http://127.0.0.1:{echo.server_port}"
    vault = http.post("/v1/vaults", json={"display_name": "v"}).json()["id"]
    auth = {
        "type": "mcp_oauth",
        "access_token": SECRETS[0],
        "mcp_server_url": f"{base}/mcp",
        "refresh": {
            "client_id": "me",
            "refresh_token": SECRETS[1],
            "token_endpoint": f"{base}/token",
            "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRETS[2]},
        },
    }
    made = http.post(f"/v1/vaults/{vault}/credentials", json={"auth": auth})
    assert made.status_code == 201, made.text
    path = f"/v1/vaults/{vault}/credentials/{made.json()['id']}/mcp_oauth_validate"

    def verdict() -> dict[str, Any]:
        answer = http.post(path)
        assert answer.status_code == 200
        # Neither as it is, nor as a form, nor as basic authentication.
        for secret in ("canary", "bWU6Y2FuYXJ5ImNsaWVudA"):
            assert secret not in answer.text
        found: dict[str, Any] = answer.json()
        return found

    refused = verdict()
    assert (refused["status"], refused["refresh"]["status"]) == ("invalid", "failed")
    assert "[redacted]" in refused["refresh"]["http_response"]["body"]
    for echo.padding in (_SHOWN_CHARACTERS - 12, _SHOWN_CHARACTERS - 5):
        assert verdict()["mcp_probe"]["http_response"]["body_truncated"] is True
    echo.padding, echo.renews = 0, True
    assert (verdict()["status"], verdict()["refresh"]) == ("valid", None)
