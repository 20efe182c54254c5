"""What the fake model answers: scripted turns, chosen by what the request already contains.

A script is a JSON object:

    {"aside": "A title",                    text for requests without tools (agent CLIs ask for titles so); optional
     "turns": [TURN, …],                    the conversation of any request that no `conversations` entry takes
     "conversations": [{"match": REGEX, "turns": [TURN, …]}, …],
     "after": "text"}                       said when the turns are used up (default "Done.")

    TURN = {"text": str, "thinking": str, "tools": [{"name": str, "input": object}], "usage": USAGE,
            "wait": seconds before the first byte, "pause": seconds between frames, "failures": [FAILURE, …]}
    USAGE = {"input", "output", "cache_read", "cache_creation", "reasoning"}   tokens; `input` is without cache
    FAILURE = {"status": 429 | 500 | 529 | …, "message": str, "retry_after": seconds}  or
              {"cut": number of frames that go out before the connection is reset}

The turn is the number of responses the request's history holds, so any number of agents may talk at once and a
retry meets the same turn. A turn's failures are served first, once each, per conversation. `{{1}}`, `{{2}}` … in a
conversation's turns stand for the groups of its `match`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Usage:
    """Tokens of one response; `input` is without cache, `output` includes `reasoning`."""

    input: int
    output: int
    cache_read: int = 0
    cache_creation: int = 0
    reasoning: int = 0

    @property
    def whole_input(self) -> int:
        return self.input + self.cache_read + self.cache_creation


@dataclass(frozen=True)
class ToolCall:
    name: str
    input: Any


@dataclass(frozen=True)
class Failure:
    """An HTTP error instead of an answer, or an answer that breaks off after `cut` frames."""

    status: int = 0
    message: str = "The fake model was told to fail."
    retry_after: float | None = None
    cut: int | None = None


@dataclass(frozen=True)
class Turn:
    """One response of the model."""

    text: str = ""
    thinking: str = ""
    tools: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    wait: float = 0.0
    pause: float = 0.0
    failures: tuple[Failure, ...] = ()

    def usage_for(self, request_bytes: int) -> Usage:
        """The scripted usage, else four bytes a token of what went in and out."""
        if self.usage is not None:
            return self.usage
        said = len(self.text) + len(self.thinking) + sum(len(json.dumps(tool.input)) for tool in self.tools)
        return Usage(input=max(1, request_bytes // 4), output=max(1, said // 4))


@dataclass(frozen=True)
class Conversation:
    match: re.Pattern[str] | None
    turns: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Question:
    """What the script needs to know of a request, whatever its protocol.

    `text` is everything the person and the harness wrote, `answered` how many responses the history holds.
    """

    text: str
    answered: int
    has_tools: bool


@dataclass(frozen=True)
class Choice:
    """The turn to serve, its number (None for an aside), and the failure to serve in its place, if one is due."""

    turn: Turn
    number: int | None
    failure: Failure | None


@dataclass
class Script:
    """A loaded script and the failures it has already served."""

    conversations: tuple[Conversation, ...]
    aside: str | None = None
    after: str = "Done."
    _failed: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Script:
        """Raises ValueError, KeyError or TypeError for a script that is not of the form above."""
        conversations = [
            Conversation(re.compile(entry["match"]), tuple(entry["turns"])) for entry in value.get("conversations", [])
        ]
        conversations.append(Conversation(None, tuple(value.get("turns", []))))
        script = cls(tuple(conversations), value.get("aside"), value.get("after", "Done."))
        for conversation in conversations:
            for turn in conversation.turns:
                _turn(turn)
        return script

    def choose(self, question: Question) -> Choice:
        if self.aside is not None and not question.has_tools:
            return Choice(Turn(text=self.aside), None, None)
        conversation, groups = self._conversation(question.text)
        if question.answered >= len(conversation.turns):
            return Choice(Turn(text=self.after), question.answered, None)
        turn = _turn(_filled(conversation.turns[question.answered], groups))
        return Choice(turn, question.answered, self._due_failure(turn, question))

    def _conversation(self, text: str) -> tuple[Conversation, tuple[str, ...]]:
        for conversation in self.conversations:
            if conversation.match is None:
                return conversation, ()
            found = conversation.match.search(text)
            if found:
                return conversation, tuple(group or "" for group in found.groups())
        raise AssertionError("the last conversation matches everything")

    def _due_failure(self, turn: Turn, question: Question) -> Failure | None:
        if not turn.failures:
            return None
        conversation = hashlib.sha256(question.text.encode(errors="replace")).hexdigest()
        with self._lock:
            key = f"{conversation} {question.answered}"
            served = self._failed[key]
            if served >= len(turn.failures):
                return None
            self._failed[key] += 1
        return turn.failures[served]


def _turn(value: dict[str, Any]) -> Turn:
    unknown = set(value) - set(Turn.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown field in a turn: {sorted(unknown)}")
    usage = value.get("usage")
    return Turn(
        text=value.get("text", ""),
        thinking=value.get("thinking", ""),
        tools=tuple(ToolCall(tool["name"], tool["input"]) for tool in value.get("tools", [])),
        usage=None if usage is None else Usage(**usage),
        wait=value.get("wait", 0.0),
        pause=value.get("pause", 0.0),
        failures=tuple(Failure(**failure) for failure in value.get("failures", [])),
    )


def _filled(value: Any, groups: tuple[str, ...]) -> Any:
    """`value` with `{{n}}` replaced by the n-th group in every string."""
    if not groups:
        return value
    if isinstance(value, str):
        return re.sub(r"\{\{(\d+)\}\}", lambda found: groups[int(found[1]) - 1], value)
    if isinstance(value, list):
        return [_filled(item, groups) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, groups) for key, item in value.items()}
    return value
