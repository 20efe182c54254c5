"""From the daemon's flat list to the rows of a tree. Nothing here draws."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MANAGER = "ea"
PREFIX = "omar-agent-"
HEALTH_ORDER = ("waiting", "stuck", "dead", "working", "idle")


@dataclass(frozen=True)
class Agent:
    """One agent as the dashboard knows it; `idle_seconds` is None where the daemon does not tell it."""

    name: str
    health: str
    idle_seconds: int | None = None
    parent: str | None = None
    backend: str = ""
    last_output: str = ""
    created_at: str = ""
    task: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the tree. `guide` is what stands before the name; `hidden` counts what is folded away below."""

    agent: Agent
    guide: str = ""
    hidden: int = 0


@dataclass
class View:
    """What of the tree is wanted: only below `root`, only what fits `words`, without what is below `folded`."""

    root: str | None = None
    words: str = ""
    folded: set[str] = field(default_factory=set)


def agents_of(answer: Mapping[str, Any], tasks: Mapping[tuple[str, str], str]) -> list[Agent]:
    """The agents of GET /api/agents, the manager first. `tasks` are by (name, created_at)."""
    found = [_agent(line, tasks) for line in answer["agents"]]
    manager = answer.get("manager")
    if manager:
        found.insert(0, Agent(MANAGER, manager["health"]))
    return found


def _agent(line: Mapping[str, Any], tasks: Mapping[tuple[str, str], str]) -> Agent:
    name, created = line["id"], line.get("created_at") or ""
    return Agent(
        name=name,
        health=line["health"],
        idle_seconds=line.get("idle_seconds"),
        parent=(line.get("parent") or "").removeprefix(PREFIX) or None,
        backend=line.get("backend") or "",
        last_output=line.get("last_output") or "",
        created_at=created,
        task=tasks.get((name, created), ""),
    )


def counts(agents: Sequence[Agent]) -> list[tuple[str, int]]:
    """(health, how many) for every health that occurs, what needs a person first."""
    found = {health: sum(agent.health == health for agent in agents) for health in HEALTH_ORDER}
    return [(health, number) for health, number in found.items() if number]


def family(agents: Sequence[Agent], name: str) -> list[str]:
    """The agent and everything below it."""
    found = [name]
    for one in found:
        found += [agent.name for agent in agents if agent.parent == one and agent.name not in found]
    return found


def rows(agents: Sequence[Agent], view: View) -> list[Row]:
    """The lines to show, parents before children, siblings by name. An agent without a living parent is a root."""
    shown = _wanted(agents, view)
    names = {agent.name for agent in shown}
    below: dict[str | None, list[Agent]] = {}
    for agent in shown:
        is_root = agent.parent not in names or agent.name == view.root
        below.setdefault(None if is_root else agent.parent, []).append(agent)
    found: list[Row] = []
    _descend(below, None, "", view, found)
    placed = {row.agent.name for row in found}
    if not view.folded:
        # Agents that are each other's parents have no root; they must not vanish.
        found += [Row(agent) for agent in shown if agent.name not in placed]
    return found


def _wanted(agents: Sequence[Agent], view: View) -> list[Agent]:
    by_name = {agent.name: agent for agent in agents}
    chosen: Collection[str] = family(agents, view.root) if view.root in by_name and view.root else by_name
    if view.words:
        fitting = {name for name in chosen if _fits(by_name[name], view.words)}
        chosen = {one for name in fitting for one in _line_up(by_name, name)} & set(chosen)
    return [agent for agent in agents if agent.name in chosen]


def _fits(agent: Agent, words: str) -> bool:
    text = " ".join((agent.name, agent.health, agent.backend, agent.task, agent.last_output)).casefold()
    return all(word in text for word in words.casefold().split())


def _line_up(by_name: Mapping[str, Agent], name: str) -> list[str]:
    """The agent and those above it."""
    line: list[str] = []
    at: str | None = name
    while at in by_name and at not in line and at is not None:
        line.append(at)
        at = by_name[at].parent
    return line


def _descend(
    below: Mapping[str | None, Sequence[Agent]], parent: str | None, indent: str, view: View, found: list[Row]
) -> None:
    siblings = sorted(below.get(parent, ()), key=lambda agent: (agent.name != MANAGER, agent.name))
    for agent in siblings:
        last = agent is siblings[-1]
        guide = "" if parent is None else indent + ("└ " if last else "├ ")
        # A search shows what it finds, folded or not.
        folded = agent.name in view.folded and not view.words
        hidden = _count(below, agent.name) if folded else 0
        found.append(Row(agent, guide, hidden))
        if not folded:
            _descend(below, agent.name, "" if parent is None else indent + ("  " if last else "│ "), view, found)


def _count(below: Mapping[str | None, Sequence[Agent]], name: str) -> int:
    return sum(1 + _count(below, child.name) for child in below.get(name, ()))
