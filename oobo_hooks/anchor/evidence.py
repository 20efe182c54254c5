"""What a session's log proves about files: the lines it wrote and removed, call by call.

An `Edit` is one change of one file by one tool call. Lines are bytes without the newline, as git has them. Evidence
is the text of a tool's input: edits, writes and patches, and for shells the commands that can write (heredocs,
`echo … > file`). Reading, chatting and other commands prove nothing.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from shared import transcripts
from shared.transcripts import Conversation, FileEdit, Session, SubAgent, ToolCall

SHELL_TOOLS = frozenset(
    {"Bash", "bash", "shell", "exec_command", "local_shell", "run_shell_command", "run_terminal_cmd"}
)
READ_TOOLS = frozenset({"Read", "read", "View", "view", "NotebookRead", "read_file", "view_file"})
_WRITES = re.compile(
    r">|\btee\b|\bsed\s+-[a-zA-Z]*i|\bpatch\b|\bapply_patch\b|\bwrite|\bdd\b|\binstall\b|\bperl\s+-[a-zA-Z]*i"
)
_REMOVES = re.compile(r"\b(?:git\s+)?rm\b|\bunlink\b")
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\'": "'", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[nt\"'\\]")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[^\n]*\n(.*?)\n[ \t]*\2(?=\s|$)", re.DOTALL)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'", re.DOTALL)
_BARE_ECHO = re.compile(r"(?:echo|printf)\s+([^\s\"'>|;&-][^\"'>|;&]*?)\s*>")
MAX_ALIGNED = 4000


@dataclass(frozen=True)
class Edit:
    """One change a session made to one file.

    `id` is unique within the session. `written` are the lines it put there, `removed` those it took away. `vague`
    marks a shell command: which of its texts reach which file is told by the file's name in it. `whole` marks a file
    written anew where nobody told what stood there before: `written` is then all of it.
    """

    session_id: str
    tool: str
    id: str
    at_ms: int | None
    path: str
    written: tuple[bytes, ...]
    removed: tuple[bytes, ...]
    vague: bool = False
    whole: bool = False
    deletes: bool = False


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


def collect(session: Session, worktree: str, paths: Sequence[str]) -> list[SessionEvidence]:
    """The evidence of a session and of each of its sub-agents, for the worktree; `paths` are the commit's files."""
    places = _Places(session.cwd, worktree, paths)
    found = []
    for conversation in session.conversations():
        owner = conversation.id if isinstance(conversation, SubAgent) else session.id
        evidence = SessionEvidence(session, conversation, owner)
        for call in conversation.tool_calls:
            _read_call(call, evidence, places)
        found.append(evidence)
    return found


class _Places:
    """Turns the paths of a log into paths of the worktree."""

    def __init__(self, cwd: str | None, worktree: str, paths: Sequence[str]) -> None:
        self._cwd = cwd or worktree
        self._roots = {worktree.rstrip("/"), os.path.realpath(worktree)}
        self.committed = paths

    def relative(self, path: str) -> str | None:
        """The path inside the worktree, or None when it lies elsewhere."""
        absolute = os.path.normpath(Path(self._cwd) / path)
        for candidate in (absolute, os.path.realpath(absolute)):
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
    for number, change in enumerate(transcripts.edits_of(call)):
        path = places.relative(change.path)
        if path:
            evidence.edits.append(_edit(call, number, change, path, evidence))


def _input_path(call: ToolCall) -> str:
    asked = call.input if isinstance(call.input, dict) else {}
    for name in ("file_path", "filePath", "path", "notebook_path"):
        if isinstance(asked.get(name), str):
            return str(asked[name])
    return ""


def _edit(call: ToolCall, number: int, change: FileEdit, path: str, evidence: SessionEvidence) -> Edit:
    before = change.before if change.before is not None else _original(call)
    written, removed = difference(split_lines(before or ""), split_lines(change.after))
    return Edit(
        evidence.id, evidence.tool, f"{call.id}#{number}", call.at_ms, path, written, removed, whole=before is None
    )


def _original(call: ToolCall) -> str | None:
    """What a whole write replaced, where the tool's result tells it ("" for a new file)."""
    details = call.result.details if call.result is not None else None
    if not isinstance(details, dict):
        return None
    original = details.get("originalFile")
    if isinstance(original, str):
        return original
    return "" if details.get("type") == "create" else None


def split_lines(text: str) -> list[bytes]:
    """Lines as git counts them: parted by newlines only, without them; "" has none."""
    raw = text.encode("utf-8", "surrogatepass" if _has_surrogates(text) else "strict")
    lines = raw.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text) if not text.isascii() else False


def difference(before: list[bytes], after: list[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The lines that came and those that went."""
    if not before or not after:
        return tuple(after), tuple(before)
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if not old or not new or max(len(old), len(new)) > MAX_ALIGNED:
        return tuple(new), tuple(old)
    written: list[bytes] = []
    removed: list[bytes] = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            removed += old[i:j]
            written += new[k:m]
    return tuple(written), tuple(removed)


def _shell_edits(call: ToolCall, evidence: SessionEvidence, places: _Places) -> Iterator[Edit]:
    command = shell_command(call)
    if not command or "apply_patch" in command.split("\n", 1)[0]:
        return
    writes, removes = bool(_WRITES.search(command)), bool(_REMOVES.search(command))
    if not writes and not removes:
        return
    lines = tuple(_shell_lines(command)) if writes else ()
    for path in places.named_in(command):
        yield Edit(
            evidence.id,
            evidence.tool,
            f"{call.id}#sh",
            call.at_ms,
            path,
            lines,
            (),
            vague=True,
            deletes=removes,
        )


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


def _shell_lines(command: str) -> list[bytes]:
    """The lines a command may write: those of its heredocs, and its quoted texts, also those of a program in them."""
    texts = [found[3] for found in _HEREDOC.finditer(command)]
    rest = _HEREDOC.sub("", command)
    quoted = _quoted(rest)
    texts += quoted + [inner for text in quoted for inner in _quoted(text)]
    texts += _BARE_ECHO.findall(rest)
    return [line for text in texts for line in split_lines(text)]


def _quoted(text: str) -> list[str]:
    return [_unescaped(found[1] or found[2] or "") for found in _QUOTED.finditer(text)]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text)
