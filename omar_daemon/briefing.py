"""What the manager is told at its start about the state of things: projects, agents, scheduled events."""

from __future__ import annotations

import asyncio
from typing import Any

from omar_daemon.events.scheduler import Scheduler
from omar_daemon.fleet.fleet import Fleet
from omar_daemon.projects import Projects

MOST_LINES = 100
LINE_LENGTH = 200


class Briefing:
    def __init__(self, fleet: Fleet, events: Scheduler, projects: Projects) -> None:
        self._fleet = fleet
        self._events = events
        self._projects = projects

    async def text(self) -> str:
        """Three short lists in Markdown, as they are now."""
        projects = await asyncio.to_thread(self._projects.all)
        agents = (await self._fleet.overview())["agents"]
        tasks = {agent.name: agent.record.task for agent in self._fleet.roster.all()}
        parts = [
            ("Projects", [f"{project.id}. {project.name}" for project in projects]),
            ("Agents", [_agent_line(agent, tasks.get(agent["id"])) for agent in agents]),
            ("Scheduled events", [_event_line(event) for event in self._events.listing()]),
        ]
        return "\n\n".join(_part(title, lines) for title, lines in parts)


def _part(title: str, lines: list[str]) -> str:
    shown = [" ".join(line.split())[:LINE_LENGTH] for line in lines[:MOST_LINES]]
    more = [f"… and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join([f"{title}:", "", *(f"- {line}" for line in [*shown, *more] or ["none"])])


def _agent_line(agent: dict[str, Any], task: str | None) -> str:
    parent = f", below {agent['parent']}" if agent["parent"] else ""
    return f"{agent['id']} ({agent['health']}{parent}): {task or 'no task'}"


def _event_line(event: dict[str, Any]) -> str:
    every = f", every {event['recurring_ns'] / 1e9:g} s" if "recurring_ns" in event else ""
    return (
        f"{event['id']} at t={event['timestamp']}{every}: {event['sender']} → {event['receiver']}: {event['payload']}"
    )
