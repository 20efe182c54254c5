"""Request bodies of the agents' routes (seed 002). Unknown keys are ignored; null counts as absent."""

from __future__ import annotations

from pydantic import BaseModel, Field


class SpawnBody(BaseModel):
    """POST /api/agents."""

    name: str | None = None
    task: str | None = None
    workdir: str | None = None
    backend: str | None = None
    model: str | None = None
    command: str | None = None
    parent: str | None = None
    role: str | None = Field(default=None, max_length=200)
    worktree: bool | None = None
    env: dict[str, str] | None = None


class StatusBody(BaseModel):
    """PUT /api/agents/:id/status."""

    status: str


class SendBody(BaseModel):
    """POST /api/agents/:id/send. `raw` types the bytes as keys instead of pasting them."""

    text: str
    enter: bool = False
    raw: bool = False


class EventBody(BaseModel):
    """POST /api/events. Times are nanoseconds; `allow_missing` takes a receiver that does not exist yet."""

    sender: str
    receiver: str
    payload: str
    timestamp: int | None = None
    recurring_ns: int | None = None
    id: str | None = None
    allow_missing: bool | None = None


class ProjectBody(BaseModel):
    """POST /api/projects."""

    name: str
