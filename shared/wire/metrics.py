"""The payload of seed 000: what `omas upload` sends and `/api/v1/metrics/upload` takes.

Field names, nesting and units are the seed's. Scores are stored as the client sent them, never computed again here.
Unknown fields are left out, so nothing a client did not mean to publish is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

THREAD_TYPES = ("Z", "B", "L", "F", "P", "C", "Base")
LARGEST = 1e12

Count = Annotated[int, Field(strict=True, ge=0, le=int(LARGEST))]
Number = Annotated[float, Field(strict=True, ge=0, le=LARGEST, allow_inf_nan=False)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)


class Parallelism(_Group):
    max_concurrent_agents: Count
    total_sub_agents: Count
    peak_parallel_tools: Count
    p_thread_score: Number


class Autonomy(_Group):
    """Durations in minutes."""

    longest_autonomous_stretch_minutes: Number
    max_tool_calls_between_human: Count
    session_duration_minutes: Number
    max_consecutive_assistant_turns: Count
    l_thread_score: Number


class Density(_Group):
    tool_calls_per_minute: Number
    max_sub_agent_depth: Count
    total_tool_calls: Count
    tokens_per_minute: Number
    b_thread_score: Number


class Trust(_Group):
    """`autonomous_tool_call_pct` is 0 to 100."""

    tool_calls_per_human_message: Number
    assistant_per_human_ratio: Number
    ask_user_count: Count
    autonomous_tool_call_pct: Number
    z_thread_score: Number


class SessionPayload(_Group):
    """One scored session. `timestamp` is its start, RFC 3339 with a zone; `project_hash` begins with `sha256:`."""

    session_id: Annotated[str, Field(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    project_hash: Annotated[str, Field(strict=True, max_length=200, pattern=r"^sha256:[^\x00-\x1f\x7f]*$")]
    timestamp: Annotated[str, Field(strict=True, max_length=64)]
    thread_type: Annotated[str, Field(strict=True, max_length=16)]
    session_duration_minutes: Number
    total_tool_calls: Count
    total_human_messages: Count
    parallelism: Parallelism
    autonomy: Autonomy
    density: Density
    trust: Trust
    overall_score: Number

    @field_validator("timestamp")
    @classmethod
    def _names_an_instant(cls, value: str) -> str:
        instant(value)
        return value

    @field_validator("thread_type")
    @classmethod
    def _is_known(cls, value: str) -> str:
        """Early clients wrote "L-thread"; the seed's "L" is what is kept."""
        short = value.removesuffix("-thread")
        if short not in THREAD_TYPES:
            raise ValueError(f"must be one of {', '.join(THREAD_TYPES)}")
        return short


class UploadRequest(_Group):
    sessions: list[SessionPayload]


class UploadAnswer(BaseModel):
    accepted: int
    duplicates: int


class VerifyAnswer(BaseModel):
    valid: bool
    username: str
    provider: str


class ListingRequest(_Group):
    """PUT /api/v1/leaderboard/me: whether the user is shown on the leaderboard."""

    listed: StrictBool


def instant(text: str) -> datetime:
    """The instant an RFC 3339 text names, in UTC; ValueError when it is none or has no zone."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be an RFC 3339 time with a zone, like 2025-06-15T10:30:00Z") from None


def as_sent(session: SessionPayload) -> dict[str, Any]:
    """The session as JSON values, in the seed's order of fields."""
    return session.model_dump(mode="json")
