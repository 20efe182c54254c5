"""What leaves the machine: the event around an anchor, without secrets, places and (unless wanted) transcripts."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from oobo_hooks.anchor.linking import Link
from oobo_hooks.anchor.transcript import transcript
from shared import __version__, paths, redact
from shared.redact import Places
from shared.wire.anchors import Anchor, EventPayload, Project, SessionTranscript

COMMIT_EVENT = "git.commit"
PUSH_EVENT = "git.push"
_EXACT = ("commit_hash", "author", "branch", "session_ids", "replaces", "oobo_version")
_FILES = ("files_changed", "file_changes", "file_interactions")
"""Names and git's own words: only a key that tells by its form what it is goes, or they would not be true any more."""


def places_of(worktrees: Sequence[str]) -> Places:
    """What must not be seen of this machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = ""
    folders = {path for worktree in worktrees for path in (worktree, os.path.realpath(worktree))}
    return Places(tuple(sorted(folders)), str(paths.user_home()), user, _root_folders())


def _root_folders() -> tuple[str, ...]:
    try:
        return tuple(sorted(entry.name for entry in os.scandir("/") if entry.is_dir()))
    except OSError:
        return ()


def commit_event(
    anchor: Anchor, links: Sequence[Link], *, name: str, remote: str | None, places: Places, send_message: bool
) -> dict[str, Any]:
    """The body of POST /anchors/ingest for one commit, ready to be sent."""
    transcripts = _transcripts(links, places) if anchor.transparency_mode == "on" else []
    event = EventPayload(
        event=COMMIT_EVENT,
        timestamp=_now(),
        oobo_version=__version__,
        project=_project(name, remote, places),
        session_transcripts=[SessionTranscript.model_validate(one) for one in transcripts],
    ).model_dump()
    event["anchor"] = clean_anchor(anchor, places, send_message=send_message)
    event["transcript"] = [message for one in transcripts for message in one["messages"]]
    return event


def clean_anchor(anchor: Anchor, places: Places, *, send_message: bool = True) -> dict[str, Any]:
    """The anchor's fields without secrets and places; paths of committed files are git's and stay."""
    dumped = anchor.model_dump()
    message = redact.clean(dumped["message"], places) if send_message else ""
    sessions = [_clean_session(session, places) for session in dumped["sessions"]]
    known = {*_EXACT, *_FILES, "message", "sessions"}
    cleaned: dict[str, Any] = redact.clean({name: dumped[name] for name in dumped if name not in known}, places)
    without_keys = cache(redact.redact_keys)
    exact = {name: _each_string(dumped[name], without_keys) for name in (*_EXACT, *_FILES)}
    contributors = [
        one if one["name"] == dumped["author"] else clean_one
        for one, clean_one in zip(dumped["contributors"], cleaned["contributors"], strict=True)
    ]
    told = {"message": message, "sessions": sessions, "contributors": contributors}
    return dumped | cleaned | exact | told


def without_transcripts(anchor: dict[str, Any]) -> dict[str, Any]:
    """A cleaned anchor as it is with transparency off, for one that was made while it was on."""
    sessions = [{**session, "bash_commands": None} for session in anchor["sessions"]]
    return {**anchor, "sessions": sessions, "transparency_mode": "off"}


def without_event_transcripts(event: dict[str, Any]) -> dict[str, Any]:
    """A queued event that nothing of a transcript is in any more."""
    return {**event, "anchor": without_transcripts(event["anchor"]), "transcript": [], "session_transcripts": []}


def _each_string(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_string(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _each_string(item, change) for name, item in value.items()}
    return value


def _project(name: str, remote: str | None, places: Places) -> Project:
    """The folder's name is the user's own where his home is the repository; a remote may hold a key as a folder."""
    return Project(name=redact.clean(name, places), git_remote=redact.redact_keys(remote) if remote else None)


def _clean_session(session: dict[str, Any], places: Places) -> dict[str, Any]:
    exact = {name: session[name] for name in ("session_id", "parent_session_id", "peer_session_ids")}
    cleaned: dict[str, Any] = redact.clean(session, places)
    return cleaned | exact


def push_event(*, name: str, remote: str | None) -> dict[str, Any]:
    """The body for a push: no anchor, nothing but that it happened."""
    return EventPayload(
        event=PUSH_EVENT, timestamp=_now(), oobo_version=__version__, project=_project(name, remote, places_of([]))
    ).model_dump()


def _transcripts(links: Sequence[Link], places: Places) -> list[dict[str, Any]]:
    from oobo_hooks.anchor.sessions import parent_id

    found = []
    for link in links:
        if link.evidence is None:
            continue
        sub_agent = link.evidence.sub_agent
        messages = [message.model_dump() for message in transcript(link.evidence.conversation)]
        found.append(
            {
                "session_id": link.session_id,
                "parent_session_id": parent_id(link.evidence.session, sub_agent) if sub_agent else None,
                "subagent_type": sub_agent.kind if sub_agent else None,
                "messages": [_clean_message(message, places) for message in messages],
            }
        )
    return found


def _clean_message(message: dict[str, Any], places: Places) -> dict[str, Any]:
    cleaned: dict[str, Any] = redact.clean(message, places)
    for name in ("tool_call", "tool_result"):
        if message[name]:
            cleaned[name]["tool_use_id"] = message[name]["tool_use_id"]
    return cleaned


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
