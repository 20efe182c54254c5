"""Reads one chat with Copilot.

A request is what the person said; each round of tool calls in its result is one response of the model, the text
that ends it another. Tokens stand in the log only where the extension reported them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from shared.transcripts.assembly import Skips, Talk, session_of
from shared.transcripts.copilot.layout import folder_of
from shared.transcripts.copilot.mutations import applied
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import at, instant, items, mapping, objects, parsed, said, text, tokens
from shared.transcripts.model import Detail, LogFile, Session, Source

INVOCATIONS = ("toolInvocationSerialized", "toolInvocation")


def read(source: Source, detail: Detail) -> Iterator[Session]:
    """The one chat of `source`; nothing for one in which nobody spoke."""
    skips = Skips()
    talk = Talk(detail)
    file = source.files[0]
    try:
        chat = _chat(file, skips)
    except OSError as error:
        chat = {}
        skips.add(file.path, 0, error.strerror or "cannot be read")
    for number, request in enumerate(objects(chat, "requests")):
        _Request(talk, request, number).add()
    if talk.is_empty and not skips.count:
        return
    talk.note(instant(chat, "creationDate"))
    name = text(chat, "sessionId") or source.session_id
    yield session_of(source, name, talk, skips, cwd=folder_of(file.path), version=_version(chat))


def _version(chat: dict[str, Any]) -> str | None:
    return text(chat, "extensionVersion") or None


def _chat(file: LogFile, skips: Skips) -> dict[str, Any]:
    if file.path.endswith(".json"):
        whole = parsed(Path(file.path).read_bytes())
        if whole is None:
            skips.add(file.path, 1, "no JSON object")
        return whole or {}
    state: Any = {}
    skip = partial(skips.add, file.path)
    for number, _, data in read_lines(file.path, skip):
        change = parsed(data)
        try:
            if change is None:
                skip(number, "no JSON object")
            else:
                state = applied(state, change)
        except ValueError as error:
            skip(number, str(error))
    return state if isinstance(state, dict) else {}


class _Request:
    def __init__(self, talk: Talk, request: dict[str, Any], number: int) -> None:
        self._talk = talk
        self._request = request
        self._key = text(request, "requestId") or f"request {number}"
        self._at_ms = instant(request, "timestamp")
        elapsed = at(request, "result", "timings", "totalElapsed")
        known = self._at_ms is not None and isinstance(elapsed, int | float) and 0 <= elapsed < 10**10
        self._done_ms = (self._at_ms or 0) + round(elapsed) if known else self._at_ms
        self._model = text(request, "modelId").rpartition("/")[2] or None
        self._talk.note(self._done_ms)

    def add(self) -> None:
        words = text(self._request, "message", "text") or said(items(self._request, "message", "parts"))
        images = sum(
            1 for found in objects(self._request, "variableData", "variables") if text(found, "kind") == "image"
        )
        if words.strip() or images:
            self._talk.human(self._key, self._at_ms, words, images)
        rounds = objects(self._request, "result", "metadata", "toolCallRounds")
        if rounds:
            self._add_rounds(rounds)
        else:
            self._add_invocations()

    def _add_rounds(self, rounds: list[dict[str, Any]]) -> None:
        results = mapping(self._request, "result", "metadata", "toolCallResults")
        for number, told in enumerate(rounds):
            at_ms = instant(told, "timestamp")
            at_ms = self._between(number, len(rounds)) if at_ms is None else at_ms
            response = self._talk.response(text(told, "id") or f"{self._key}#{number}", at_ms, self._model)
            self._talk.say(response, said(told.get("response")))
            self._talk.think(response, said(at(told, "thinking", "text")))
            for place, call in enumerate(objects(told, "toolCalls")):
                self._add_call(response, call, f"{self._key}#{number}#{place}", at_ms, results)
        self._add_tokens(rounds and text(rounds[-1], "id"))

    def _add_call(
        self, response: Any, call: dict[str, Any], key: str, at_ms: int | None, results: dict[str, Any]
    ) -> None:
        call_id = text(call, "id") or key
        arguments = call.get("arguments")
        asked = parsed(arguments) if isinstance(arguments, str) else arguments
        self._talk.call(response, call_id, text(call, "name"), at_ms, asked or arguments)
        if call_id in results:
            words = said(at(results[call_id], "content")) if self._talk.keeps_content else ""
            self._talk.result(call_id, at_ms, is_error=at(results[call_id], "isError") is True, text=words)

    def _add_invocations(self) -> None:
        """Without rounds: the calls as the view showed them, all in one response."""
        shown = objects(self._request, "response")
        if not shown:
            return
        response = self._talk.response(self._key, self._done_ms, self._model)
        for number, part in enumerate(shown):
            if text(part, "kind") in INVOCATIONS:
                call_id = text(part, "toolCallId") or f"{self._key}#{number}"
                asked = mapping(part, "toolSpecificData")
                self._talk.call(response, call_id, text(part, "toolId"), self._done_ms, asked)
                if part.get("isComplete") is True:
                    self._talk.result(call_id, self._done_ms)
            elif not text(part, "kind"):
                self._talk.say(response, text(part, "value"))
        self._add_tokens(self._key)

    def _add_tokens(self, key: Any) -> None:
        response = self._talk.responses.get(key)
        usage = mapping(self._request, "usage") or mapping(self._request, "result", "usage")
        if response is not None:
            response.usage.input_tokens = tokens(usage, "promptTokens")
            response.usage.output_tokens = tokens(usage, "completionTokens")

    def _between(self, number: int, count: int) -> int | None:
        """Rounds without a time of their own are spread over the request's."""
        if self._at_ms is None or self._done_ms is None:
            return self._at_ms
        return self._at_ms + (self._done_ms - self._at_ms) * (number + 1) // count
