"""The agent programs omar knows, and those configured in `[backends.<name>]`.

What their screens look like was read off the real programs (Claude Code 2.1, Codex 0.169, opencode 1.18).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from shared.errors import ConfigError

PromptStyle = Literal["claude", "codex", "first_message", "none"]
PROMPT_STYLES: tuple[PromptStyle, ...] = ("claude", "codex", "first_message", "none")


@dataclass(frozen=True)
class Backend:
    """One agent program.

    `ready`: all of these stand on the screen when it takes input. `questions`: any of these near the end means it
    waits for a person. `diverted`: any of these at the end means that what is typed is no message (it would run in a
    shell, or be lost). `input_line` begins the input box, which is `framed` when it stands between two rules;
    `hints` are lines that are decoration. `collapsed` is how a long paste is shown. `erases_lines`: C-u takes away
    what stands before the cursor in any line of a draft. `enter_seconds` is how long after a paste Enter is understood
    as Enter.
    """

    name: str
    command: str
    programs: tuple[str, ...]
    prompt: PromptStyle = "none"
    ready: tuple[re.Pattern[str], ...] = ()
    not_ready: tuple[re.Pattern[str], ...] = ()
    questions: tuple[re.Pattern[str], ...] = ()
    diverted: tuple[re.Pattern[str], ...] = ()
    input_line: re.Pattern[str] | None = None
    framed: bool = False
    hints: tuple[re.Pattern[str], ...] = ()
    collapsed: re.Pattern[str] | None = None
    erases_lines: bool = True
    enter_seconds: float = 0.1
    ready_seconds: float = 60.0


def _all(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


BUILT_IN: tuple[Backend, ...] = (
    Backend(
        name="claude",
        command="claude --dangerously-skip-permissions",
        programs=("claude",),
        prompt="claude",
        ready=_all(r"^\s*[❯>](\s|$)", r"\? for shortcuts|shift\+tab to cycle|bypass permissions"),
        not_ready=_all(r"Do you trust|Choose the text style|Select login method|Enter to confirm"),
        questions=_all(
            r"Do you want to\b.*\?", r"Do you trust\b", r"Esc to cancel", r"Enter to confirm",
            r"Would you like to proceed\?",
        ),
        diverted=_all(r"^\s*! for (shell|bash) mode", r"^\s*Showing detailed transcript"),
        input_line=re.compile(r"^\s*[❯>](\s|$)(?!\d\. )"),
        framed=True,
        hints=_all(
            r"\? for shortcuts", r"shift\+tab to cycle", r"esc to interrupt", r"^\s*[✻✽✶✳✢·*]\s+\S+(…| for )",
            r"paste again to expand",
        ),
        collapsed=re.compile(r"\[Pasted text #\d+"),
        enter_seconds=0.3,
    ),
    Backend(
        name="codex",
        # Its shared background server would give every agent the environment of the first one.
        command="codex --no-alt-screen --dangerously-bypass-approvals-and-sandbox --no-daemon",
        programs=("codex",),
        prompt="codex",
        ready=_all(r"^\s*›", r"\S+ · [~/]|\? for shortcuts|\d+% context left"),
        not_ready=_all(r"Hooks need review", r"Do you trust", r"Press enter to (continue|confirm)"),
        questions=_all(
            r"Would you like to\b.*\?", r"Press enter to (continue|confirm)", r"Hooks need review", r"Do you trust\b",
            r"Allow command\?",
        ),
        diverted=_all(r"^\s*(.*· )?Shell mode( ·|$)", r"↑/↓ to scroll\b.*\bpgup/pgdn"),
        input_line=re.compile(r"^\s*›(\s|$)(?! ?\d\. )"),
        hints=_all(r"\? for shortcuts", r"esc to interrupt", r"^\s*\S+ .*· [~/]", r"^\s*Worked for \S+", r"f2 to view"),
        collapsed=re.compile(r"\[Pasted Content \d+ chars\]"),
        enter_seconds=0.5,
    ),
    Backend(
        # Not run here: read off screens of its users (2026.07 to 2026.09).
        name="cursor",
        command="cursor agent --yolo",
        programs=("cursor", "cursor-agent"),
        prompt="first_message",
        ready=_all(r"Cursor Agent", r"^\s*[│┃]?\s*→(\s|$)|/ commands"),
        not_ready=_all(
            r"Press any key to log in", r"Do you trust\b|Workspace Trust Required|Trust this workspace",
            r"Run \(once\)|Write to this file\?|Waiting for approval",
        ),
        questions=_all(
            r"Run this (command|MCP tool)\?", r"Write to this file\?", r"Waiting for approval", r"Run \(once\)",
            r"Skip \(esc|Skip & tell the agent|Reject & propose changes",
            r"Do you trust\b|Workspace Trust Required|Trust this workspace",
        ),
        input_line=re.compile(r"^\s*[│┃]?\s*→(\s|$)(?!Run \(once\)|Proceed \()"),
        hints=_all(
            r"/ commands", r"ctrl\+r to review", r"^\s*Auto\b|Add a follow-up", r"^\s*[\u2800-\u28ff]+\s+\w+",
            r"^\s*Tip: ", r"^\s*[~/]\S* · \S+\s*$",
        ),
        collapsed=re.compile(r"\[Pasted text #?\d*"),
        enter_seconds=0.3,
    ),
    Backend(
        name="opencode",
        command="opencode",
        programs=("opencode",),
        prompt="first_message",
        ready=_all(r"ctrl\+p commands|ctrl\+x .*|Ask anything"),
        questions=_all(r"Permission required", r"Allow once\s+Allow always\s+Reject"),
        diverted=_all(r"esc exit shell mode\s*$"),
        input_line=re.compile(r"^\s*[┃│]?\s*Ask anything|^\s*┃\s+Build\b|^\s*┃\s*$"),
        hints=_all(r"ctrl\+p commands", r"esc interrupt|esc again to interrupt", r"^\s*[▣⬝■]", r"^\s*┃?\s*Build\b"),
        collapsed=re.compile(r"\[Pasted ~\d+ lines\]"),
        # In any line but the first its C-u (1.18) leaves the cursor at the beginning of the whole draft.
        erases_lines=False,
        enter_seconds=0.3,
    ),
)  # fmt: skip

_WRAPPERS = frozenset(
    {"env", "exec", "nice", "nohup", "time", "sudo", "npx", "bunx", "stdbuf", "command", "-y", "--yes"}
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_CONFIG_KEYS = frozenset(
    {
        "command",
        "prompt",
        "ready",
        "not_ready",
        "questions",
        "diverted",
        "input_line",
        "framed",
        "hints",
        "collapsed",
        "enter_seconds",
        "ready_seconds",
    }
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class Registry:
    """Backends in the order claude, codex, cursor, opencode, then configured ones."""

    def __init__(self, tables: Mapping[str, Any] | None = None) -> None:
        self._by_name = {backend.name: backend for backend in BUILT_IN}
        for name, table in (tables or {}).items():
            self._by_name[name] = _configured(name, table, self._by_name.get(name))

    def names(self) -> list[str]:
        return list(self._by_name)

    def all(self) -> list[Backend]:
        return list(self._by_name.values())

    def get(self, name: str | None) -> Backend | None:
        return self._by_name.get(name) if name is not None else None

    def of_command(self, command: str) -> Backend | None:
        """The backend a command line starts, seen through `env X=y`, `npx` and the like; None when unknown."""
        program = first_program(command)
        for backend in self._by_name.values():
            if program is not None and Path(program).name in backend.programs:
                return backend
        return None


def first_program(command: str) -> str | None:
    """The word of a simple command line that names its program; None for anything a shell must interpret."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return None
    if any(word and set(word) <= set(";&|()<>") for word in words):
        return None
    return next((word for word in words if word not in _WRAPPERS and not _ASSIGNMENT.match(word)), None)


def _configured(name: str, table: Any, base: Backend | None) -> Backend:
    where = f"[backends.{name}]"
    if not _NAME.match(name):
        raise ConfigError(f"{where}: a backend's name has 1 to 64 letters, digits, '-' or '_'.")
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table.")
    unknown = sorted(set(table) - _CONFIG_KEYS)
    if unknown:
        raise ConfigError(
            f"{where}: unknown key {unknown[0]!r}.", hint=f"Known keys: {', '.join(sorted(_CONFIG_KEYS))}"
        )
    changes = {key: _value(where, key, value) for key, value in table.items()}
    if base is None:
        if "command" not in changes:
            raise ConfigError(f"{where}: `command` is missing.")
        changes.setdefault("prompt", "first_message")
        base = Backend(name=name, command="", programs=(name,))
    changed = replace(base, **changes)
    program = first_program(changed.command)
    extra = (Path(program).name,) if program and not _is_shared(program) else ()
    return replace(changed, programs=tuple(dict.fromkeys((*base.programs, *extra))))


def _is_shared(program: str) -> bool:
    """Interpreters run many things: `python3 x.py` must not make every python a backend of this name."""
    return (
        re.match(
            r"(python|node|bash|sh|zsh|fish|bun|deno|ruby|perl|docker|podman|ssh|uv|uvx|pipx)[\d.]*\Z",
            Path(program).name,
        )
        is not None
    )


def _value(where: str, key: str, value: Any) -> Any:
    if key in {"ready", "not_ready", "questions", "diverted", "hints"}:
        return _patterns(where, key, value)
    if key in {"input_line", "collapsed"}:
        return _patterns(where, key, [value])[0]
    if key in {"enter_seconds", "ready_seconds"}:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 600:
            raise ConfigError(f"{where}: {key} must be a number of seconds.")
        return float(value)
    if key == "framed":
        if not isinstance(value, bool):
            raise ConfigError(f"{where}: framed must be true or false.")
        return value
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where}: {key} must be a text.")
    if key == "prompt" and value not in PROMPT_STYLES:
        raise ConfigError(f"{where}: prompt must be one of {', '.join(PROMPT_STYLES)}.")
    return value


def _patterns(where: str, key: str, value: Any) -> tuple[re.Pattern[str], ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: {key} must be a list of regular expressions.")
    try:
        return tuple(re.compile(item) for item in value)
    except re.error as error:
        raise ConfigError(f"{where}: {key} is not a regular expression: {error}.") from None
