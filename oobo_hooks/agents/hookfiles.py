"""Our entries in the agents' own hook files: which they are, and merging them in and out of JSON.

An entry is known by the program its command runs, so those of an older version are found too. Everything else in the
file stays as it is; a file that is not what the agent writes is refused and not touched.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from shared.errors import ConfigError

MARK = "oobo_hooks/agents/record.py"
_SECONDS = 10
_EDITS = {
    "claude": "Edit|Write|MultiEdit|NotebookEdit",
    "codex": "*",  # a patch may also be the input of its shell
    "gemini": "write_file|replace",
}
_EVENTS: dict[str, dict[str, str | None]] = {
    "claude": {
        "SessionStart": None,
        "PreToolUse": _EDITS["claude"],
        "PostToolUse": "*",
        "PostToolUseFailure": "*",
        "SubagentStart": None,
        "PreCompact": None,
        "SessionEnd": None,
    },
    "codex": {
        "SessionStart": None,
        "PreToolUse": _EDITS["codex"],
        "PostToolUse": "*",
        "SubagentStart": None,
        "PreCompact": None,
        "Stop": None,
    },
    "gemini": {
        "SessionStart": None,
        "BeforeTool": _EDITS["gemini"],
        "AfterTool": "*",
        "PreCompress": None,
        "SessionEnd": None,
    },
    "cursor": dict.fromkeys(
        (
            "sessionStart",
            "afterFileEdit",
            "postToolUse",
            "postToolUseFailure",
            "subagentStop",
            "preCompact",
            "sessionEnd",
        )
    ),
}
"""Per agent: event → the tools it is wanted for (None: the event knows no tools)."""

AGENTS = (*_EVENTS, "opencode")


def command(agent: str) -> str:
    """The shell line of a hook: silent and successful also when this suite is not there any more."""
    program = Path(__file__).with_name("record.py")
    python, script = shlex.quote(sys.executable), shlex.quote(str(program))
    return f"test -x {python} && {python} -I -S {script} {agent} >/dev/null 2>&1 || :"


def merged(agent: str, text: str, place: Path) -> str:
    """The file's text with our entries, and nothing of anybody else changed. ConfigError when it cannot be read."""
    body = _without_ours(_parsed(text, place))
    hooks = body.setdefault("hooks", {})
    if agent == "cursor":
        body.setdefault("version", 1)
    for event, tools in _EVENTS[agent].items():
        hooks.setdefault(event, []).append(_entry(agent, tools))
    return _written(body, text)


def removed(text: str, place: Path) -> str:
    """The file's text without our entries; "" when nothing else is left."""
    before = _parsed(text, place)
    body = _without_ours(_parsed(text, place))
    if body == before:
        return text
    return _written(body, text) if set(body) - {"version"} else ""


def has_ours(text: str) -> bool:
    return MARK in text


def _entry(agent: str, tools: str | None) -> dict[str, Any]:
    if agent == "cursor":
        return {"command": command(agent)}
    hook: dict[str, Any] = {"type": "command", "command": command(agent)}
    if agent == "gemini":
        hook = {"name": "oobo", **hook, "timeout": _SECONDS * 1000}
    else:
        hook["timeout"] = _SECONDS
    return {"hooks": [hook]} if tools is None else {"matcher": tools, "hooks": [hook]}


def _parsed(text: str, place: Path) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        body: dict[str, Any] = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_unique)
    except ValueError as error:
        raise ConfigError(
            f"{place} is not plain JSON: {error}.", hint="Mend it (comments are not read either); nothing was changed."
        ) from None
    hooks = body.get("hooks", {}) if isinstance(body, dict) else None
    if not isinstance(hooks, dict) or not all(isinstance(entries, list) for entries in _lists(hooks)):
        raise ConfigError(f"{place} does not hold hooks as its agent writes them; nothing was changed.")
    return body


def _lists(hooks: dict[str, Any]) -> list[Any]:
    """The values under the names of events; others (`enabled`) are the agent's own business."""
    events = {event for known in _EVENTS.values() for event in known}
    return [value for name, value in hooks.items() if name in events]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} stands there twice")
    return dict(pairs)


def _without_ours(body: dict[str, Any]) -> dict[str, Any]:
    hooks = body.get("hooks")
    if not isinstance(hooks, dict):
        return body
    for event in list(hooks):
        if not isinstance(hooks[event], list):
            continue
        kept = [entry for entry in map(_stripped, hooks[event]) if entry is not None]
        if kept:
            hooks[event] = kept
        elif hooks[event]:
            del hooks[event]
    if not hooks:
        del body["hooks"]
    return body


def _stripped(entry: Any) -> Any:
    """An entry without our hook; None when nothing else stood in it."""
    if not isinstance(entry, dict):
        return entry
    if _is_ours(entry):
        return None
    inner = entry.get("hooks")
    if not isinstance(inner, list) or not any(_is_ours(hook) for hook in inner):
        return entry
    kept = [hook for hook in inner if not _is_ours(hook)]
    return {**entry, "hooks": kept} if kept else None


def _is_ours(hook: Any) -> bool:
    return isinstance(hook, dict) and isinstance(hook.get("command"), str) and MARK in hook["command"]


def _written(body: dict[str, Any], like: str) -> str:
    """JSON in the manner of the text it replaces: its indentation and its last newline."""
    found = re.search(r"^\{\r?\n([ \t]+)\"", like.removeprefix("\ufeff").lstrip())
    indent: str | int = found[1] if found else 2
    newline = "\n" if not like or like.endswith("\n") else ""
    return json.dumps(body, indent=indent, ensure_ascii=False) + newline


def plugin() -> str:
    """opencode's plugin: it knows no commands, so a little program in its own language starts ours."""
    program = str(Path(__file__).with_name("record.py"))
    template = Path(__file__).with_name("opencode_plugin.js").read_text(encoding="utf-8")
    return template.replace('"@PYTHON@"', json.dumps(sys.executable)).replace('"@PROGRAM@"', json.dumps(program))
