"""What a tool call did to files, in one shape for every tool that names its edits."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from shared.transcripts.loose import objects, text
from shared.transcripts.model import ToolCall
from shared.transcripts.patches import BEGIN, Change, changes_of_diff, changes_of_patch

# The names different tools give to one thing.
_PATHS = ("file_path", "filePath", "notebook_path", "target_file", "relative_workspace_path", "path")
_BEFORE = ("old_string", "oldString", "old_str")
_AFTER = ("new_string", "newString", "new_str")
_WHOLE = ("content", "contents", "file_text", "code_edit", "code")
_WRITING = frozenset(
    {
        "Write",
        "write",
        "write_file",
        "create_file",
        "edit_file",
        "edit_file_v2",
        "insert_edit_into_file",
        "create",
    }
)
_REPLACING = frozenset(
    {
        "Edit",
        "edit",
        "replace",
        "search_replace",
        "replace_string_in_file",
        "str_replace",
        "edit_file",
        "edit_file_v2",
        "StrReplace",
    }
)
_REPLACING_MANY = frozenset({"MultiEdit", "multiedit", "multi_replace_string_in_file", "multi_edit"})
_PATCHING = frozenset({"apply_patch", "patch", "shell", "exec_command", "local_shell_call", "ApplyPatch"})


class FileEdit(Struct, frozen=True):
    """One change of one file.

    `before` is the text that was replaced, None where the log does not tell it (a file written whole); `after` the
    text that stands there now, "" for a deletion. `everywhere` marks a replacement of all occurrences. `path` is as
    the tool wrote it: absolute for most, relative to the session's directory in patches. `above` and `below` are
    unchanged lines that a patch tells around it, `line` is the 1-based place where they begin (about, when text moved).
    """

    path: str
    before: str | None
    after: str
    everywhere: bool = False
    above: str = ""
    below: str = ""
    line: int | None = None


def edits_of(call: ToolCall) -> list[FileEdit]:
    """The edits a call asked for, in order; [] for tools that edit nothing and calls whose result is an error.

    Needs a session read at `Detail.FULL`.
    """
    if call.result is not None and call.result.is_error:
        return []
    told = _told_by_result(call)
    if told:
        return told
    if call.name in _PATCHING:
        return [_of_patch(change) for change in changes_of_patch(_patch_text(call.input))]
    return _asked(call.name, call.input) if isinstance(call.input, dict) else []


def _told_by_result(call: ToolCall) -> list[FileEdit]:
    """Codex tells what a patch did: `changes{path: {type, content | unified_diff}}`."""
    changes = call.result.details.get("changes") if call.result and isinstance(call.result.details, dict) else None
    if not isinstance(changes, dict):
        return []
    found: list[FileEdit] = []
    for path, change in changes.items():
        kind = text(change, "type")
        if kind == "add":
            found.append(FileEdit(path, None, text(change, "content")))
        elif kind == "delete":
            found.append(FileEdit(path, None, ""))
        else:
            moved = text(change, "move_path") or path
            found.extend(_of_patch(run) for run in changes_of_diff(moved, text(change, "unified_diff")))
    return found


def _of_patch(run: Change) -> FileEdit:
    return FileEdit(run.path, run.before, run.after, above=run.above, below=run.below, line=run.line)


def _patch_text(asked: Any) -> str:
    """The patch in a call's input: the input itself, a field of it, or a here-document of a shell command."""
    if isinstance(asked, str):
        return asked
    if not isinstance(asked, dict):
        return ""
    for value in asked.values():
        words = value if isinstance(value, list) else [value]
        for word in words:
            if isinstance(word, str) and BEGIN in word:
                return word
    return ""


def _asked(name: str, asked: dict[str, Any]) -> list[FileEdit]:
    path = _first(asked, _PATHS)
    if name == "NotebookEdit":
        after = "" if asked.get("edit_mode") == "delete" else asked.get("new_source")
        return [FileEdit(path, None, after)] if path and isinstance(after, str) else []
    if name in _REPLACING_MANY:
        parts = objects(asked, "edits") or objects(asked, "replacements")
        return [edit for part in parts for edit in _replacement(_first(part, _PATHS) or path, part)]
    replaced = _replacement(path, asked) if name in _REPLACING else []
    if replaced or name not in _WRITING:
        return replaced
    whole = next((asked[key] for key in _WHOLE if isinstance(asked.get(key), str)), None)
    return [FileEdit(path, None, whole)] if path and whole is not None else []


def _replacement(path: str, asked: dict[str, Any]) -> list[FileEdit]:
    before = next((asked[key] for key in _BEFORE if isinstance(asked.get(key), str)), None)
    after = next((asked[key] for key in _AFTER if isinstance(asked.get(key), str)), None)
    if not path or before is None or after is None:
        return []
    everywhere = asked.get("replace_all") is True or asked.get("replaceAll") is True
    return [FileEdit(path, before, after, everywhere)]


def _first(asked: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((found for key in keys if (found := text(asked, key))), "")
