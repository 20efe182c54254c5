"""What a tool call did to files, in one shape for every tool that names its edits in its input."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from shared.transcripts.model import ToolCall


class FileEdit(Struct, frozen=True):
    """One change of one file.

    `before` is the text that was replaced, None where the log does not tell it (a file written whole); `after` the
    text that stands there now, "" for a deletion. `everywhere` marks a replacement of all occurrences.
    """

    path: str
    before: str | None
    after: str
    everywhere: bool = False


def edits_of(call: ToolCall) -> list[FileEdit]:
    """The edits a call asked for, in order; [] for tools that edit nothing and calls whose result is an error.

    Needs a session read at `Detail.FULL`.
    """
    if not isinstance(call.input, dict) or (call.result is not None and call.result.is_error):
        return []
    shape = _SHAPES.get(call.name)
    return shape(call.input) if shape is not None else []


def _write(asked: dict[str, Any]) -> list[FileEdit]:
    path, content = _text(asked, "file_path"), asked.get("content")
    return [FileEdit(path, None, content)] if path and isinstance(content, str) else []


def _edit(asked: dict[str, Any]) -> list[FileEdit]:
    return _replacement(_text(asked, "file_path"), asked)


def _multi_edit(asked: dict[str, Any]) -> list[FileEdit]:
    path, parts = _text(asked, "file_path"), asked.get("edits")
    if not isinstance(parts, list):
        return []
    return [edit for part in parts if isinstance(part, dict) for edit in _replacement(path, part)]


def _notebook_edit(asked: dict[str, Any]) -> list[FileEdit]:
    path = _text(asked, "notebook_path")
    after = "" if asked.get("edit_mode") == "delete" else asked.get("new_source")
    return [FileEdit(path, None, after)] if path and isinstance(after, str) else []


def _replacement(path: str, asked: dict[str, Any]) -> list[FileEdit]:
    before, after = asked.get("old_string"), asked.get("new_string")
    if not path or not isinstance(before, str) or not isinstance(after, str):
        return []
    return [FileEdit(path, before, after, asked.get("replace_all") is True)]


def _text(asked: dict[str, Any], key: str) -> str:
    value = asked.get(key)
    return value if isinstance(value, str) else ""


_SHAPES = {"Write": _write, "Edit": _edit, "MultiEdit": _multi_edit, "NotebookEdit": _notebook_edit}
