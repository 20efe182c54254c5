"""Keeping a long conversation within the model's window: what is old becomes a summary, the log stays whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.conversation import conversation, file_finder, read_log, tokens
from omar_daemon.harness.frames import chunk
from omar_daemon.harness.journal import Journal
from omar_daemon.harness.providers.interface import Block, End, ModelError, ModelRequest, Provider, Usage
from omar_daemon.store.managed import events, sessions
from omar_daemon.store.managed.events import StoredEvent

DEFAULT_WINDOW = 200_000
_FULL = 0.75
_TAIL = 0.2
_ASK = (
    "Summarise this conversation for yourself, to go on from the summary alone: what the user wants, what was done and "
    "found, which files matter, what is left to do. Leave out nothing that is still needed."
)


class Compactor:
    """Watches the size of a session's requests; `window` in tokens."""

    def __init__(self, journal: Journal, session_id: str, window: int | None) -> None:
        self._journal = journal
        self._session_id = session_id
        self._window = window or DEFAULT_WINDOW

    def is_needed(self, request: ModelRequest) -> bool:
        """At three quarters of the window, by a rough count."""
        size = tokens(request.system) + tokens(request.messages) + tokens(request.tools)
        return size > self._window * _FULL

    async def compact(self, provider: Provider, model: str) -> None:
        """Store `agent.thread_context_compacted`; ModelError when nothing can be left out or the summary fails."""
        log, cut = await run_in_threadpool(self._divided)
        head = log[:cut]
        if not head:
            raise ModelError(
                "compaction_limit_reached_error", "The conversation is larger than the model's window can take."
            )
        await self._journal.show(self._session_id, chunk("span.compaction_summarize_start"))
        summary, usage = await self._summary(provider, model, head)
        value = {
            "type": "agent.thread_context_compacted",
            "summary": summary,
            "kept_after": head[-1].seq,
            "pre_tokens": sum(tokens(event.data) for event in log),
        }

        def work(connection: Connection) -> list[StoredEvent]:
            sessions.add_usage(connection, self._session_id, usage.counts())
            return events.append(connection, self._session_id, [value])

        await self._journal.commit(self._session_id, work)
        await self._journal.show(self._session_id, chunk("span.compaction_summarize_end"))

    def _divided(self) -> tuple[list[StoredEvent], int]:
        """The log the model sees, and how many of its first events are to be summarised."""
        with self._journal.store.read() as connection:
            log = read_log(connection, self._session_id)
        room = int(self._window * _TAIL)
        cut = len(log)
        while cut > 0 and tokens(log[cut - 1].data) <= room:
            room -= tokens(log[cut - 1].data)
            cut -= 1
        return log, _after_whole_steps(log, cut)

    async def _summary(self, provider: Provider, model: str, head: list[StoredEvent]) -> tuple[str, Usage]:
        messages: list[dict[str, Any]] = await run_in_threadpool(self._messages, head)
        ask = {"type": "text", "text": _ASK}
        if messages and messages[-1]["role"] == "user":
            messages[-1] = {**messages[-1], "content": [*messages[-1]["content"], ask]}
        else:
            messages.append({"role": "user", "content": [ask]})
        text, usage = "", Usage()
        async for part in provider.stream(ModelRequest(model, "", messages)):
            if isinstance(part, Block):
                text += part.content.get("text", "")
            elif isinstance(part, End):
                usage = part.usage
        if not text.strip():
            raise ModelError("compaction_limit_reached_error", "The model gave no summary of the conversation.")
        return text, usage

    def _messages(self, head: list[StoredEvent]) -> list[dict[str, Any]]:
        with self._journal.store.read() as connection:
            return conversation(head, file_finder(connection)).messages


def _after_whole_steps(log: list[StoredEvent], cut: int) -> int:
    """The cut moved back so that no call is parted from its results."""
    while 0 < cut < len(log) and _belongs_to_step(log[cut]):
        cut -= 1
    return cut


def _belongs_to_step(event: StoredEvent) -> bool:
    return "tool_result" in event.type or "tool_use" in event.type
