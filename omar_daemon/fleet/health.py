"""Health of an agent: the first rule that fits. Without state, so readers do not disturb each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Health = Literal["dead", "waiting", "stuck", "working", "idle"]
HEALTHS: tuple[Health, ...] = ("working", "waiting", "idle", "stuck", "dead")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Seconds: output within `working` means working; idle longer than `stuck` after a task means stuck."""

    working: float = 15.0
    stuck: float = 300.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of an agent. `done`: it says that its task is complete. `reported` is the program's own live state
    when it publishes one."""

    dead: bool
    question: bool
    error: bool
    idle_seconds: float
    had_task: bool
    done: bool = False
    reported: Literal["busy", "idle", "waiting"] | None = None


def decide(signs: Signs, limits: Thresholds) -> Health:
    if signs.dead:
        return "dead"
    if signs.reported == "waiting" or (signs.question and signs.reported is None):
        return "waiting"
    if signs.reported == "busy":
        return "working"
    if signs.error and not signs.done and signs.idle_seconds > limits.working:
        return "stuck"
    if signs.had_task and not signs.done and signs.idle_seconds > limits.stuck:
        return "stuck"
    if signs.reported == "idle":
        return "idle"
    return "working" if signs.idle_seconds <= limits.working else "idle"
