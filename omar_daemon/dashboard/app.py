"""The dashboard itself: what is on the screen, what the keys do, one look at the daemon per second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from textual import work
from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from omar_daemon.dashboard import guide, lists, orders, tree
from omar_daemon.dashboard.agent_list import AgentList
from omar_daemon.dashboard.dialogs import Choice, Field, Form, Reading
from omar_daemon.dashboard.feed import Feed, Snapshot
from omar_daemon.dashboard.keys import ACTIONS, OWN
from omar_daemon.dashboard.panels import AgentScreen, EventList, Headline, ProjectList
from shared.errors import OmaError
from shared.output import printable

REFRESH_SECONDS = 1.0
CHOICE_SECONDS = 0.05


class Dashboard(App[int]):
    """Talks to the daemon only through its feed; whatever the daemon does, the dashboard stays."""

    CSS_PATH = "dashboard.tcss"
    ENABLE_COMMAND_PALETTE = False
    # What is too small for everything keeps the tree: first the lists go, then the screen (v still shows it).
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012 - Textual declares no class variable
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012
    # Of high priority: each key has done its work before the next one is looked at, so keys that are typed ahead
    # never meet the wrong agent.
    BINDINGS: ClassVar[list[BindingType]] = [Binding(keys, action, priority=True) for keys, action in ACTIONS]

    def __init__(self, feed: Feed | None = None) -> None:
        super().__init__()
        self.feed = feed or Feed()
        self.snapshot = Snapshot()
        self.view = tree.View()
        self._roots: list[str] = []
        self._newcomer: str | None = None
        self._looking = False
        self._again = False

    def compose(self) -> ComposeResult:
        yield Headline(id="headline")
        with Horizontal(id="middle"):
            yield AgentList()
            yield AgentScreen()
        with Horizontal(id="lower"):
            yield EventList(id="events")
            yield ProjectList(id="projects")
        yield Input(placeholder="find: name, health, task …", id="filter", compact=True)
        yield Static(guide.HINTS, id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#agents").border_title = "agents"
        self.query_one(AgentList).focus()
        self.set_interval(REFRESH_SECONDS, self.look)
        self.look()

    def on_unmount(self) -> None:
        self.feed.close()

    # looking

    def look(self) -> None:
        """Ask the daemon, off this thread; a wish that comes meanwhile is granted afterwards."""
        if self._looking:
            self._again = True
            return
        self._looking = True
        self.run_worker(self._look(), group="look", exit_on_error=True)

    async def _look(self) -> None:
        try:
            row = self.query_one(AgentList).chosen
            name = row.agent.name if row is not None else None
            lines = self.query_one(AgentScreen).lines_wanted
            found = await asyncio.to_thread(self.feed.look, name, lines)
            # The answer may come when the person has left already.
            if self.query(Headline):
                self._take(found)
        finally:
            self._looking = False
        if self._again:
            self._again = False
            self.look()

    def _take(self, found: Snapshot) -> None:
        """While the daemon is away, what was last seen stays."""
        if found.problem is None:
            self.snapshot = found
        self.set_class(found.problem is not None, "away")
        self.query_one(Headline).show(found, self.snapshot.agents)
        self._draw_tree()
        self.query_one(EventList).show(self.snapshot.events)
        self.query_one(ProjectList).show(self.snapshot.projects)
        self._draw_screen()

    def _draw_tree(self) -> None:
        listed = self.query_one(AgentList)
        if self.view.root is not None and self.view.root not in {agent.name for agent in self.snapshot.agents}:
            self._pop_root()
        listed.show(tree.rows(self.snapshot.agents, self.view))
        if self._newcomer is not None and listed.choose(self._newcomer):
            self._newcomer = None
        below = f" below {self.view.root}" if self.view.root else ""
        listed.border_title = f"agents{below}"
        listed.border_subtitle = f"find: {printable(self.view.words)}".replace("[", "\\[") if self.view.words else ""

    def _draw_screen(self) -> None:
        row, shown = self.query_one(AgentList).chosen, self.snapshot.chosen
        if row is None:
            self.query_one(AgentScreen).show(None)
        elif shown is not None and shown["id"] == row.agent.name:
            self.query_one(AgentScreen).show(shown)
        elif self.has_class("away"):
            # Another agent's screen must not pass for this one's.
            self.query_one(AgentScreen).show({"id": row.agent.name, "health": row.agent.health})

    def on_agent_list_chosen(self) -> None:
        # Running down the list must not ask for every agent on the way.
        self.set_timer(CHOICE_SECONDS, self.look)

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is open or words are typed, keys are not the dashboard's; Escape ends the search."""
        if action not in OWN:
            return super().check_action(action, parameters)
        if isinstance(self.screen, ModalScreen):
            return False
        return not isinstance(self.focused, Input) or action == "out"

    # moving about

    def action_move(self, step: int) -> None:
        self.query_one(AgentList).move(step)

    def action_page(self, step: int) -> None:
        self.query_one(AgentList).page(step)

    def action_fold(self, close: bool) -> None:
        row = self.query_one(AgentList).chosen
        if row is None:
            return
        name, family = row.agent.name, tree.family(self.snapshot.agents, row.agent.name)
        if close and (len(family) == 1 or name in self.view.folded) and row.agent.parent:
            self.query_one(AgentList).choose(row.agent.parent)
        elif close and len(family) > 1:
            self.view.folded.add(name)
        else:
            self.view.folded.discard(name)
        self._draw_tree()

    def action_drill(self) -> None:
        row = self.query_one(AgentList).chosen
        if row is not None and row.agent.name != self.view.root:
            self._roots.append(row.agent.name)
            self.view.root = row.agent.name
            self._draw_tree()

    def action_out(self) -> None:
        if self.screen.has_class("zoomed"):
            self.action_zoom()
        elif self.view.words or self.query_one("#filter").display:
            self._find("")
        else:
            self._pop_root()
            self._draw_tree()

    def _pop_root(self) -> None:
        left = self._roots.pop() if self._roots else None
        self.view.root = self._roots[-1] if self._roots else None
        if left is not None:
            self._draw_tree()
            self.query_one(AgentList).choose(left)

    def action_find(self) -> None:
        entry = self.query_one("#filter", Input)
        entry.value = self.view.words
        entry.display = True
        # At once: a letter typed right behind the slash belongs to the search, it must not kill or spawn.
        self.screen.set_focus(entry)

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "filter" and event.input.display:
            self.view.words = event.value.strip()
            self._draw_tree()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "filter":
            self._find(event.value.strip())

    def _find(self, words: str) -> None:
        self.view.words = words
        self.query_one("#filter").display = False
        self.screen.set_focus(self.query_one(AgentList))
        self._draw_tree()

    def action_zoom(self) -> None:
        self.screen.toggle_class("zoomed")
        self.call_after_refresh(self.look)

    def action_wrap(self) -> None:
        shown = self.query_one(AgentScreen)
        shown.folds = not shown.folds
        self._draw_screen()

    def action_look(self) -> None:
        if self.has_class("away"):
            self._do(self.feed.start, "The daemon runs.")
        else:
            self.look()

    # doing

    def action_spawn(self) -> None:
        fields = [
            Field("name", "name", hint="a free number"),
            Field("task", "task", hint="what it shall do"),
            Field("backend", "backend", hint="claude, codex, cursor, opencode …"),
            Field("model", "model", hint="the backend's own"),
            Field("command", "command", hint="any command instead of a backend"),
            Field("parent", "parent", value=self.view.root or "", hint="none"),
            Field("workdir", "directory", value=".", hint="this one"),
        ]
        self._fill("new agent", fields, self._spawn)

    def _spawn(self, values: dict[str, str]) -> None:
        """In the form's thread; the cursor goes to the new agent as soon as it is listed."""
        self._newcomer = str(orders.spawn(self.feed, values)["id"])

    def action_send(self) -> None:
        name = self._chosen_name()
        if name is not None:
            fields = [Field("text", "text", hint="Enter types it and presses Enter")]
            self._fill(f"send to {name}", fields, lambda values: orders.send(self.feed, name, values["text"]))

    def action_interrupt(self) -> None:
        name = self._chosen_name()
        if name is not None:
            self._do(lambda: orders.interrupt(self.feed, name), f"Escape was pressed in {name}.")

    @work
    async def action_kill(self) -> None:
        name = self._chosen_name()
        if name is None:
            return
        below = len(tree.family(self.snapshot.agents, name)) - 1
        answers = [("y", "kill it")] + ([("t", f"it and {below} below")] if below else [])
        said = await self.push_screen_wait(Choice(f"Kill {name}?", answers))
        if said is not None:
            await self._kill(name, whole_tree=said == "t")

    async def _kill(self, name: str, *, whole_tree: bool) -> None:
        try:
            await asyncio.to_thread(orders.kill, self.feed, name, tree=whole_tree)
        except OmaError as error:
            # Asked again only where force would help.
            if "attached" not in error.message:
                self._complain(error)
            elif await self.push_screen_wait(Choice(error.message, [("f", "kill all the same")])):
                self._do(lambda: orders.kill(self.feed, name, tree=whole_tree, force=True), f"{name} is killed.")
        else:
            self.notify(f"{name} is killed.", markup=False)
        self.look()

    def action_attach(self) -> None:
        from omar_daemon.commands import attach

        name = self._chosen_name()
        if name is None:
            return
        try:
            with self.suspend():
                attach.run(name=name)
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to an agent.", severity="error", markup=False)
        except OmaError as error:
            self._complain(error)
        self.refresh()
        self.look()

    @work
    async def action_events(self) -> None:
        row = self.query_one(AgentList).chosen
        while said := await self.push_screen_wait(lists.events_listing(lambda: self.snapshot.events)):
            fields = [
                Field("receiver", "receiver", value=row.agent.name if row else "", hint="an agent"),
                Field("payload", "text", hint="what it is told"),
                Field("delay", "in", hint="30s, 5m, 2h; now"),
                Field("every", "every", hint="10m, 1h; once"),
            ]
            await self._change(
                said,
                Form("schedule an event", fields, lambda values: orders.schedule(self.feed, values)),
                lambda entry: orders.cancel(self.feed, entry["id"]),
            )

    @work
    async def action_projects(self) -> None:
        while said := await self.push_screen_wait(lists.projects_listing(lambda: self.snapshot.projects)):
            fields = [Field("name", "project", hint="one line")]
            await self._change(
                said,
                Form("new project", fields, lambda values: orders.add_project(self.feed, values)),
                lambda entry: orders.finish_project(self.feed, entry["id"]),
            )

    async def _change(
        self, said: tuple[str, Any], form: Form, remove: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> None:
        """What was chosen in a listing, done before the listing comes back."""
        if said[0] == "new":
            await self.push_screen_wait(form)
        else:
            try:
                await asyncio.to_thread(remove, said[1])
            except OmaError as error:
                self._complain(error)
        self._take(await asyncio.to_thread(self.feed.look, None, 0))

    # reading and leaving

    def action_keys(self) -> None:
        self.push_screen(Reading("keys", guide.help_text()))

    def action_settings(self) -> None:
        self.push_screen(Reading("settings", guide.settings_text()))

    def action_log(self) -> None:
        self.push_screen(Reading("the daemon's log", guide.log_text(), from_end=True))

    def action_leave(self) -> None:
        self.exit(0)

    @work
    async def action_ask_to_leave(self) -> None:
        question = "Leave the dashboard? Agents and daemon go on."
        if await self.push_screen_wait(Choice(question, [("y", "leave")])):
            self.exit(0)

    def _chosen_name(self) -> str | None:
        row = self.query_one(AgentList).chosen
        if row is None:
            self.notify("No agent is chosen.", markup=False)
            return None
        return row.agent.name

    def _fill(self, title: str, fields: list[Field], submit: Callable[[dict[str, str]], Any]) -> None:
        self.push_screen(Form(title, fields, submit), lambda _done: self.look())

    def _do(self, order: Callable[[], Any], done: str) -> None:
        self.run_worker(self._perform(order, done), exit_on_error=True)

    async def _perform(self, order: Callable[[], Any], done: str) -> None:
        try:
            await asyncio.to_thread(order)
        except OmaError as error:
            self._complain(error)
        else:
            self.notify(done, markup=False)
        self.look()

    def _complain(self, error: OmaError) -> None:
        self.notify(printable(error.message), severity="error", markup=False)
