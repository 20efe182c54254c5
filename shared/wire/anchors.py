"""The payload of `/anchors/*` (seed 003): the client builds it, the server validates it.

Reading is tolerant where the seed is: an absent field, null and an empty list mean the same, unknown fields are
kept, and the older names `lines_added …` are understood. It is strict about types: a text is no number.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

MAX_INGEST_BYTES = 32 * 1024 * 1024
LARGEST = 2**53
"""Beyond it a number is not the same in every JSON reader, and no database column holds it."""
COMMIT_HASH = r"^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"

AuthorType = Literal["agent", "assisted", "human", "automated"]
Attribution = Literal["ai", "human", "mixed"]
LinkType = Literal["explicit", "inferred"]
FileRole = Literal["writer", "reader", "both"]


def _null_is(meant: Any) -> BeforeValidator:
    """A validator that reads null as what an absent field means."""
    return BeforeValidator(lambda value: meant() if value is None else value)


NullIsEmpty = _null_is(list)
Lines = Annotated[int, _null_is(int), Field(ge=0, le=LARGEST)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Flag = Annotated[bool, _null_is(bool)]
Text = Annotated[str, _null_is(str)]


class Payload(BaseModel):
    """Strict about types, open for fields it does not know."""

    # Built when the first anchor comes: the daemon is up 100 ms sooner.
    model_config = ConfigDict(extra="allow", strict=True, populate_by_name=True, defer_build=True)


def _old_name(name: str) -> Any:
    return Field(default=0, validation_alias=AliasChoices(name, _OLD_NAMES[name]))


_OLD_NAMES = {
    "added": "lines_added",
    "deleted": "lines_deleted",
    "ai_added": "ai_lines_added",
    "ai_deleted": "ai_lines_deleted",
    "human_added": "human_lines_added",
    "human_deleted": "human_lines_deleted",
}


class Project(Payload):
    """`name` is the folder of the main worktree; `git_remote` is normalised or null."""

    name: Text = ""
    git_remote: str | None = None


class Contributor(Payload):
    name: str
    role: Literal["human", "agent"]
    model: str | None = None


class LineRange(Payload):
    """1-based lines of the committed file, both ends included."""

    start: Annotated[int, Field(ge=1, le=LARGEST)]
    end: Annotated[int, Field(ge=1, le=LARGEST)]


class LineAttribution(Payload):
    author: Attribution
    ranges: Annotated[list[LineRange], NullIsEmpty] = Field(default_factory=list)
    agent: str | None = None
    session_id: str | None = None


class FileChange(Payload):
    path: str
    added: Lines = _old_name("added")
    deleted: Lines = _old_name("deleted")
    attribution: Annotated[Attribution, _null_is(lambda: "human")] = "human"
    agent: str | None = None
    line_attributions: Annotated[list[LineAttribution], NullIsEmpty] = Field(default_factory=list)


class SessionLink(Payload):
    """One AI session of a commit. Numbers are null where the tool's log tells none."""

    session_id: str
    agent: Text = ""
    model: str | None = None
    link_type: Annotated[LinkType, _null_is(lambda: "inferred")] = "inferred"
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_creation_tokens: Count | None = None
    duration_secs: Count | None = None
    tool_calls: Count | None = None
    files_touched: list[str] | None = None
    tool_usage: dict[str, Count] | None = None
    tool_failures: Count | None = None
    subagent_count: Count | None = None
    bash_commands: list[str] | None = None
    thinking_duration_ms: Count | None = None
    compact_count: Count | None = None
    is_subagent: Flag = False
    parent_session_id: str | None = None
    subagent_type: str | None = None
    is_estimated: Flag = False
    peer_session_ids: Annotated[list[str], NullIsEmpty] = Field(default_factory=list)


class InteractionSession(Payload):
    session_id: str
    role: FileRole


class FileInteraction(Payload):
    path: str
    sessions: Annotated[list[InteractionSession], NullIsEmpty] = Field(default_factory=list)


class Anchor(Payload):
    """Who wrote a commit: git's facts, the sessions behind it, and the lines of each side."""

    oobo_version: Text = ""
    commit_hash: Annotated[str, Field(pattern=COMMIT_HASH)]
    branch: Text = ""
    author: Text = ""
    author_type: Annotated[AuthorType, _null_is(lambda: "human")] = "human"
    contributors: Annotated[list[Contributor], NullIsEmpty] = Field(default_factory=list)
    committed_at: Annotated[int, _null_is(int), Field(ge=-LARGEST, le=LARGEST)] = 0
    message: Text = ""
    files_changed: Annotated[list[str], NullIsEmpty] = Field(default_factory=list)
    added: Lines = _old_name("added")
    deleted: Lines = _old_name("deleted")
    file_changes: Annotated[list[FileChange], NullIsEmpty] = Field(default_factory=list)
    ai_added: Lines = _old_name("ai_added")
    ai_deleted: Lines = _old_name("ai_deleted")
    human_added: Lines = _old_name("human_added")
    human_deleted: Lines = _old_name("human_deleted")
    ai_percentage: Annotated[float, Field(ge=0, le=100)] | None = None
    session_ids: Annotated[list[str], NullIsEmpty] = Field(default_factory=list)
    summary: str | None = None
    intent: str | None = None
    reasoning: str | None = None
    sessions: Annotated[list[SessionLink], NullIsEmpty] = Field(default_factory=list)
    transparency_mode: Annotated[Literal["on", "off"], _null_is(lambda: "off")] = "off"
    file_interactions: list[FileInteraction] | None = None
    replaces: Annotated[list[str], NullIsEmpty] = Field(default_factory=list)
    omar_agent: str | None = None


class ToolCallMessage(Payload):
    tool_use_id: Text = ""
    name: Text = ""
    input_summary: Text = ""


class ToolResultMessage(Payload):
    tool_use_id: Text = ""
    name: Text = ""
    success: Annotated[bool, _null_is(lambda: True)] = True
    output_summary: str | None = None


class TranscriptMessage(Payload):
    """One kind of content each: text, thinking, a tool's call or its result. `timestamp_ms` is UTC."""

    role: Literal["user", "assistant", "tool"]
    text: str | None = None
    thinking: str | None = None
    tool_call: ToolCallMessage | None = None
    tool_result: ToolResultMessage | None = None
    timestamp_ms: Annotated[int, Field(ge=-LARGEST, le=LARGEST)] | None = None


class SessionTranscript(Payload):
    session_id: str
    parent_session_id: str | None = None
    subagent_type: str | None = None
    messages: list[TranscriptMessage]


class EventPayload(Payload):
    """Body of `POST /anchors/ingest`. `anchor` is null for events that are no commit; `timestamp` is ISO 8601."""

    event: Annotated[str, Field(min_length=1, max_length=100)]
    timestamp: Text = ""
    oobo_version: Text = ""
    project: Annotated[Project, _null_is(dict)] = Field(default_factory=Project)
    anchor: Anchor | None = None
    transcript: Annotated[list[TranscriptMessage], NullIsEmpty] = Field(default_factory=list)
    session_transcripts: Annotated[list[SessionTranscript], NullIsEmpty] = Field(default_factory=list)


class ShareStats(Payload):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    duration_secs: Count | None = None


class ShareMessage(Payload):
    role: str
    text: Text = ""


class SharePayload(Payload):
    """Body of `POST /anchors/share`: one redacted session."""

    session_id: str
    source: Text = ""
    model: str | None = None
    messages: Annotated[list[ShareMessage], NullIsEmpty] = Field(default_factory=list)
    stats: ShareStats | None = None
    shared_at: Text = ""
    oobo_version: Text = ""


_SCP_LIKE = re.compile(r"^(?:[^@/]+@)?(\[[^\]]+\]|[^/:\[\]]{2,}):(?!//)(.*)$")
_SCHEME = re.compile(r"^(?:[a-z0-9+.-]+::)?([a-z][a-z0-9+.-]*)://(.*)$", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":\d*$")


def normalise_remote(url: str | None) -> str | None:
    """`github.com/user/repo` for every way to write that remote; None for none, a local path or a file URL.

    Scheme, credentials, port, query and `.git` are dropped and the host is lower case, so one repository has one
    name and no secret travels with it.
    """
    raw = (url or "").strip()
    split = _split_remote(raw)
    if split is None:
        return None
    host, path = split
    host = _PORT.sub("", host.rpartition("@")[2]).lower()
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not host or not parts:
        return None
    parts[-1] = parts[-1].removesuffix(".git")
    return "/".join([host, *(part for part in parts if part)])


def _split_remote(raw: str) -> tuple[str, str] | None:
    """Authority and path of a remote; None for a local path or what has no host."""
    found = _SCHEME.match(raw)
    if found is not None:
        if found[1].lower() == "file":
            return None
        rest = found[2]
        if ":" in rest.partition("@")[0]:
            # A password may hold a slash and an @ of its own.
            rest = rest.rpartition("@")[2]
        authority, _, path = rest.partition("/")
        return authority, path
    if raw.startswith(("/", ".", "~", "\\")):
        return None
    scp = _SCP_LIKE.match(raw)
    if scp is not None:
        return scp[1], scp[2]
    return _split_plain(raw)


def _split_plain(raw: str) -> tuple[str, str] | None:
    """`host/user/repo`, as other clients send it."""
    host, slash, path = raw.partition("/")
    if not slash or not re.fullmatch(r"(?:[^@/\s]*@)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?", host):
        return None
    return host, path
