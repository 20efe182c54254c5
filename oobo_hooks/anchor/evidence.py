"""What a session's log proves about files: the lines it wrote and removed, call by call.

Evidence is the text of a tool's input: edits, writes and patches, and for shells the commands that can write
(heredocs, `echo … > file`). What the tool answered may tell more: the file as it was before, and where a patch went.
Reading, chatting and other commands prove nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from oobo_hooks.anchor import shell
from oobo_hooks.anchor.edit import Edit, Passage
from oobo_hooks.anchor.recorded import Recorded, merged
from oobo_hooks.anchor.shell import encoded
from shared import transcripts
from shared.transcripts import Conversation, FileEdit, Session, SubAgent, ToolCall

SHELL_TOOLS = frozenset(
    {"Bash", "bash", "shell", "exec_command", "local_shell", "run_shell_command", "run_terminal_cmd"}
)
READ_TOOLS = frozenset({"Read", "read", "View", "view", "NotebookRead", "read_file", "view_file"})


@dataclass
class SessionEvidence:
    """One session (or sub-agent) with its edits of this worktree, and the files it read; paths are relative to it."""

    session: Session
    conversation: Conversation
    id: str
    edits: list[Edit] = field(default_factory=list)
    read_paths: set[str] = field(default_factory=set)

    @property
    def tool(self) -> str:
        return self.session.tool

    @property
    def sub_agent(self) -> SubAgent | None:
        return self.conversation if isinstance(self.conversation, SubAgent) else None

    @cached_property
    def edited_paths(self) -> set[str]:
        return {edit.path for edit in self.edits if not edit.vague}


def collect(
    session: Session, worktree: str, paths: Sequence[str], recorded: Recorded | None = None
) -> list[SessionEvidence]:
    """The evidence of a session and of each of its sub-agents, for the worktree; `paths` are the commit's files.

    `recorded` are the edits that agents' hooks kept, by the session or sub-agent whose they are.
    """
    places = _Places(session.cwd, worktree, paths)
    found = []
    for conversation in session.conversations():
        owner = conversation.id if isinstance(conversation, SubAgent) else session.id
        evidence = SessionEvidence(session, conversation, owner)
        for call in conversation.tool_calls:
            _read_call(call, evidence, places)
        if recorded and recorded.get(owner):
            evidence.edits = merged(evidence.edits, recorded[owner])
        found.append(evidence)
    return found


class _Places:
    """Turns the paths of a log into paths of the worktree."""

    def __init__(self, cwd: str | None, worktree: str, paths: Sequence[str]) -> None:
        self._cwd = cwd or worktree
        self._roots = {worktree.rstrip("/"), os.path.realpath(worktree)}
        self._known: dict[str, str | None] = {}
        self.committed = paths

    def relative(self, path: str) -> str | None:
        """The path inside the worktree, or None when it lies elsewhere. What a link leads to is what was written."""
        if path not in self._known:
            self._known[path] = self._found(os.path.normpath(Path(self._cwd) / path))
        return self._known[path]

    def _found(self, absolute: str) -> str | None:
        for candidate in (os.path.realpath(absolute), absolute):
            for root in self._roots:
                if candidate.startswith(root + "/"):
                    return candidate[len(root) + 1 :]
        return None

    def named_in(self, command: str) -> Iterator[str]:
        """The committed files a shell command names, by path or by their last part."""
        for path in self.committed:
            name = path.rpartition("/")[2]
            if name in command and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", command):
                yield path


def _read_call(call: ToolCall, evidence: SessionEvidence, places: _Places) -> None:
    if call.name in READ_TOOLS:
        path = places.relative(_input_path(call))
        if path:
            evidence.read_paths.add(path)
        return
    if call.name in SHELL_TOOLS:
        evidence.edits.extend(_shell_edits(call, evidence, places))
    evidence.edits.extend(_file_edits(call, evidence, places))


def _input_path(call: ToolCall) -> str:
    asked = call.input if isinstance(call.input, dict) else {}
    for name in ("file_path", "filePath", "path", "notebook_path"):
        if isinstance(asked.get(name), str):
            return str(asked[name])
    return ""


def _file_edits(call: ToolCall, evidence: SessionEvidence, places: _Places) -> Iterator[Edit]:
    if call.name == "NotebookEdit":
        yield from _notebook_edits(call, evidence, places)
        return
    details = call.result.details if call.result is not None and isinstance(call.result.details, dict) else {}
    before: dict[str, bytes | None] = {}
    for number, change in enumerate(transcripts.edits_of(call)):
        path = places.relative(change.path)
        if path:
            original = before.get(path, _original(details))
            edit = Edit(**_about(call, f"#{number}", path, evidence), **_change(change, original))
            before[path] = edit.after if edit.after is not None else _with_passages(original, edit.passages)
            yield edit


def _about(call: ToolCall, number: str, path: str, evidence: SessionEvidence) -> dict[str, Any]:
    """An edit is made when its tool is done: a person may have been asked in between."""
    done = call.result.at_ms if call.result is not None else None
    at_ms = call.at_ms if done is None else done
    return {"session_id": evidence.id, "tool": evidence.tool, "id": call.id + number, "at_ms": at_ms, "path": path}


def _change(change: FileEdit, original: bytes | None) -> dict[str, Any]:
    """What is known of it, as fields of `Edit`."""
    if change.before is None or (not change.before and not change.above + change.below and change.line is None):
        return {"before": b"" if change.before == "" else original, "after": encoded(change.after)}
    old, new = (encoded(change.above + text + change.below) for text in (change.before, change.after))
    return {"before": original, "passages": (Passage(old, new, change.everywhere, change.line),)}


def _with_passages(original: bytes | None, passages: Sequence[Passage]) -> bytes | None:
    """The file after the first of several edits of one call."""
    for passage in passages:
        if original is None or passage.old not in original:
            return None
        original = original.replace(passage.old, passage.new, -1 if passage.everywhere else 1)
    return original


def _original(details: dict[str, Any]) -> bytes | None:
    """The file as it was before, where the tool's result tells it (b"" for a new file)."""
    for name in ("originalFile", "originalFileContents", "original_file"):
        if isinstance(details.get(name), str):
            return encoded(details[name])
    return b"" if details.get("type") == "create" else None


def _notebook_edits(call: ToolCall, evidence: SessionEvidence, places: _Places) -> Iterator[Edit]:
    """A cell's source; in the file it is JSON, a text per line."""
    details = call.result.details if call.result is not None and isinstance(call.result.details, dict) else {}
    after = details.get("updated_file")
    for change in transcripts.edits_of(call):
        path = places.relative(change.path)
        if path and isinstance(after, str):
            yield Edit(**_about(call, "#0", path, evidence), before=_original(details), after=encoded(after))
        elif path:
            yield Edit(**_about(call, "#0", path, evidence), loose=tuple(_as_json(change.after)))


def _as_json(source: str) -> Iterator[bytes]:
    lines = source.split("\n")
    for line in lines[:-1]:
        yield json.dumps(line + "\n", ensure_ascii=False).encode() + b","
    yield json.dumps(lines[-1], ensure_ascii=False).encode()


def _shell_edits(call: ToolCall, evidence: SessionEvidence, places: _Places) -> Iterator[Edit]:
    command = shell_command(call)
    if not command or "apply_patch" in command.split("\n", 1)[0]:
        return
    names, removes = shell.written_names(command), shell.removes(command)
    if not removes and names is not None and not names:
        return
    lines = tuple(shell.written_lines(command))
    for path in places.named_in(command):
        writes = names is None or path.rpartition("/")[2] in names
        if writes or removes:
            # The commit may be a part of the same command: it was given before.
            about = {**_about(call, _shell_number(path), path, evidence), "at_ms": call.at_ms}
            loose = lines if writes else ()
            yield Edit(**about, earlier_id=f"{call.id}#sh", loose=loose, vague=True, deletes=removes)


def _shell_number(path: str) -> str:
    """One command may write several files, each with lines of its own to be taken."""
    return f"#sh:{path.replace('#', '%23')}"


def shell_command(call: ToolCall) -> str:
    """The command line of a shell tool's call, "" without one."""
    asked = call.input if isinstance(call.input, dict) else {}
    for name in ("command", "cmd"):
        found = asked.get(name)
        if isinstance(found, str):
            return found
        if isinstance(found, list):
            return "\n".join(str(word) for word in found)
    return ""
