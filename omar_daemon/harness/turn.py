"""One turn: model requests and tool calls until the model is done, or until somebody must decide (contract 10)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.compaction import Compactor
from omar_daemon.harness.conversation import Conversation, conversation, file_finder, read_log
from omar_daemon.harness.frames import chunk
from omar_daemon.harness.journal import Entry, Journal
from omar_daemon.harness.providers.choice import Choice, choose, open_provider
from omar_daemon.harness.providers.interface import (
    Block,
    End,
    ModelError,
    ModelRequest,
    Part,
    Piece,
    Provider,
    Usage,
)
from omar_daemon.harness.repair import CALLS, END_TURN, NO_USAGE, open_calls
from omar_daemon.harness.setup import Setup
from omar_daemon.harness.speaking import Speaker
from omar_daemon.harness.tools.results import ToolResult, failed
from omar_daemon.harness.tools.toolbox import Tool, mcp_name
from omar_daemon.harness.workshop import Workshop
from omar_daemon.store.managed import events, sessions
from omar_daemon.store.managed.events import StoredEvent

MAX_STEPS = 100
MAX_RETRIES = 4
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 30.0
_NO_WORKER = (
    "The environment is self-hosted, and this server has no queue yet from which a worker could take its tool calls. "
    "Use an environment of the type cloud."
)


@dataclass(frozen=True)
class Ended:
    """How a turn ended: done (`stop_reason`), or waiting for answers to these calls."""

    stop_reason: dict[str, Any]
    waits_for: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """A tool call of the model, as it is in the log."""

    event_id: str
    kind: str
    tool: Tool | None
    given: dict[str, Any]
    permission: str


class Turn:
    """Runs from the session's log as it stands; everything it does is in the log before the next thing begins."""

    def __init__(self, journal: Journal, setup: Setup, tools: Sequence[Tool], workshop: Workshop) -> None:
        self._journal = journal
        self._setup = setup
        self._session_id = setup.session.id
        self._tools = {tool.definition["name"]: tool for tool in tools}
        self._workshop = workshop

    async def run(self) -> Ended:
        """Raises ModelError when the model cannot be reached; the caller closes the turn."""
        waiting = await self._resume()
        if waiting is not None:
            return waiting
        choice = await run_in_threadpool(self._choice)
        provider = await run_in_threadpool(open_provider, choice)
        try:
            return await self._steps(provider, choice)
        finally:
            await provider.close()

    def _choice(self) -> Choice:
        with self._journal.store.read() as connection:
            return choose(connection, self._setup.agent["model"]["id"])

    async def _steps(self, provider: Provider, choice: Choice) -> Ended:
        compactor = Compactor(self._journal, self._session_id, choice.context_window)
        for _ in range(MAX_STEPS):
            request = self._request(choice, await self._conversation())
            if compactor.is_needed(request):
                await compactor.compact(provider, choice.model)
                request = self._request(choice, await self._conversation())
            calls, stop_reason = await self._step_with_retries(provider, request)
            if not calls:
                return Ended({"type": "refusal"} if stop_reason == "refusal" else END_TURN)
            waiting = await self._carry_out(calls)
            if waiting is not None:
                return waiting
        raise ModelError("tool_use_limit_reached_error", f"The turn was ended after {MAX_STEPS} model requests.")

    def _request(self, choice: Choice, found: Conversation) -> ModelRequest:
        model = self._setup.agent["model"]
        return ModelRequest(
            choice.model,
            "\n\n".join([self._setup.system_prompt(), *found.system]),
            found.messages,
            [tool.definition for tool in self._tools.values()],
            effort=(model.get("effort") or {}).get("type"),
        )

    async def _conversation(self) -> Conversation:
        def work() -> Conversation:
            with self._journal.store.read() as connection:
                return conversation(read_log(connection, self._session_id), file_finder(connection))

        return await run_in_threadpool(work)

    # Model requests

    async def _step_with_retries(self, provider: Provider, request: ModelRequest) -> tuple[list[Call], str]:
        for attempt in range(MAX_RETRIES + 1):
            try:
                return await self._step(provider, request)
            except ModelError as error:
                if not error.retryable or attempt == MAX_RETRIES:
                    raise
                await self._wait_to_retry(error, attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _wait_to_retry(self, error: ModelError, attempt: int) -> None:
        problem = {"type": error.kind, "message": error.message, "retry_status": {"type": "retrying"}}
        reported: list[dict[str, Any]] = [
            {"type": "session.error", "error": problem},
            {"type": "session.status_rescheduled"},
        ]
        await self._journal.commit(
            self._session_id, lambda connection: self._in_status(connection, "rescheduling", reported)
        )
        delay = min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY) * random.uniform(0.8, 1.2)  # noqa: S311
        await asyncio.sleep(max(delay, min(error.retry_after or 0.0, 120.0)))
        again = [{"type": "session.status_running"}]
        await self._journal.commit(self._session_id, lambda connection: self._in_status(connection, "running", again))

    def _in_status(self, connection: Connection, status: str, values: Sequence[dict[str, Any]]) -> Sequence[Entry]:
        sessions.set_status(connection, self._session_id, status)
        return events.append(connection, self._session_id, values)

    async def _step(self, provider: Provider, request: ModelRequest) -> tuple[list[Call], str]:
        """One model request within its span."""
        (start,) = await self._journal.append(self._session_id, {"type": "span.model_request_start"})
        speaker = Speaker(self._journal, self._session_id)
        try:
            calls, end = await self._listen(provider, request, speaker, start)
        except ModelError:
            await speaker.abort()
            await self._answer_what_broke_off()
            await self._end_span(start, Usage(), is_error=True)
            raise
        await self._end_span(start, end.usage, is_error=False)
        return calls, end.stop_reason

    async def _answer_what_broke_off(self) -> None:
        """Calls that were whole when the answer broke off are not carried out: the model will be asked again."""
        open_now, _ = await run_in_threadpool(self._read_decisions)
        for call in open_now:
            result = failed("The model's answer broke off after this call; it was not carried out.")
            await self._answer(call.id, call.type, result)

    async def _listen(
        self, provider: Provider, request: ModelRequest, speaker: Speaker, start: StoredEvent
    ) -> tuple[list[Call], End]:
        calls: list[Call] = []
        end = End("end_turn", Usage())
        first = True
        async with contextlib.aclosing(_batches(provider.stream(request))) as batches:
            async for batch in batches:
                if first:
                    first = False
                    token = chunk("span.model_first_token", model_request_start_id=start.id)
                    await self._journal.show(self._session_id, token)
                for part in _grouped(batch):
                    if isinstance(part, list):
                        await speaker.hear(part)
                    elif isinstance(part, Block):
                        calls += await self._finish_block(speaker, part)
                    else:
                        end = part
        return calls, end

    async def _finish_block(self, speaker: Speaker, block: Block) -> list[Call]:
        """Store what a whole block is; a tool call is returned as well."""
        content = block.content
        kind = content["type"]
        if kind == "text":
            await self._finish_text(speaker, block)
            return []
        if kind in ("thinking", "redacted_thinking"):
            speaker.event_id(block.index, "thinking")
            value = {"type": "agent.thinking", "thinking": content.get("thinking", "")}
            value |= {"signature": content["signature"]} if content.get("signature") else {}
            value |= {"redacted_data": content["data"]} if content.get("data") else {}
            await speaker.become(block.index, value)
            return []
        if kind == "tool_use":
            return [await self._finish_call(speaker, block)]
        speaker.forget(block.index)
        return []

    async def _finish_text(self, speaker: Speaker, block: Block) -> None:
        text = block.content["text"]
        if not text:
            speaker.forget(block.index)
            return
        speaker.event_id(block.index, "text")
        await speaker.become(block.index, {"type": "agent.message", "content": [{"type": "text", "text": text}]})

    async def _finish_call(self, speaker: Speaker, block: Block) -> Call:
        name, given = block.content["name"], block.content["input"]
        tool = self._tools.get(name)
        value, permission = _call_event(tool, name, given)
        speaker.event_id(block.index, "tool_use")
        event_id = await speaker.become(block.index, value)
        return Call(event_id, value["type"], tool, given, permission)

    async def _end_span(self, start: StoredEvent, usage: Usage, *, is_error: bool) -> None:
        end = {"type": "span.model_request_end", "model_request_start_id": start.id, "is_error": is_error}
        counts = {**NO_USAGE, **usage.counts()}

        def work(connection: Connection) -> Sequence[Entry]:
            sessions.add_usage(connection, self._session_id, counts)
            return events.append(connection, self._session_id, [{**end, "model_usage": counts}])

        await self._journal.commit(self._session_id, work)

    # Tool calls

    async def _carry_out(self, calls: Sequence[Call]) -> Ended | None:
        """Run what may run, all at once; what is left decides whether the turn waits."""
        if any(self._needs_worker(call) for call in calls):
            raise ModelError("environment_worker_unavailable_error", _NO_WORKER)
        here = [call for call in calls if call.kind != "agent.custom_tool_use"]
        await self._run_all([call for call in here if call.permission != "ask"])
        asked = [call.event_id for call in calls if call.kind == "agent.custom_tool_use" or call.permission == "ask"]
        if asked:
            return Ended({"type": "requires_action", "event_ids": asked}, asked)
        return None

    def _needs_worker(self, call: Call) -> bool:
        """In a self-hosted environment a worker carries out what touches files; the web stays with the daemon."""
        touches = call.kind == "agent.tool_use" and call.tool is not None and not call.tool.name.startswith("web_")
        return self._setup.self_hosted and touches and call.permission == "allow"

    async def _run_all(self, calls: Sequence[Call]) -> None:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(self._run_one(call))

    async def _run_one(self, call: Call) -> None:
        if call.tool is None:
            result = failed("There is no such tool.")
        elif call.permission == "deny":
            result = failed("The agent's configuration does not permit this tool.")
        else:
            result = await self._workshop.carry_out(call.tool, call.given)
        await self._answer(call.event_id, call.kind, result)

    async def _answer(self, event_id: str, kind: str, result: ToolResult) -> None:
        result_kind, id_name = CALLS[kind]
        value = {"type": result_kind, id_name: event_id, "content": result.content, "is_error": result.is_error}
        await self._journal.append(self._session_id, value)

    async def _resume(self) -> Ended | None:
        """Carry out what was allowed, and answer what was denied, since the turn began to wait."""
        open_now, decisions = await run_in_threadpool(self._read_decisions)
        allowed: list[Call] = []
        undecided: list[Call] = []
        for event in open_now:
            call = self._call_of(event)
            decision = decisions.get(event.id)
            if decision is None:
                undecided.append(call)
            elif decision["result"] == "deny":
                await self._answer(
                    call.event_id, call.kind, failed(decision.get("deny_message") or "The user denied this.")
                )
            else:
                allowed.append(Call(**{**vars(call), "permission": "allow"}))
        return await self._carry_out([*undecided, *allowed]) if undecided or allowed else None

    def _read_decisions(self) -> tuple[list[StoredEvent], dict[str, dict[str, Any]]]:
        """The calls nobody answered, and what the user decided about them."""
        with self._journal.store.read() as connection:
            found = open_calls(connection, self._session_id)
            answers = events.answering(connection, self._session_id, [event.id for event in found])
        confirmations = [event.value for event in answers if event.type == "user.tool_confirmation"]
        return found, {value["tool_use_id"]: value for value in confirmations}

    def _call_of(self, event: StoredEvent) -> Call:
        value = event.value
        server = value.get("mcp_server_name")
        tool = self._tools.get(mcp_name(server, value["name"]) if server else value["name"])
        return Call(event.id, event.type, tool, value["input"], value.get("evaluated_permission", "allow"))


def _call_event(tool: Tool | None, name: str, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The event that tells of a call, and whether it may run."""
    if tool is not None and tool.kind == "custom":
        return {"type": "agent.custom_tool_use", "name": name, "input": given}, "allow"
    permission = "allow" if tool is None else tool.permission
    value: dict[str, Any] = {"type": "agent.tool_use", "name": name, "input": given, "evaluated_permission": permission}
    if tool is not None and tool.kind == "mcp":
        value |= {"type": "agent.mcp_tool_use", "name": tool.name, "mcp_server_name": tool.server}
    return value, permission


async def _batches(parts: AsyncIterator[Part]) -> AsyncGenerator[list[Part]]:
    """The parts as they come, those that came together in one list: a slow disk makes larger lists, not a lag."""
    waiting: asyncio.Queue[Part | BaseException | None] = asyncio.Queue()
    reader = asyncio.create_task(_pump(parts, waiting))
    try:
        while True:
            taken = [await waiting.get()]
            while not waiting.empty():
                taken.append(waiting.get_nowait())
            found = [item for item in taken if isinstance(item, Piece | Block | End)]
            if found:
                yield found
            last = taken[-1]
            if isinstance(last, BaseException):
                raise last
            if last is None:
                return
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader


async def _pump(parts: AsyncIterator[Part], waiting: asyncio.Queue[Part | BaseException | None]) -> None:
    try:
        async for part in parts:
            waiting.put_nowait(part)
        waiting.put_nowait(None)
    except Exception as error:
        waiting.put_nowait(error)


def _grouped(batch: Sequence[Part]) -> list[list[Piece] | Block | End]:
    """Pieces that follow each other in one list."""
    grouped: list[list[Piece] | Block | End] = []
    for part in batch:
        if not isinstance(part, Piece):
            grouped.append(part)
        elif grouped and isinstance(grouped[-1], list):
            grouped[-1].append(part)
        else:
            grouped.append([part])
    return grouped
