"""The tree of agents: a list that draws only the lines in sight."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from omar_daemon.dashboard import words
from omar_daemon.dashboard.tree import Row

HEALTH_WIDTH, IDLE_WIDTH = 9, 4
SMALLEST_TASK, GOOD_TASK = 12, 24
SMALLEST_NAME = 10
# Names longer than those of this part of the agents are cut before the tasks of all the others are.
MOST = 0.9
CURSOR = "reverse"


class AgentList(ScrollView, can_focus=True):
    """Rows of the tree with a cursor that stays on its agent while rows come and go."""

    class Chosen(Message):
        """The cursor is on another agent."""

        def __init__(self, name: str | None) -> None:
            super().__init__()
            self.agent = name

    def __init__(self) -> None:
        super().__init__(id="agents")
        self._rows: list[Row] = []
        self._at = 0
        self._lengths = [0]

    @property
    def chosen(self) -> Row | None:
        return self._rows[self._at] if self._rows else None

    def show(self, rows: Sequence[Row]) -> None:
        """Replace the rows; when the chosen agent is gone, its neighbour is chosen."""
        before = self.chosen
        self._rows = list(rows)
        names = [row.agent.name for row in self._rows]
        if before is not None and before.agent.name in names:
            self._at = names.index(before.agent.name)
        self._at = max(0, min(self._at, len(names) - 1))
        self._lengths = sorted(words.columns(_label(row)) for row in self._rows) or [0]
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()
        self._tell(before)

    def choose(self, name: str) -> bool:
        """Put the cursor on an agent, if it is shown; whether it is."""
        for index, row in enumerate(self._rows):
            if row.agent.name == name:
                self._go(index)
                return True
        return False

    def move(self, step: int) -> None:
        self._go(self._at + step)

    def page(self, step: int) -> None:
        self._go(self._at + step * max(1, self.size.height - 1))

    def on_click(self, event: events.Click) -> None:
        self._go(event.y + self.scroll_offset.y)

    def _go(self, index: int) -> None:
        before = self.chosen
        self._at = max(0, min(index, len(self._rows) - 1))
        self._keep_in_sight()
        self.refresh()
        self._tell(before)

    def _keep_in_sight(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if self._at < top:
            self.scroll_to(y=self._at, animate=False)
        elif height and self._at >= top + height:
            self.scroll_to(y=self._at - height + 1, animate=False)

    def _tell(self, before: Row | None) -> None:
        now = self.chosen
        if (before.agent.name if before else None) != (now.agent.name if now else None):
            self.post_message(self.Chosen(now.agent.name if now else None))

    def on_resize(self) -> None:
        self.virtual_size = Size(0, len(self._rows))
        self._keep_in_sight()

    def render_line(self, y: int) -> Strip:
        """One line of the list in sight."""
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        text = line_of(self._rows[index], width, self._name_width(width))
        if index == self._at:
            text.stylize(CURSOR if self.has_focus else "underline")
        strip = Strip(text.render(self.app.console)).apply_style(self.rich_style)
        return strip.adjust_cell_length(width, self.rich_style)

    def _name_width(self, width: int) -> int:
        return name_width(self._lengths, width - HEALTH_WIDTH - IDLE_WIDTH - 2)


def name_width(lengths: Sequence[int], room: int) -> int:
    """How much of `room` names of these `lengths` (in order) get; the rest is for tasks.

    An agent is called by its name: it is whole as long as a little of the task can be read, too.
    """
    usual = max(SMALLEST_NAME, lengths[int(MOST * (len(lengths) - 1))])
    most = room - 1 - SMALLEST_TASK
    if usual > most:
        # Too narrow for tasks.
        return room
    whole = max((length for length in lengths if length <= most), default=usual)
    return max(usual, whole, min(lengths[-1], room - 1 - GOOD_TASK))


def line_of(row: Row, width: int, name_width: int) -> Text:
    """name, health, idle time and, where there is room, the task or else the last output."""
    agent = row.agent
    text = Text(end="", no_wrap=True)
    text.append(words.fitted_raw(_label(row), name_width).ljust(name_width))
    text.append(" ")
    text.append(words.fitted(words.health(agent.health), HEALTH_WIDTH), words.STYLES.get(agent.health, ""))
    text.append(" ")
    text.append(words.span(agent.idle_seconds).rjust(IDLE_WIDTH))
    room = width - name_width - HEALTH_WIDTH - IDLE_WIDTH - 3
    if room > 0:
        said = agent.task or agent.last_output
        text.append(" " + words.fitted(said, room), "" if agent.task else "dim")
    return text


def _label(row: Row) -> str:
    folded = f" +{row.hidden}" if row.hidden else ""
    return f"{row.guide}{row.agent.name}{folded}"
