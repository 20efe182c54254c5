"""An MCP server over streamable HTTP with one tool, as a program: `python -m tests.fakes.mcp_server PORT TOKEN`.

Requests without `Authorization: Bearer TOKEN` get 401.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


class Gate:
    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._headers(scope).get("authorization") != f"Bearer {self._token}":
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)

    @staticmethod
    def _headers(scope: Scope) -> dict[str, Any]:
        return {name.decode(): value.decode() for name, value in scope["headers"]}


def main() -> None:
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("fake")

    @server.tool()
    def add(a: int, b: int) -> str:
        """Adds two numbers."""
        return f"the sum is {a + b}"

    app = Gate(server.streamable_http_app(), sys.argv[2])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
