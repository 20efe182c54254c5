"""One roll-out of Codex, line by line.

A response is what the model said between two of its inputs: the items up to the record of its tokens
(`token_usage_record`), or where there is none, up to a tool's output or a person's message. Tokens come from those
records, in older versions from `token_count` events (the last usage, each time the total has moved).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from shared.transcripts.assembly import Skips, Talk, usage_of
from shared.transcripts.codex.layout import parent_of
from shared.transcripts.instants import milliseconds
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import at, items, mapping, parsed, said, text, tokens
from shared.transcripts.model import Detail, Position, Response

SPAWNING_TOOL = "spawn_agent"
# What the program itself puts into the person's mouth.
MARKS = (
    "<environment_context>",
    "<user_instructions>",
    "<permissions instructions>",
    "<turn_aborted>",
    "<skill>",
    "<subagent_notification>",
    "<user_shell_command>",
    "<INSTRUCTIONS>",
    "# AGENTS.md instructions",
)
_CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call", "web_search_call", "tool_search_call"})
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output", "tool_search_output"})


class Rollout:
    """What one file tells; `thread`, `cwd` … are as its first `session_meta` names them."""

    def __init__(self, detail: Detail, index: int, path: str, skips: Skips) -> None:
        self.talk = Talk(detail)
        self.thread = ""
        self.parent = ""
        self.cwd: str | None = None
        self.version: str | None = None
        self.branch: str | None = None
        self.forked_from: str | None = None
        self.spawns: dict[str, Any] = {}
        self.spawn_answers: dict[str, str] = {}
        self._index = index
        self._path = path
        self._skips = skips
        self._open: Response | None = None
        self._last: Response | None = None
        self._model: str | None = None
        self._has_records = False
        self._total: Any = None
        self._events = Talk(detail)
        self._seen: set[int] = set()
        self._at_ms: int | None = None
        self._position: Position | None = None

    def read(self) -> None:
        skip = partial(self._skips.add, self._path)
        try:
            for number, offset, data in read_lines(self._path, skip):
                line = parsed(data)
                if line is None:
                    skip(number, "no JSON object")
                    continue
                # A line written twice tells nothing new; instants make all others different.
                if (mark := hash(data)) in self._seen:
                    continue
                self._seen.add(mark)
                self._position = Position(self._index, number, offset) if self.talk.keeps_content else None
                self._add(line)
        except OSError as error:
            skip(0, error.strerror or "cannot be read")
        # Events tell what a person typed; the items beside them also hold what the program put there.
        if self._events.humans:
            self.talk.humans = self._events.humans

    def _add(self, line: dict[str, Any]) -> None:
        told = milliseconds(text(line, "timestamp"))
        self._at_ms = told if told is not None else self._at_ms
        self.talk.note(told)
        kind = text(line, "type")
        payload = line.get("payload")
        if not isinstance(payload, dict):
            # Before 0.3x the items stood bare, the first line being the session's.
            payload = line
            kind = "response_item" if kind else "session_meta" if "id" in line else ""
        handler = getattr(self, f"_add_{kind}", None) if kind in _KINDS else None
        if handler is not None:
            handler(payload)

    def _add_session_meta(self, meta: dict[str, Any]) -> None:
        if self.thread or not text(meta, "id"):
            return
        self.thread = text(meta, "id")
        self.parent = parent_of(meta)
        self.cwd = text(meta, "cwd") or self.cwd
        self.version = text(meta, "cli_version") or None
        self.branch = text(meta, "git", "branch") or None
        self.forked_from = text(meta, "forked_from_id") or None

    def _add_turn_context(self, context: dict[str, Any]) -> None:
        self._model = text(context, "model") or self._model
        self.cwd = self.cwd or text(context, "cwd") or None

    def _add_compacted(self, _payload: dict[str, Any]) -> None:
        self.talk.compactions += 1

    def _add_response_item(self, item: dict[str, Any]) -> None:
        kind = text(item, "type")
        if kind == "message":
            self._add_message(item)
        elif kind == "reasoning":
            self.talk.think(self._response(item), said(at(item, "summary")))
        elif kind in _CALLS:
            self._add_call(item, kind)
        elif kind in _OUTPUTS:
            self._add_output(item)

    def _add_message(self, item: dict[str, Any]) -> None:
        words = said(item.get("content"))
        if text(item, "role") == "assistant":
            self.talk.say(self._response(item), words)
        elif text(item, "role") == "user":
            images = sum(1 for part in items(item, "content") if text(part, "type") == "input_image")
            if (words.strip() or images) and not words.lstrip().startswith(MARKS):
                self._close()
                key = text(item, "id") or f"{self._at_ms}:{words}"
                self.talk.human(key, self._at_ms, words, images, self._position)

    def _add_call(self, item: dict[str, Any], kind: str) -> None:
        response = self._response(item)
        call_id = text(item, "call_id") or text(item, "id") or f"{kind} at {self._at_ms}"
        name = text(item, "name") or {"local_shell_call": "shell", "web_search_call": "web_search"}.get(kind, kind)
        arguments = text(item, "arguments") or text(item, "input")
        asked: Any = parsed(arguments) or arguments or mapping(item, "action")
        self.talk.call(response, call_id, name, self._at_ms, asked, self._position)
        if name == SPAWNING_TOOL:
            self.spawns[call_id] = asked

    def _add_output(self, item: dict[str, Any]) -> None:
        call_id = text(item, "call_id")
        self._close()
        output = item.get("output")
        words = said(output) or said(at(output, "content"))
        failed = at(output, "success") is False or _exit_code(words) not in (None, 0)
        if call_id in self.spawns:
            self.spawn_answers[call_id] = words
        kept = words if self.talk.keeps_content else ""
        self.talk.result(call_id, self._at_ms, is_error=failed, text=kept, position=self._position)

    def _add_event_msg(self, event: dict[str, Any]) -> None:
        kind = text(event, "type")
        if kind == "item_completed":
            self._add_item(mapping(event, "item"))
        elif kind == "user_message":
            self._add_typed(text(event, "message"), len(items(event, "images")), "")
        elif kind == "token_count":
            self._add_token_count(mapping(event, "info"))
        elif kind == "patch_apply_end":
            details = {"changes": mapping(event, "changes")}
            self.talk.result(
                text(event, "call_id"), self._at_ms, is_error=event.get("success") is False, details=details
            )
        elif kind == "context_compacted":
            self.talk.compactions += 1

    def _add_item(self, item: dict[str, Any]) -> None:
        kind = text(item, "type")
        if kind == "UserMessage":
            images = sum(1 for part in items(item, "content") if "image" in text(part, "type").lower())
            self._add_typed(said(item.get("content")), images, text(item, "id"))
        elif kind == "FileChange":
            failed = text(item, "status") in ("failed", "declined")
            details = {"changes": mapping(item, "changes")}
            self.talk.result(text(item, "id"), self._at_ms, is_error=failed, details=details)
        elif kind == "CommandExecution":
            code = item.get("exit_code")
            failed = isinstance(code, int) and code != 0
            kept = text(item, "aggregated_output") if self.talk.keeps_content else ""
            self.talk.result(text(item, "id"), self._at_ms, is_error=failed, text=kept)

    def _add_typed(self, words: str, images: int, key: str) -> None:
        if (words.strip() or images) and not words.lstrip().startswith(MARKS):
            self._close()
            self._events.human(key or f"{self._at_ms}:{words}", self._at_ms, words, images, self._position)

    def _add_token_usage_record(self, record: dict[str, Any]) -> None:
        if not self._has_records:
            self._has_records = True
            for response in self.talk.responses.values():
                response.usage = usage_of(0, 0)
        key = text(record, "response_id") or f"record at {self._at_ms}"
        response = self._open or self._renamed(key)
        response.usage.raise_to(_usage(mapping(record, "usage")))
        self._close()

    def _add_token_count(self, info: dict[str, Any]) -> None:
        total, last = mapping(info, "total_token_usage"), mapping(info, "last_token_usage")
        if self._has_records or not last or (total and total == self._total):
            return
        self._total = total
        if self._last is not None:
            self._last.usage.add(_usage(last))

    def _response(self, item: dict[str, Any]) -> Response:
        """The response that is being told, begun when none is."""
        if self._open is None:
            key = text(item, "id") or text(item, "call_id") or f"at {self._at_ms} #{len(self.talk.responses)}"
            self._open = self._last = self._renamed(key)
        else:
            self.talk.response(self._open.message_id, self._at_ms)
        return self._open

    def _renamed(self, key: str) -> Response:
        return self.talk.response(key, self._at_ms, self._model, self._position)

    def _close(self) -> None:
        self._open = None


_KINDS = frozenset({"session_meta", "turn_context", "compacted", "response_item", "event_msg", "token_usage_record"})


def _usage(found: dict[str, Any]) -> Any:
    """Codex counts cached tokens into the input and reasoning into the output."""
    return usage_of(
        tokens(found, "input_tokens"),
        tokens(found, "output_tokens"),
        tokens(found, "cached_input_tokens"),
        tokens(found, "cache_write_input_tokens"),
    )


def _exit_code(words: str) -> int | None:
    """What a shell tool's answer says of how the command ended."""
    for mark in ("Process exited with code ", "Exit code: "):
        _, found, rest = words[:400].partition(mark)
        digits = rest[:4].partition("\n")[0].strip()
        if found and digits.isdigit():
            return int(digits)
    metadata = parsed(words) if words.startswith("{") else None
    code = at(metadata, "metadata", "exit_code")
    return code if isinstance(code, int) else None
