"""Request bodies of the agents' routes (seed 002). See `body_models` for what they share."""

from __future__ import annotations

from pydantic import Field

from omar_daemon.body_models import Body, Integer


class SpawnBody(Body):
    """POST /api/agents."""

    name: str | None = None
    task: str | None = None
    workdir: str | None = None
    backend: str | None = None
    model: str | None = None
    command: str | None = None
    parent: str | None = None
    role: str | None = Field(default=None, max_length=200)
    worktree: bool = False
    env: dict[str, str] | None = None


class StatusBody(Body):
    """PUT /api/agents/:id/status."""

    status: str


class SendBody(Body):
    """POST /api/agents/:id/send. `raw` types the bytes as keys instead of pasting them; `force` types behind a draft
    that stands in the input, and submits it too."""

    text: str
    enter: bool = False
    raw: bool = False
    force: bool = False


class EventBody(Body):
    """POST /api/events. Times are nanoseconds; `allow_missing` takes a receiver that does not exist yet."""

    sender: str
    receiver: str
    payload: str
    timestamp: Integer | None = None
    recurring_ns: Integer | None = None
    id: str | None = None
    allow_missing: bool = False


class ProjectBody(Body):
    """POST /api/projects."""

    name: str
