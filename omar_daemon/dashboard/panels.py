"""The other parts of the dashboard: the headline, the chosen agent's screen, events, projects."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.widgets import Static

from omar_daemon.dashboard import tree, words
from omar_daemon.dashboard.feed import Snapshot
from omar_daemon.dashboard.tree import Agent
from shared.output import cell, counted, printable

DIM = "#8a94a0"
SMALLEST_NAME = 8
ALARM = "bold #f7768e"


class Headline(Static):
    """One line: where the daemon is, how many agents there are and how they are."""

    def show(self, snapshot: Snapshot, agents: Sequence[Agent]) -> None:
        if snapshot.problem is not None:
            sentence = f" omar  daemon away: {snapshot.problem}  (r starts it)"
            self.update(Text(sentence, ALARM, no_wrap=True, overflow="ellipsis"))
            return
        text = Text(" omar", "bold", no_wrap=True, overflow="ellipsis")
        text.append(f"  {counted(len(agents), 'agent')}", "bold")
        for health, number in tree.counts(agents):
            text.append("  ")
            text.append(f"{words.MARKS[health]} {number} {health}", words.STYLES[health])
        text.append(f"  {snapshot.url.removeprefix('http://')}", DIM)
        self.update(text)


class AgentScreen(Static):
    """The end of the chosen agent's output, its task and report above it. Long lines are cut, or folded on wish."""

    folds = False

    def __init__(self) -> None:
        super().__init__(id="screen")
        self._shown: tuple[object, ...] = ()

    @property
    def lines_wanted(self) -> int:
        return max(self.size.height, 10)

    def show(self, agent: dict[str, Any] | None) -> None:
        """Draw `agent` (a detail with `report`), or say that none is chosen."""
        if agent is None:
            self.border_title = "screen"
            self._draw(Text("No agent is chosen. n makes a new one.", DIM))
            return
        self.border_title = _plain(
            f"{agent['id']} · {words.health(agent['health'])} · {words.span(agent.get('idle_seconds'))}"
        )
        head = _facts(agent, self.size.width)
        room = max(0, self.size.height - len(head))
        tail = self._tail(agent.get("output_tail") or "", room)
        self._draw(Text("\n").join([*head, *tail]))

    def _tail(self, output: str, room: int) -> list[Text]:
        lines = [printable(line).expandtabs(8) for line in output.split("\n")[-room:]] if room else []
        width = max(1, self.size.width)
        if not self.folds:
            return [Text(words.fitted_raw(line, width), no_wrap=True) for line in lines]
        folded = [part for line in lines for part in words.folded(line, width)]
        return [Text(part, no_wrap=True) for part in folded[-room:]]

    def _draw(self, text: Text) -> None:
        shown = (text.plain, self.size)
        if shown != self._shown:
            self._shown = shown
            self.update(text)


class EventList(Static):
    """What is scheduled, soonest first, with the time that is left."""

    def show(self, events: list[dict[str, Any]] | None) -> None:
        self.border_title = "events" if not events else f"events ({len(events)})"
        if events is None:
            self.update(Text("This daemon serves no events.", DIM))
        elif not events:
            self.update(Text("Nothing is scheduled. e schedules.", DIM))
        else:
            now = time.time_ns()
            lines = [event_line(event, now, self.size.width) for event in events[: max(1, self.size.height)]]
            self.update(Text("\n").join(lines))


class ProjectList(Static):
    """The projects of tasks.md."""

    def show(self, projects: list[dict[str, Any]] | None) -> None:
        self.border_title = "projects" if not projects else f"projects ({len(projects)})"
        if projects is None:
            self.update(Text("This daemon serves no projects.", DIM))
        elif not projects:
            self.update(Text("No projects. p adds one.", DIM))
        else:
            shown = projects[: max(1, self.size.height)]
            self.update(Text("\n").join(project_line(project, self.size.width) for project in shown))


def event_line(event: dict[str, Any], now_ns: int, width: int) -> Text:
    """countdown, sender → receiver, payload; `⟳ 5m` when it recurs."""
    text = Text(no_wrap=True)
    text.append(words.countdown(int(event["timestamp"]), now_ns).rjust(7), "bold")
    every = event.get("recurring_ns")
    if every:
        text.append(f" ⟳{words.span(int(every) / words.NANOSECONDS)}", DIM)
    # Long names must not push the text off the line: the two take at most half of what is left.
    each = max(SMALLEST_NAME, (width - text.cell_len) // 4)
    sender, receiver = (words.shortened(str(event[who]), each) for who in ("sender", "receiver"))
    text.append(f" {sender}→{receiver} ", words.STYLES["working"])
    text.append(words.shortened(str(event["payload"]), max(0, width - text.cell_len)))
    text.truncate(width)
    return text


def project_line(project: dict[str, Any], width: int) -> Text:
    text = Text(f"{project['id']:>3} ", DIM, no_wrap=True)
    text.append(words.shortened(str(project["name"]), max(0, width - text.cell_len)), "default")
    return text


def _facts(agent: dict[str, Any], width: int) -> list[Text]:
    """Lines above the screen, where there is something to say: task, own report, end, a message that failed."""
    found = []
    failed = agent.get("prompt_delivery") or ""
    for label, value, style in (
        ("task", agent.get("task"), "bold"),
        ("report", agent.get("report"), ""),
        ("end", agent.get("end_reason"), ALARM),
        ("message", failed if failed.startswith("failed") else None, ALARM),
    ):
        if value:
            found.append(Text.assemble((f"{label}: ", DIM), (words.fitted(value, width - len(label) - 2), style)))
    return found


def _plain(text: str) -> str:
    """For titles, which Textual reads as markup."""
    return cell(text).replace("[", "\\[")
