"""MCP servers of an agent over streamable HTTP, by the `mcp` client (an extra).

Connected for one turn; a server that cannot be reached is told in a `session.error` and left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from omar_daemon.harness import oauth
from omar_daemon.harness.journal import Journal
from omar_daemon.harness.setup import Setup
from omar_daemon.harness.tools.results import ToolFailure, ToolResult, shortened
from omar_daemon.harness.tools.toolbox import Tool, mcp_tools
from omar_daemon.store.engine import Store
from shared import extras

_CONNECT_SECONDS = 15.0
_CALL_SECONDS = 300.0
_PROBE_SECONDS = 5.0


class _Refused(Exception):
    """Why a server is left out: the type of the `session.error`, and one sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class McpServers:
    """The connected servers of one turn, and the tools they offer."""

    def __init__(self) -> None:
        self.tools: list[Tool] = []
        self._sessions: dict[str, Any] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def connected(cls, setup: Setup, journal: Journal) -> AsyncIterator[McpServers]:
        """Connect to every server for which the agent has a toolset. The vaults' tokens go into headers only."""
        found = cls()
        async with contextlib.AsyncExitStack() as stack:
            for server in _wanted(setup):
                try:
                    await found._connect(stack, setup, server, journal.store)
                except _Refused as refusal:
                    problem = {"type": refusal.kind, "message": str(refusal), "mcp_server_name": server["name"]}
                    error = {**problem, "retry_status": {"type": "exhausted"}}
                    await journal.append(setup.session.id, {"type": "session.error", "error": error})
            yield found

    async def call(self, server: str, name: str, given: Mapping[str, Any]) -> ToolResult:
        """ToolFailure when the server is gone or does not answer in time."""
        session = self._sessions.get(server)
        if session is None:
            raise ToolFailure(f"The MCP server {server} is not connected.")
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                answer = await session.call_tool(name, dict(given))
        except TimeoutError:
            raise ToolFailure(f"{server} did not answer within {_CALL_SECONDS:g} s.") from None
        value = answer.model_dump(mode="json", by_alias=True)
        content = [_block(block) for block in value.get("content") or []]
        return ToolResult(content or [{"type": "text", "text": "(no output)"}], bool(value.get("isError")))

    async def _connect(
        self, stack: contextlib.AsyncExitStack, setup: Setup, server: dict[str, Any], store: Store
    ) -> None:
        """With the vault's token; one that is refused is renewed, once."""
        _check_network(setup, server["url"])
        bearer = setup.bearers.get(server["url"])
        try:
            await self._attempt(stack, setup, server, bearer.token if bearer else None)
        except _Refused as refusal:
            if bearer is None or refusal.kind != "mcp_authentication_failed_error":
                raise
            token = await oauth.token_after_refusal(store, bearer.credential_id, bearer.token)
            if token is None:
                raise
            await self._attempt(stack, setup, server, token)

    async def _attempt(
        self, stack: contextlib.AsyncExitStack, setup: Setup, server: dict[str, Any], token: str | None
    ) -> None:
        name = server["name"]
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            await run_in_threadpool(_load_client)
            # A stack of its own: a connection that fails is wound up before anything else is awaited, because the
            # client's task group cancels whoever opened it.
            async with asyncio.timeout(_CONNECT_SECONDS), contextlib.AsyncExitStack() as attempt:
                session = await _open(attempt, server["url"], headers)
                offered = [
                    {"name": tool.name, "description": tool.description or tool.name, "input_schema": _schema(tool)}
                    for tool in (await session.list_tools()).tools
                ]
                stack.push_async_callback(attempt.pop_all().aclose)
        except ModuleNotFoundError:
            message = f"MCP servers need the extra `mcp`. {extras.installation('mcp')}"
            raise _Refused("mcp_connection_failed_error", message) from None
        except TimeoutError:
            message = f"{name} did not answer within {_CONNECT_SECONDS:g} s."
            raise _Refused("mcp_connection_failed_error", message) from None
        except Exception as error:
            raise await _refusal(name, server["url"], headers, error) from None
        self._sessions[name] = session
        self.tools += mcp_tools(setup.agent["tools"], name, offered)


def _wanted(setup: Setup) -> list[dict[str, Any]]:
    names = {tool["mcp_server_name"] for tool in setup.agent["tools"] if tool["type"] == "mcp_toolset"}
    return [server for server in setup.agent["mcp_servers"] if server["name"] in names]


def _check_network(setup: Setup, url: str) -> None:
    """A limited environment must allow MCP servers, or this one's host."""
    from urllib.parse import urlsplit

    networking = setup.environment["config"].get("networking") or {"type": "unrestricted"}
    if networking["type"] == "limited" and not networking["allow_mcp_servers"]:
        host = urlsplit(url).hostname
        if host not in networking["allowed_hosts"]:
            raise _Refused("mcp_connection_failed_error", f"The environment's networking does not allow {host}.")


def _load_client() -> None:
    """What `_open` imports takes a second the first time: not on the event loop, nor of the time a server has."""
    for module in ("httpx", "mcp.client.streamable_http", "mcp.shared._httpx_utils"):
        importlib.import_module(module)


async def _open(stack: contextlib.AsyncExitStack, url: str, headers: dict[str, str]) -> Any:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    client = await stack.enter_async_context(create_mcp_http_client(headers=headers))
    streams = await stack.enter_async_context(streamable_http_client(url, http_client=client))
    session = await stack.enter_async_context(ClientSession(streams[0], streams[1]))
    await session.initialize()
    return session


async def _refusal(name: str, url: str, headers: dict[str, str], error: BaseException) -> _Refused:
    """401 and 403 are the credential's fault, all else the connection's. The client's error does not always tell."""
    import httpx

    status = 0
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=_PROBE_SECONDS, trust_env=False) as client:
            status = (await client.post(url, headers=headers, json={})).status_code
    if status in (401, 403):
        return _Refused("mcp_authentication_failed_error", f"{name} refuses the session's credential ({status}).")
    text = " ".join(str(part) for part in _leaves(error))
    return _Refused("mcp_connection_failed_error", f"{name} cannot be reached: {text[:500] or type(error).__name__}")


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def _schema(tool: Any) -> dict[str, Any]:
    value = tool.model_dump(mode="json", by_alias=True)
    schema: dict[str, Any] = value.get("inputSchema") or value.get("input_schema") or {}
    return {"type": "object", "properties": {}, **schema}


def _block(block: dict[str, Any]) -> dict[str, Any]:
    """An MCP content block as one of the Messages API."""
    if block.get("type") == "text":
        return {"type": "text", "text": shortened(block["text"])}
    if block.get("type") == "image":
        source = {"type": "base64", "media_type": block.get("mimeType", "image/png"), "data": block["data"]}
        return {"type": "image", "source": source}
    resource = block.get("resource") or {}
    return {
        "type": "text",
        "text": shortened(resource.get("text") or str(resource.get("uri") or block.get("uri") or block)),
    }
