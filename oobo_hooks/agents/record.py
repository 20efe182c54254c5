"""The program the agents' hooks run: notes what happened, in some milliseconds, and never disturbs the agent.

    python -I -S record.py <tool>        the event as JSON on stdin

Nothing of the suite is imported and nothing is printed; it always exits 0. What it writes is described in
`oobo_hooks/agents/__init__.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
import zlib

LARGEST_FILE = 4 * 1024 * 1024
KEPT_SECONDS = 14 * 24 * 3600
SWEEP_EVERY_SECONDS = 24 * 3600

BEFORE = {"PreToolUse", "BeforeTool", "preToolUse"}
AFTER = {"PostToolUse", "AfterTool", "postToolUse"}
FAILED = {"PostToolUseFailure", "postToolUseFailure"}
STARTED = {"SessionStart", "sessionStart"}
ENDED = {"SessionEnd", "sessionEnd"}
SUBAGENT = {"SubagentStart", "subagentStart", "SubagentStop", "subagentStop"}
COMPACTED = {"PreCompact", "PreCompress", "preCompact"}
EDITED = {"afterFileEdit"}

UNTOLD = {"codex"}
"""Agents that do not tell the end of every edit they have told the beginning of."""

EDIT_TOOLS = {
    "edit", "write", "multiedit", "notebookedit", "apply_patch", "patch", "write_file", "replace", "edit_file",
    "strreplace", "str_replace", "search_replace", "create_file", "delete", "delete_file",
}  # fmt: skip
PATH_FIELDS = ("file_path", "filePath", "notebook_path", "target_file", "path", "absolute_path")
SESSION_FIELDS = ("session_id", "conversation_id", "sessionId", "sessionID", "thread_id")
Event = dict[str, object]
Repository = tuple[str, str]
"""Worktree and common git directory."""
PATCHED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    try:
        tool = arguments[0]
        event = json.loads(sys.stdin.buffer.read().decode("utf-8", "replace"))
        if isinstance(event, dict):
            record(tool, event)
    except Exception:  # noqa: S110 - the agent's work goes on, whatever is wrong here
        pass
    return 0


def record(tool: str, event: Event) -> None:
    session = first_text(event, SESSION_FIELDS)
    name = str(event.get("hook_event_name") or "")
    if not session:
        return
    cwd = working_directory(event)
    if tool in UNTOLD:
        settle_untold(tool, session, event, cwd)
    edited = edited_files(event, name, cwd)
    if edited is None:
        note(tool, session, event, cwd, repository_of(cwd), lines_of(event, name))
        return
    by_repository: dict[Repository, list[str]] = {}
    for path in edited:
        found = repository_of(os.path.dirname(path))
        if found:
            by_repository.setdefault(found, []).append(path)
    for found, paths in by_repository.items():
        lines = [line for path in paths for line in file_lines(event, name, path, found)]
        note(tool, session, event, cwd, found, lines)
        if tool in UNTOLD and name in BEFORE:
            add_untold(tool, session, found, lines, tool_name(event))
    if name in AFTER or name in FAILED:
        note(tool, session, event, cwd, next(iter(by_repository), repository_of(cwd)), lines_of(event, name))


def add_untold(tool: str, session: str, repository: Repository, lines: list[Event], name: str) -> None:
    """Remember edits whose end the agent may never tell: Codex reports no patch that went through its shell."""
    place = untold_file(tool, session, repository)
    with open(place, "a", encoding="utf-8", opener=private_opener) as file:
        file.write("".join(json.dumps({**line, "name": name}) + "\n" for line in lines))


def settle_untold(tool: str, session: str, event: Event, cwd: str) -> None:
    """At the next event, note what has become of such edits; one whose own end is told now is left to that."""
    repository = repository_of(cwd)
    if repository is None:
        return
    place = untold_file(tool, session, repository)
    body = read_file(place)
    if not body:
        return
    os.unlink(place)
    told = call_of(event) if str(event.get("hook_event_name")) in AFTER else None
    store, lines = BlobStore(repository[1]), []
    for open_edit in map(json.loads, body.splitlines()):
        blob = store.keep(read_file(os.path.join(open_edit["worktree"], open_edit["path"])))
        if open_edit["call"] != told and blob != open_edit["blob"]:
            lines.append({**open_edit, "event": "edit", "before": open_edit["blob"], "blob": blob})
    note(tool, session, event, cwd, repository, lines)


def untold_file(tool: str, session: str, repository: Repository) -> str:
    return os.path.join(repository[1], "oobo", "agents", file_name(tool, session) + ".open")


def private_opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def lines_of(event: Event, name: str) -> list[Event] | None:
    """The line of an event that is about no file."""
    if name in AFTER or name in FAILED:
        ok = name in AFTER and not failed(event)
        return [with_agent(event, {"event": "tool", "call": call_of(event), "name": tool_name(event), "ok": ok})]
    if name in SUBAGENT:
        who = first_text(event, ("agent_id", "subagent_id", "tool_call_id")) or ""
        kind = first_text(event, ("agent_type", "subagent_type"))
        return [{"event": "subagent", "id": who, "kind": kind}] if who else []
    if name in COMPACTED:
        return [{"event": "compaction"}]
    if name in ENDED:
        return [{"event": "end"}]
    if name in STARTED:
        return []
    return None


def edited_files(event: Event, name: str, cwd: str) -> list[str] | None:
    """Absolute paths of the files a tool edits; None when the event is about none."""
    if name in EDITED:
        path = first_text(event, PATH_FIELDS)
        return [absolute(path, cwd)] if path else None
    if name not in BEFORE and name not in AFTER:
        return None
    given = event.get("tool_input")
    if not isinstance(given, dict):
        given = {"patch": given}
    patches = [text for text in given.values() if isinstance(text, str) and "*** Begin Patch" in text]
    named = [path for text in patches for path in PATCHED.findall(text)]
    if not named and tool_name(event).lower() in EDIT_TOOLS and (path := first_text(given, PATH_FIELDS)):
        named = [path]
    if not named:
        return [] if name in BEFORE else None
    return [absolute(path, cwd) for path in dict.fromkeys(named)]


def file_lines(event: Event, name: str, path: str, repository: Repository) -> list[Event]:
    """The line for one edited file: what it held before, or what it holds now."""
    worktree, common = repository
    store = BlobStore(common)
    about = {"call": call_of(event), "path": os.path.relpath(path, worktree), "worktree": worktree}
    content = read_file(path)
    if name in BEFORE:
        return [{"event": "before", **about, "blob": store.keep(content)}]
    line = with_agent(event, {"event": "edit", "name": tool_name(event), **about})
    if name in EDITED:
        before, after, partial = undone(content, event.get("edits"))
        line["name"] = line["name"] or "edit"
        line.update(before=store.keep(before), blob=store.keep(after), partial=partial)
    else:
        line["blob"] = store.keep(content)
    return [line]


def undone(content: bytes | None, edits: object) -> tuple[bytes | None, bytes | None, bool]:
    """The file before the edits that a tool tells only afterwards, the file now, and whether both are only parts."""
    pairs = [
        (str(one.get("old_string") or "").encode(), str(one.get("new_string") or "").encode())
        for one in (edits if isinstance(edits, list) else [])
        if isinstance(one, dict)
    ]
    before = content
    for old, new in reversed(pairs):
        if before is None or not new or before.count(new) != 1:
            return b"\n".join(old for old, _ in pairs), b"\n".join(new for _, new in pairs), True
        before = before.replace(new, old)
    return before, content, False


class BlobStore:
    """Contents of files under git's name for them, compressed, beside the records."""

    def __init__(self, common: str) -> None:
        self.folder = os.path.join(common, "oobo", "agents", "blobs")
        config = read_file(os.path.join(common, "config")) or b""
        self.algorithm = "sha256" if b"objectformat = sha256" in config.lower() else "sha1"

    def keep(self, content: bytes | None) -> str | None:
        """Git's name for `content`; None for None."""
        if content is None:
            return None
        name = hashlib.new(self.algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        path = os.path.join(self.folder, name)
        try:
            # What is named again is needed for as long again.
            os.utime(path)
        except FileNotFoundError:
            self._write(path, content)
        except OSError:
            # Another user of the repository has kept it.
            pass
        return name

    def _write(self, path: str, content: bytes) -> None:
        private_folder(self.folder)
        beside = f"{path}.{os.getpid()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(zlib.compress(content, 1))
        os.rename(beside, path)


def note(
    tool: str, session: str, event: Event, cwd: str, repository: Repository | None, lines: list[Event] | None
) -> None:
    """Append the lines to the session's file, which begins with who it is."""
    if repository is None or lines is None:
        return
    folder = os.path.join(repository[1], "oobo", "agents")
    private_folder(folder)
    path = os.path.join(folder, file_name(tool, session))
    fresh = not os.path.exists(path)
    if fresh or str(event.get("hook_event_name")) in STARTED:
        lines = [session_line(tool, session, event, cwd), *lines]
    at = time.time_ns() // 1_000_000
    body = "".join(json.dumps({"at": at, **line}) + "\n" for line in lines)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, body.encode())
    finally:
        os.close(descriptor)
    if fresh:
        sweep(folder)


def session_line(tool: str, session: str, event: Event, cwd: str) -> Event:
    line: Event = {"event": "session", "tool": tool, "session": session, "cwd": cwd}
    transcript = first_text(event, ("transcript_path",))
    model = first_text(event, ("model",))
    return line | ({"transcript": transcript} if transcript else {}) | ({"model": model} if model else {})


def file_name(tool: str, session: str) -> str:
    """A name that no two sessions share and that stays in its folder."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", session):
        return f"{tool}-{session}.jsonl"
    return f"{tool}-{hashlib.sha256(session.encode('utf-8', 'replace')).hexdigest()}.jsonl"


def sweep(folder: str) -> None:
    """Once a day: forget what has been silent for two weeks."""
    stamp = os.path.join(folder, "swept")
    now = time.time()
    if modified(stamp) > now - SWEEP_EVERY_SECONDS:
        return
    os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    os.utime(stamp)
    for place in (folder, os.path.join(folder, "blobs")):
        for entry in os.scandir(place) if os.path.isdir(place) else ():
            if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < now - KEPT_SECONDS:
                os.unlink(entry.path)


def modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def repository_of(start: str) -> Repository | None:
    """(worktree, common git directory) around a folder, found without starting git; None outside of any."""
    place = os.path.realpath(start)
    while True:
        candidate = os.path.join(place, ".git")
        if os.path.isdir(candidate):
            return (place, candidate) if os.path.exists(os.path.join(candidate, "HEAD")) else None
        if os.path.isfile(candidate):
            return linked(place, candidate)
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above


def linked(worktree: str, pointer: str) -> Repository | None:
    """A linked worktree or a submodule: `.git` is a file that names the directory."""
    text = (read_file(pointer) or b"").decode("utf-8", "surrogateescape").strip()
    if not text.startswith("gitdir:"):
        return None
    git_dir = os.path.join(worktree, text[len("gitdir:") :].strip())
    common = (read_file(os.path.join(git_dir, "commondir")) or b".").decode("utf-8", "surrogateescape").strip()
    return worktree, os.path.realpath(os.path.join(git_dir, common))


def working_directory(event: Event) -> str:
    roots = event.get("workspace_roots")
    cwd = first_text(event, ("cwd",))
    if cwd:
        return cwd
    if isinstance(roots, list) and roots and isinstance(roots[0], str):
        return roots[0]
    return os.getcwd()


def absolute(path: str, cwd: str) -> str:
    """The real place of a file: who writes to a link writes what it leads to."""
    return os.path.realpath(os.path.join(cwd, os.path.expanduser(path)))


def read_file(path: str) -> bytes | None:
    """The bytes of a file; None when there is none, or it is too large to be kept."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > LARGEST_FILE:
            return None
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def private_folder(folder: str) -> None:
    if not os.path.isdir(folder):
        private_folder(os.path.dirname(folder))
        os.makedirs(folder, 0o700, exist_ok=True)


def call_of(event: Event) -> str:
    return first_text(event, ("tool_use_id", "tool_call_id", "call_id", "generation_id")) or ""


def tool_name(event: Event) -> str:
    return str(event.get("tool_name") or "")


def failed(event: Event) -> bool:
    """Whether a tool's answer says that it failed."""
    answer = event.get("tool_response")
    return isinstance(answer, dict) and bool(answer.get("error") or answer.get("is_error") or answer.get("isError"))


def with_agent(event: Event, line: Event) -> Event:
    agent = first_text(event, ("agent_id", "subagent_id"))
    return {**line, "agent": agent} if agent else line


def first_text(event: Event, names: tuple[str, ...]) -> str | None:
    for name in names:
        found = event.get(name)
        if isinstance(found, str) and found:
            return found
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
