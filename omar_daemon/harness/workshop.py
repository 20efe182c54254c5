"""Carrying out tool calls: the sandbox, the web, MCP servers. Whatever goes wrong is a result for the model."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.conversation import read_log
from omar_daemon.harness.journal import Journal
from omar_daemon.harness.sandbox import desktop, memory_folder
from omar_daemon.harness.sandbox.contents import place_files, place_skills
from omar_daemon.harness.sandbox.launch import Mount
from omar_daemon.harness.sandbox.layout import PLACES, Layout
from omar_daemon.harness.sandbox.repositories import place_repositories
from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.setup import Setup, StoreMount
from omar_daemon.harness.tools import files, search, shell, web
from omar_daemon.harness.tools.results import ToolFailure, ToolResult, failed
from omar_daemon.harness.tools.toolbox import Tool
from omar_daemon.harness.tools.url_sources import came_from_allowed, is_restricted
from shared import durable

if TYPE_CHECKING:
    from omar_daemon.harness.mcp import McpServers

log = logging.getLogger("omar.harness")

_IN_SANDBOX: dict[str, Callable[[Sandbox, dict[str, Any]], Awaitable[ToolResult]]] = {
    "bash": shell.bash,
    "read": files.read,
    "write": files.write,
    "edit": files.edit,
    "glob": search.glob,
    "grep": search.grep,
}


class Workshop:
    """The tools of one session's turn. The sandbox is made at the first call that needs it."""

    def __init__(self, journal: Journal, setup: Setup, servers: McpServers | None = None) -> None:
        self._journal = journal
        self._store = journal.store
        self._setup = setup
        self._servers = servers
        self._sandbox: Sandbox | None = None
        self._shown: dict[str, memory_folder.Shown] = {}
        self._lock = asyncio.Lock()
        self._collecting = asyncio.Lock()

    async def carry_out(self, tool: Tool, given: dict[str, Any]) -> ToolResult:
        """The result of one call; never raises but for cancellation."""
        if "_unreadable" in given:
            return failed("The input of the call is no JSON object.")
        try:
            return await self._carry_out(tool, given)
        except ToolFailure as failure:
            return failed(str(failure))
        except Exception as error:
            log.exception("the tool %s failed", tool.name)
            return failed(f"{type(error).__name__}: {error}"[:10_000])

    async def _carry_out(self, tool: Tool, given: dict[str, Any]) -> ToolResult:
        if tool.kind == "mcp":
            if self._servers is None:
                raise ToolFailure("The MCP server is not connected.")
            return await self._servers.call(tool.server or "", tool.name, given)
        if tool.name == "web_fetch":
            settings = tool.settings or {}
            await run_in_threadpool(self._check_source, given.get("url"), settings.get("url_sources"))
            return await web.web_fetch(given, settings, self._setup.allowed_hosts)
        if tool.name == "web_search":
            return await web.web_search(given)
        sandbox = await self.sandbox()
        result = await _IN_SANDBOX[tool.name](sandbox, given)
        if tool.name in ("bash", "write", "edit"):
            await self._collect_memories()
        return result

    def _check_source(self, url: Any, sources: dict[str, Any] | None) -> None:
        if sources is None or not isinstance(url, str) or not is_restricted(sources):
            return
        with self._store.read() as connection:
            log = [event.value for event in read_log(connection, self._setup.session.id)]
        if not came_from_allowed(url, sources, log):
            raise ToolFailure(f"{url} does not come from where the agent may take addresses from (url_sources).")

    async def announce(self) -> None:
        """What the session was given and does not get here, said before its first turn."""
        layout = Layout.of(self._setup.session.id)
        wanted = [skill["skill_id"] for skill in self._setup.agent["skills"] if skill["type"] == "anthropic"]
        if wanted:
            message = f"This server has no built-in skills, so the agent works without {', '.join(wanted)}."
            await self._warn_once(layout, "skills", {"source": "skills", "message": message, "details": {}})
        if self._setup.session.body.get("budget") is not None:
            message = "This server knows no prices, so the session's budget is kept but does not end a turn."
            await self._warn_once(layout, "budget", {"source": "budget", "message": message, "details": {}})

    async def sandbox(self) -> Sandbox:
        """The session's sandbox with its contents in place."""
        async with self._lock:
            if self._sandbox is None:
                self._sandbox = await self._prepared()
        return self._sandbox

    async def refresh(self, setup: Setup) -> None:
        """Place files that were added since the turn began."""
        async with self._lock:
            self._setup = setup
            if self._sandbox is not None:
                self._sandbox.mounts = await run_in_threadpool(self._placed, self._sandbox.layout)

    def _placed(self, layout: Layout) -> list[Mount]:
        """Put files in their place; returns what is mounted beside the session's folders."""
        read_only = [store.folder for store in self._setup.stores if not store.writable]
        stores = [Mount(layout.root / "memory" / name, f"{PLACES['memory']}/{name}") for name in read_only]
        return [*place_files(layout, self._setup.files), *stores]

    async def _prepared(self) -> Sandbox:
        setup = self._setup
        layout = Layout.of(setup.session.id)
        sandbox = Sandbox(layout, network=setup.network, variables=setup.variables)
        await sandbox.ready()
        # Before the files, which may lie within a repository: git clones into a folder that is not there.
        for url, reason in await run_in_threadpool(place_repositories, layout, setup.session):
            await self._report_repository(url, reason)
        await run_in_threadpool(place_skills, layout, setup.skills)
        if setup.stores:
            await run_in_threadpool(self._show_memories, layout)
        sandbox.mounts = await run_in_threadpool(self._placed, layout)
        await self._warn_of_packages(layout)
        if sandbox.network and sandbox.isolated:
            await self._warn_of_desktop(layout)
        return sandbox

    async def _warn_of_packages(self, layout: Layout) -> None:
        """An environment's packages are kept but not installed: this machine's own programs are what a tool finds."""
        config = self._setup.environment["config"].get("packages") or {}
        wanted = [f"{manager}: {', '.join(names)}" for manager, names in config.items() if manager != "type" and names]
        if wanted:
            message = f"The environment's packages are not installed in this sandbox ({'; '.join(wanted)})."
            await self._warn_once(layout, "packages", {"source": "environment", "message": message, "details": config})

    async def _warn_of_desktop(self, layout: Layout) -> None:
        """Sharing the network of this machine, a tool reaches the abstract sockets of the person's desktop."""
        doors = await run_in_threadpool(desktop.open_doors)
        if doors:
            message = (
                f"Tools of this session share the network of this machine and so can reach its desktop ({doors[0]}): "
                "they could read its screen and type into it. In a limited network they cannot."
            )
            warning = {"source": "sandbox", "message": message, "details": {"sockets": doors}}
            await self._warn_once(layout, "desktop", warning)

    async def _warn_once(self, layout: Layout, name: str, warning: dict[str, Any]) -> None:
        """Once in a session, whatever its number of turns."""
        mark = layout.marks / name
        if mark.exists():
            return
        await run_in_threadpool(durable.private_dir, layout.marks)
        await self._journal.append(self._setup.session.id, {"type": "session.warning", **warning})
        mark.touch(mode=0o600)

    async def _report_repository(self, url: str, reason: str) -> None:
        problem = {"type": "repository_clone_error", "message": f"{url} cannot be cloned: {reason}"}
        error = {**problem, "repository_url": url, "retry_status": {"type": "exhausted"}}
        await self._journal.append(self._setup.session.id, {"type": "session.error", "error": error})

    def _show_memories(self, layout: Layout) -> None:
        with self._store.read() as connection:
            for mount in self._setup.stores:
                self._shown[mount.store_id] = memory_folder.show(connection, layout, mount)

    async def _collect_memories(self) -> None:
        # One at a time: what one call takes for new, the other would take for gone.
        async with self._collecting:
            for mount in self._setup.stores:
                left_out = await run_in_threadpool(self._collect, mount) if mount.writable else 0
                if left_out:
                    await self._warn_of_memories(mount, left_out)

    def _collect(self, mount: StoreMount) -> int:
        layout = Layout.of(self._setup.session.id)
        shown = self._shown.get(mount.store_id, {})
        left_out = memory_folder.collect(self._store, layout, mount, shown, self._setup.session.id)
        with self._store.read() as connection:
            self._shown[mount.store_id] = memory_folder.show(connection, layout, mount)
        return left_out

    async def _warn_of_memories(self, mount: StoreMount, left_out: int) -> None:
        most = memory_folder.MAX_FILES
        message = f"/mnt/memory/{mount.folder} takes {most} files: {left_out} new ones were not kept."
        details = {"memory_store_id": mount.store_id, "not_kept": left_out}
        warning = {"type": "session.warning", "source": "memory", "message": message, "details": details}
        await self._journal.append(self._setup.session.id, warning)
