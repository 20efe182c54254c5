"""One `list-panes -a`: every agent's pane and how far it has moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PREFIX = "omar-agent-"
MANAGER = "ea"
_FIELDS = (
    "session_name", "session_id", "pane_id", "pane_pid", "pane_dead", "pane_dead_status", "pane_dead_signal",
    "window_activity", "history_size", "cursor_x", "cursor_y", "pane_width", "pane_height", "session_attached",
    "session_created", "pane_active", "window_active",
)  # fmt: skip
FORMAT = "\t".join(f"#{{{name}}}" for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class Pane:
    """One agent's pane. Times are wall-clock seconds; `exit_status` and `exit_signal` are None while it lives."""

    session: str
    session_id: str
    pane_id: str
    pid: int
    dead: bool
    exit_status: int | None
    exit_signal: int | None
    activity: int
    history: int
    cursor_x: int
    cursor_y: int
    width: int
    height: int
    attached: int
    created: int

    @property
    def name(self) -> str:
        """The agent's short name."""
        return self.session[len(PREFIX) :]

    @property
    def explained(self) -> bool:
        """Whether tmux knows how the program ended: that comes a moment after it is gone."""
        return self.exit_status is not None or self.exit_signal is not None

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


def parse(lines: Iterable[str]) -> dict[str, Pane]:
    """Panes of agent sessions by session name: of several panes in one session, the first that is active."""
    found: dict[str, Pane] = {}
    for line in lines:
        if not line.startswith(PREFIX):
            continue
        values = line.split("\t")
        if len(values) != len(_FIELDS):
            continue
        active = values[-2:] == ["1", "1"]
        if active or values[0] not in found:
            found[values[0]] = _pane(values)
    return found


def _pane(values: list[str]) -> Pane:
    session, session_id, pane_id = values[:3]
    numbers = [int(value) if value else None for value in values[3:15]]
    pid, dead, status, signal, *rest = numbers
    activity, history, x, y, width, height, attached, created = (number or 0 for number in rest)
    return Pane(
        session, session_id, pane_id, pid or 0, bool(dead), status, signal,
        activity, history, x, y, width, height, attached, created,
    )  # fmt: skip
