"""What the fleet answers: plain dictionaries in the contract's words, ready for JSON."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

from omar_daemon.fleet import health, panes, screen
from omar_daemon.fleet.health import Health, Signs, Thresholds
from omar_daemon.fleet.live_state import Reported
from omar_daemon.fleet.roster import Agent
from omar_daemon.fleet.watch import View


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with `Z`, to the microsecond."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def health_of(agent: Agent, view: View | None, limits: Thresholds, reported: Reported | None, now: float) -> Health:
    ended = agent.record.stage == "ended" or view is None or view.pane.dead
    return health.decide(
        Signs(
            dead=ended,
            question=view is not None and view.reading.question is not None,
            error=view is not None and view.reading.error is not None,
            idle_seconds=now - view.output_at if view is not None else 0.0,
            had_task=agent.record.task is not None,
            done=view is not None and view.reading.done,
            reported=reported,
        ),
        limits,
    )


def brief(agent: Agent, view: View | None, state: Health, now: float) -> dict[str, Any]:
    """One line of the list."""
    record = agent.record
    if view is not None:
        since, said = view.output_at, view.reading.last_output
    else:
        since, said = record.ended_at or record.created_at, _last_line(record.last_screen)
    answer = {
        "id": record.name,
        "status": "dead" if state == "dead" else "running",
        "health": state,
        "idle_seconds": max(0, int(now - since)),
        "last_output": said,
        "parent": record.parent,
        "backend": record.backend,
        "created_at": timestamp(record.created_at),
    }
    if state == "dead":
        answer.update(_ending(agent, view))
    return answer


def detail(
    agent: Agent, view: View | None, line: dict[str, Any], tail: str, children: list[str], drafts: list[Path]
) -> dict[str, Any]:
    """The whole agent: its line of the list and what only the detail has. `health_reason` is the line of its screen
    that makes it `waiting` or `stuck`, None when there is none; `drafts` are files with what a person had half typed
    there and does not stand there again."""
    record = agent.record
    return {
        **line,
        "session": panes.PREFIX + record.name,
        "task": record.task,
        "workdir": record.workdir,
        "command": record.command,
        "model": record.model,
        "role": record.role,
        "output_tail": tail,
        "children": children,
        "prompt_delivery": prompt_delivery(agent),
        "health_reason": _reason(view, line["health"]),
        "drafts": [str(path) for path in drafts],
    }


def _reason(view: View | None, state: Health) -> str | None:
    if view is None:
        return None
    found = {"waiting": view.reading.question, "stuck": view.reading.error}.get(state)
    return None if found is None else screen.printable(found)


def prompt_delivery(agent: Agent) -> str | None:
    """`pending`, `pending: <why>` while it is held back, `delivered` or `failed: <why>`; None without a task."""
    record = agent.record
    if record.delivery == "none":
        return None
    if record.delivery == "failed":
        return f"failed: {record.delivery_problem}"
    if record.delivery == "delivered":
        return "delivered"
    return f"pending: {record.delivery_problem}" if record.delivery_problem else "pending"


def manager_line(line: dict[str, Any] | None) -> dict[str, Any] | None:
    """The manager in the list carries its full name (seed 002)."""
    if line is None:
        return None
    return {"id": panes.PREFIX + panes.MANAGER, "status": line["status"], "health": line["health"]}


def spawned(agent: Agent) -> dict[str, Any]:
    record = agent.record
    session = panes.PREFIX + record.name
    return {"id": record.name, "status": "running", "session": session, "created_at": timestamp(record.created_at)}


def tail_text(lines: tuple[str, ...] | list[str], count: int) -> str:
    """The last `count` lines up to the last output, safe to show."""
    trimmed = screen.trim_blank_end(lines)[-count:] if count else []
    return "\n".join(screen.printable(line.rstrip()) for line in trimmed)


def _ending(agent: Agent, view: View | None) -> dict[str, Any]:
    record = agent.record
    pane = view.pane if view is not None else None
    return {
        "exit_code": pane.exit_status if pane is not None else record.exit_status,
        "exit_signal": pane.exit_signal if pane is not None else record.exit_signal,
        "ended_at": timestamp(record.ended_at or time.time()),
        "end_reason": record.end_reason,
    }


def _last_line(last_screen: str | None) -> str:
    lines = (last_screen or "").strip().splitlines()
    return lines[-1].strip()[: screen.LAST_OUTPUT_LENGTH] if lines else ""
