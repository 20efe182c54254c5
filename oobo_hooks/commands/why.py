"""`oobo why FILE:LINE`: from a line to its commit, session, the prompt before it, the omar agent, task and scores."""

from __future__ import annotations

import json as json_module
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oobo_hooks.commands import lookup
from oobo_hooks.commands.blame import Authors, BlamedLine, blame, relative_path
from oobo_hooks.store import database
from oobo_hooks.store.anchors import LocalAnchor
from shared import output
from shared.errors import OmaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oobo_hooks.anchor.edit import Edit
    from shared.transcripts import Conversation

SCORES_SECONDS = 20.0
SCORES = {
    "overall_score": "overall",
    "p_thread_score": "P",
    "l_thread_score": "L",
    "b_thread_score": "B",
    "z_thread_score": "Z",
    "thread_type": "type",
}
"""omas's field → its name in the README."""
_TARGET = re.compile(r"(?P<file>.+):(?P<line>\d{1,9})")


def run(*, target: str, scores: bool, json: bool) -> int:
    """Tell the story of one line. Every part that is not known is null, and says so."""
    found = _TARGET.fullmatch(target)
    if found is None or int(found["line"]) < 1:
        raise UsageError(f"{target!r} does not name a line.", hint="Write FILE:LINE, as in src/app.py:42.")
    story = _story(found["file"], int(found["line"]), scores)
    if json:
        output.print_json(story)
    else:
        _print(story)
    return 0


def _story(file: str, number: int, scores: bool) -> dict[str, Any]:
    folder = Path(file).absolute().parent
    with database.opened() as connection:
        lookup.say_notices(connection)
        place = lookup.find_place(connection, folder if folder.is_dir() else None)
        path = relative_path(place.repository, file)
        lines = blame(place.repository, path, None, only=number)
        if not lines:
            raise OmaError(f"{path} has no line {number}.")
        line, authors = lines[0], Authors(connection, place)
        by, anchor = authors.of(line), authors.anchor_of(line.commit)
    story: dict[str, Any] = {
        "file": path,
        "line": number,
        "text": line.text,
        "author": by.author,
        "commit": _commit(line, anchor),
        "session": None,
        "prompt": None,
        "omar": None,
        "scores": None,
    }
    if anchor is not None:
        _tell_session(story, anchor, line, by.session_id, str(place.repository.worktree), scores)
    return story


def _commit(line: BlamedLine, anchor: LocalAnchor | None) -> dict[str, Any] | None:
    if not line.commit.strip("0"):
        return None
    told: dict[str, Any] = {"hash": line.commit, "has_anchor": anchor is not None}
    if anchor is not None:
        names = ("author", "author_type", "committed_at", "branch", "ai_percentage")
        told |= {name: anchor.anchor[name] for name in names}
        told["subject"] = lookup.subject(anchor.anchor)
        told["sessions"] = anchor.anchor["session_ids"]
    return told


def _tell_session(
    story: dict[str, Any], anchor: LocalAnchor, line: BlamedLine, session_id: str | None, worktree: str, scores: bool
) -> None:
    name = anchor.anchor.get("omar_agent")
    if name:
        # Asking the daemon needs HTTP, and reading a log its models: 60 ms that a line of a person goes without.
        from oobo_hooks import omar

        story["omar"] = omar.agent(name) or anchor.explanation.get("omar") or {"id": name, "task": None}
    linked = {session["session_id"]: session for session in anchor.anchor["sessions"]}
    session = linked.get(session_id or "")
    if session is None:
        return
    reasons = {told["session_id"]: told["reason"] for told in anchor.explanation["sessions"]}
    shown = ("session_id", "agent", "model", "link_type", "is_subagent", "parent_session_id", "subagent_type")
    story["session"] = {key: session[key] for key in shown} | {"reason": reasons.get(session["session_id"])}
    root = _root_session(session, linked)
    story["prompt"] = prompt_before(root, session["session_id"], session["agent"], line, worktree)
    if scores:
        story["scores"] = read_scores(root)


def _root_session(session: dict[str, Any], linked: dict[str, dict[str, Any]]) -> str:
    """The id under which the log is kept: a sub-agent's line leads to the session above."""
    seen: set[str] = set()
    while session["parent_session_id"] and session["session_id"] not in seen:
        seen.add(session["session_id"])
        parent = session["parent_session_id"]
        if parent not in linked:
            return str(parent)
        session = linked[parent]
    return str(session["session_id"])


def prompt_before(root: str, session_id: str, tool: str, line: BlamedLine, worktree: str) -> str | None:
    """What a person had last said when the session wrote the line; None without a log or without such an edit."""
    from oobo_hooks.anchor import evidence
    from shared import transcripts

    session = transcripts.read_session(root, tool=tool) if tool in transcripts.TOOLS else None
    if session is None:
        return None
    text = line.text.encode("utf-8", "replace")
    for one in evidence.collect(session, worktree, [line.path]):
        if one.id != session_id:
            continue
        made = _edit_of(one.edits, line.path, text)
        return _last_said(one.conversation, made.at_ms) if made is not None else None
    return None


def _edit_of(edits: Sequence[Edit], path: str, text: bytes) -> Edit | None:
    """The last edit that wrote the line, whole or a part of it; under another name where the file was moved."""
    wanted = b"".join(text.split())
    best: tuple[bool, bool, int, int] | None = None
    made = None
    for edit in edits:
        # The most of the line counts, then what came last.
        parts = [len(part) for part in _written(edit) if part in wanted]
        rank = (bool(parts) and max(parts) == len(wanted), edit.path == path, max(parts, default=0), edit.at_ms or 0)
        if parts and (best is None or rank >= best):
            best, made = rank, edit
    return made


def _written(edit: Edit) -> list[bytes]:
    squeezed = [b"".join(line.split()) for _, line in edit.written]
    return [line for line in squeezed if line]


def _last_said(conversation: Conversation, at_ms: int | None) -> str | None:
    said = [
        message.text
        for message in conversation.humans
        if message.text and (at_ms is None or message.at_ms is None or message.at_ms <= at_ms)
    ]
    return said[-1] if said else None


def read_scores(session_id: str) -> dict[str, Any] | None:
    """The session's scores as `omas show` tells them; None when it was not scanned."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "omas_cli", "show", session_id, "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SCORES_SECONDS,
            check=False,
        )
        found = json_module.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return found if isinstance(found, dict) else None


def _print(story: dict[str, Any]) -> None:
    output.print_facts(rows(story))


def rows(story: dict[str, Any]) -> list[tuple[str, str]]:
    """The story as label and text."""
    told = [("line", f"{story['file']}:{story['line']}"), ("text", story["text"].strip())]
    commit = story["commit"]
    if commit is None:
        return [*told, ("commit", "not committed yet")]
    told.append(("commit", f"{lookup.short(commit['hash'])} {commit.get('subject', '')}"))
    if not commit["has_anchor"]:
        return [*told, ("anchor", "none: the commit was made without oobo's hooks, or elsewhere")]
    told += [("written by", _writer(story)), ("author", f"{commit['author']} ({commit['author_type']})")]
    told += _session_rows(story)
    return told


def _writer(story: dict[str, Any]) -> str:
    if story["author"] == "ai":
        return f"an agent, {story['session']['agent']}" if story["session"] else "an agent"
    if story["author"] == "mixed":
        return "an agent and a person"
    if story["commit"]["author_type"] != "agent":
        return "a person"
    # The commit ran inside an agent: that a person wrote the line is not known either.
    known = story["commit"]["sessions"]
    missing = "no edit in its session's log is this line" if known else "no session log of it was found"
    return f"not shown to be the agent's ({missing}), so it counts as a person's"


def _session_rows(story: dict[str, Any]) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    session, agent, scores = story["session"], story["omar"], story["scores"]
    if session is not None:
        told.append(
            ("session", f"{session['session_id']} of {session['agent']} ({session['model'] or 'model unknown'})")
        )
        told.append(("linked because", session["reason"] or session["link_type"]))
    if story["prompt"]:
        told.append(("prompt", story["prompt"]))
    if agent is not None:
        told.append(("omar agent", str(agent["id"])))
        if agent.get("task"):
            told.append(("task", str(agent["task"])))
    if scores is not None:
        told.append(("scores", _scores(scores)))
    return told


def _scores(found: dict[str, Any]) -> str:
    flat = _flattened(found)
    return ", ".join(f"{word} {flat[name]}" for name, word in SCORES.items() if name in flat)


def _flattened(value: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flattened(item) if isinstance(item, dict) else {key: item}
    return flat
