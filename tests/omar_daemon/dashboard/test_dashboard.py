"""The dashboard on a real daemon: with Textual's pilot, and once in a real terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from omar_daemon.dashboard.agent_list import AgentList
from omar_daemon.dashboard.app import Dashboard
from tests.daemon import Daemon
from tests.omar_daemon.agent_stage import Stage, put_program, stage

DEADLINE_SECONDS = 10.0
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("dashboard")) as made:
        yield made


@pytest.fixture
def daemon(house: Stage) -> Iterator[Daemon]:
    """The module's daemon as the one of this home; without agents, events and projects before and after."""
    with house.surroundings():
        yield house.daemon
    house.clear()


def spawn(daemon: Daemon, name: str, command: str = "cat", **more: Any) -> None:
    answer = daemon.client.post("/api/agents", json={"name": name, "command": command, **more})
    assert answer.status_code == 200, answer.text


def names(daemon: Daemon) -> list[str]:
    return [agent["id"] for agent in daemon.client.get("/api/agents").json()["agents"]]


class Seen:
    """A dashboard under a pilot, and what stands on its screen."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        self.app = pilot.app

    def lines(self) -> list[str]:
        width, height = self.app.size
        rows = self.app.screen._compositor.render_strips(self.app.size)
        assert len(rows) == height
        return ["".join(segment.text for segment in row)[:width] for row in rows]

    async def until(self, *texts: str, without: str | None = None) -> str:
        """The screen, once all texts stand on it."""
        return await self.holds(
            lambda shown: all(text in shown for text in texts) and (without is None or without not in shown), str(texts)
        )

    async def holds(self, fits: Callable[[str], bool], what: str) -> str:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not fits(shown := "\n".join(self.lines())):
            assert time.monotonic() < deadline, f"never seen: {what}\n{shown}"
            await self.pilot.pause(0.05)
        return shown

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        await self.pilot.press(*(_KEY_NAMES.get(character, character) for character in text))

    @property
    def chosen(self) -> str:
        row = self.app.screen_stack[0].query_one(AgentList).chosen
        return row.agent.name if row else ""


_KEY_NAMES = {" ": "space", "-": "minus", "[": "left_square_bracket", "]": "right_square_bracket", "?": "question_mark"}


@contextlib.asynccontextmanager
async def dashboard(size: tuple[int, int] = (80, 24)) -> AsyncIterator[Seen]:
    async with Dashboard().run_test(size=size) as pilot:
        yield Seen(pilot)


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


def test_thirty_agents_fit_every_terminal(daemon: Daemon) -> None:
    spawn(daemon, "lead", "echo I lead [bold]them[/bold]; cat", task="Coordinate [everything] of it")
    for number in range(29):
        spawn(daemon, f"worker-{number:02}", "bash --norc", parent="lead")

    async def scene(size: tuple[int, int]) -> None:
        async with dashboard(size) as seen:
            shown = await seen.until(
                "30 agents", "lead", "├ worker-00", "I lead [bold]them[/bold]", "task: Coordinate [everything]"
            )
            assert all(word in shown for word in ("agents", "events", "projects", "? help", "●"))
            lines = seen.lines()
            assert max(map(len, lines)) == size[0]
            assert sum("worker-" in line for line in lines) >= (12 if size[1] == 24 else 22)
            assert ("Coordinate" in lines[2][: lines[2].index("││")]) == (size[0] > 80)
            await seen.press("end")
            await seen.until("worker-28 · ")
            assert seen.chosen == "worker-28"

    async def tiny() -> None:
        async with dashboard((30, 8)) as seen:
            await seen.until("30 agents")
            await seen.press("j", "v")
            await seen.until("worker-00 · ")

    for size in SIZES:
        asyncio.run(scene(size))
    asyncio.run(tiny())


def test_the_health_of_an_agent_is_a_mark_and_a_word(daemon: Daemon) -> None:
    spawn(daemon, "gone", "sleep 0.4; exit 7")
    spawn(daemon, "busy", "while :; do date; sleep 0.2; done")

    async def scene() -> None:
        async with dashboard() as seen:
            await seen.until("✗ dead", "● working", "✗ 1 dead", "● 1 working")
            await seen.press("G")
            await seen.until("gone · ✗ dead · ", "end: ended with exit code 7")

    play(scene)


def test_agents_are_spawned_typed_to_and_killed_from_the_keyboard(
    daemon: Daemon, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program that the daemon, started before, does not know of.
    put_program(tmp_path, "only-here", "exec cat")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def scene() -> None:
        async with dashboard() as seen:
            await seen.until("0 agents", "n makes a new one")
            await seen.press("n")
            await seen.until("new agent")
            await seen.write("bad name")
            await seen.press("enter")
            await seen.until("name must be")
            await seen.press(*["backspace"] * 8)
            await seen.write("w-1")
            await seen.press("tab", "tab", "tab", "tab")
            await seen.write("only-here")
            await seen.press("enter")
            await seen.until("1 agent ", "w-1", without="new agent")
            assert daemon.client.get("/api/agents/w-1").json()["workdir"] == str(Path.cwd())
            await seen.press("s")
            await seen.until("send to w-1")
            await seen.write("Hallo [du]")
            await seen.press("enter")
            await seen.until("││Hallo [du]", without="send to")
            await seen.press("s")
            await seen.until("send to w-1")
            seen.app.focused.post_message(events.Paste("one\ntwo\n"))
            await seen.until("one␊two")
            await seen.press("enter")
            await seen.until("││one", "││two", without="send to")
            spawn(daemon, "child", parent="w-1")
            await seen.until("└ child")
            await seen.press("d")
            await seen.until("Kill w-1?", "it and 1 below")
            await seen.press("n")
            await seen.until("└ child", without="Kill")
            assert names(daemon) == ["child", "w-1"]
            await seen.press("d")
            await seen.until("Kill w-1?")
            await seen.press("t")
            await seen.until("0 agents")
            assert names(daemon) == []

    play(scene)


def test_the_tree_is_walked_folded_entered_and_searched(daemon: Daemon) -> None:
    for name, parent in (("top", None), ("mid", "top"), ("low", "mid"), ("other", None)):
        spawn(daemon, name, parent=parent)

    async def scene() -> None:
        async with dashboard() as seen:
            await seen.until("4 agents", "└ low")
            await seen.press("j")
            assert seen.chosen == "top"
            await seen.press("h")
            await seen.until("top +2", without="└ low")
            await seen.press("l", "j", "tab")
            await seen.until("agents below mid", without="other")
            await seen.press("shift+tab")
            await seen.until("other", without="below mid")
            assert seen.chosen == "mid"
            await seen.press("slash")
            await seen.write("oth")
            await seen.until("find: oth", without="└ low")
            await seen.press("enter")
            assert seen.chosen == "other"
            await seen.press("escape")
            await seen.until("└ low")
            await seen.press("question_mark")
            await seen.until("keys", "spawn an agent")
            await seen.press("escape", "v")
            await seen.until("─ other · ", without="No projects")
            await seen.press("escape")
            await seen.until("No projects")

    play(scene)


def test_a_word_typed_right_behind_the_slash_is_searched_and_gives_no_orders(daemon: Daemon) -> None:
    spawn(daemon, "dyno")
    spawn(daemon, "other")

    async def scene() -> None:
        async with dashboard() as seen:
            await seen.until("2 agents", "other")
            app: Dashboard = seen.app  # type: ignore[assignment]
            for key in ("slash", *"dyno"):
                # Not through the pilot, which waits after each key: here all of them are there at once.
                app.post_message(events.Key(key, "/" if key == "slash" else key))
            await seen.until("find: dyno", "dyno · ", without="other")
            assert len(seen.app.screen_stack) == 1

    play(scene)
    assert names(daemon) == ["dyno", "other"]


def test_a_terminal_too_small_for_everything_keeps_the_tree(daemon: Daemon) -> None:
    spawn(daemon, "lonely", "echo seen from afar; cat")

    async def scene() -> None:
        async with dashboard((40, 8)) as seen:
            await seen.until("lonely", "●", "? help", without="projects")
            await seen.press("v")
            await seen.until("seen from afar")

    play(scene)


def test_a_new_agent_is_the_chosen_one(daemon: Daemon) -> None:
    spawn(daemon, "a-first")

    async def scene() -> None:
        async with dashboard() as seen:
            await seen.until("a-first")
            await seen.press("n")
            await seen.until("new agent")
            await seen.write("zoe")
            await seen.press("down", "down", "down", "down")
            await seen.write("cat")
            await seen.press("enter")
            await seen.until("zoe · ", without="new agent")
            assert seen.chosen == "zoe"

    play(scene)


def test_events_and_projects_are_added_shown_and_taken_away(daemon: Daemon) -> None:
    spawn(daemon, "w")

    async def scene() -> None:
        async with dashboard() as seen:
            await seen.until("Nothing is scheduled", "No projects")
            await seen.press("e", "n")
            await seen.until("schedule an event")
            await seen.write("Well? [x]")
            await seen.press("tab")
            await seen.write("90")
            await seen.press("tab")
            await seen.write("5m")
            await seen.press("enter")
            await seen.until("dashboard→w Well? [x]", "⟳5m", "1:2", "cancels")
            assert [event["receiver"] for event in daemon.client.get("/api/events").json()["events"]] == ["w"]
            await seen.press("d")
            await seen.until("There are none", "cancels")
            await seen.press("escape", "p", "n")
            await seen.until("new project")
            await seen.write("Ship [it]")
            await seen.press("enter")
            await seen.until("1 Ship [it]", "is done")
            await seen.press("escape")
            await seen.until("projects (1)", without="is done")
            await seen.press("p")
            await seen.until("is done")
            await seen.press("d")
            await seen.until("There are none")
            assert daemon.client.get("/api/projects").json()["projects"] == []

    play(scene)


def test_the_daemon_s_restart_is_survived_even_on_another_port(home: Path) -> None:
    async def scene() -> None:
        async with dashboard() as seen:
            with Daemon() as first:
                spawn(first, "w", "echo still here; cat")
                await seen.until("still here", f":{first.port}")
                first.kill()
                shown = await seen.until("daemon away")
                assert "w " in shown and "still here" in shown
                await seen.press("s")
                await seen.until("send to w")
                await seen.write("x")
                await seen.press("enter")
                await seen.until("The daemon does not run")
                await seen.press("escape")
            with Daemon() as second:
                await seen.until(f":{second.port}", "still here", without="daemon away")
                await seen.press("z")
        assert seen.app.return_value == 0

    play(scene)


class Terminal:
    """A terminal of a given size (a window of a tmux server of its own) in which `omar` is called."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self._socket = str(folder / "terminal")
        command = f"{sys.executable} -P -m omar_daemon.main; echo left with $?; exec cat"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), command)

    def _tmux(self, *argv: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        return subprocess.run(
            ["tmux", "-u", "-S", self._socket, *argv], capture_output=True, text=True, check=True, env=environment
        ).stdout

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def until(self, *texts: str) -> str:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not all(text in (shown := self._tmux("capture-pane", "-p")) for text in texts):
            assert time.monotonic() < deadline, f"never seen: {texts}\n{shown}"
            time.sleep(0.05)
        return shown

    def close(self) -> None:
        self._tmux("kill-server")


def test_omar_on_a_terminal_starts_the_daemon_and_lends_the_terminal_to_an_agent(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared import local_daemon

    monkeypatch.setenv("OMAR_PORT", "0")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal(home, (80, 24))
    try:
        terminal.until("0 agents", "? help")
        assert local_daemon.running() is not None
        terminal.press("n")
        terminal.until("new agent")
        terminal.press("w", "Tab", "Tab", "Tab", "Tab", "cat", "Enter")
        terminal.until("1 agent ", "w · ")
        terminal.press("Enter")
        terminal.until("w · Ctrl-\\ leaves it running")
        terminal.press("typed by hand", "Enter")
        terminal.until("typed by hand")
        terminal.press("C-\\")
        terminal.until("typed by hand", "? help")
        terminal.press("q")
        terminal.until("Agents and daemon go on")
        terminal.press("y")
        terminal.until("left with 0")
        assert local_daemon.running() is not None
    finally:
        terminal.close()
        subprocess.run([sys.executable, "-P", "-m", "omar_daemon.main", "down"], capture_output=True, check=True)


def test_in_a_pipe_omar_is_omar_status(home: Path) -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "omar_daemon.main"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "The daemon does not run. Start it with `omar up`.\n")
