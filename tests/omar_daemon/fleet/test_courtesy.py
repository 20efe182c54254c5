"""A half-typed text is neither submitted nor lost when an event comes, and a question is left to the person."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omar_daemon.fleet import courtesy, drafts
from omar_daemon.fleet.backends import BUILT_IN, Registry
from shared import paths
from tests.fakes.box_tui import FACES
from tests.omar_daemon.fleet.conftest import TUI, Running, pane_of, tmux, until

EVENT = "[EVENT at t=1]\nFrom ea: how is it going?"


@pytest.fixture
def faces(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Every built-in backend is the fake program with its face."""
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("PS1", "$ ")
    commands = {name: {"command": f"env FACE={name} {TUI}"} for name in FACES}
    running = Running(registry=Registry(commands))
    yield running
    running.close()


def told(home: Path) -> list[str]:
    record = home / "told"
    return [json.loads(line)["text"] for line in record.read_text().splitlines()] if record.exists() else []


def spawn(running: Running, home: Path, face: str, **setting: str) -> None:
    running.spawn("fake", command=None, backend=face, env={"RECORD": str(home / "told"), **setting})
    until(lambda: FACES[face].banner in running.detail("fake")["output_tail"])


def deliver(running: Running, text: str = EVENT, name: str = "fake") -> None:
    async def nothing(_phase: str) -> None: ...

    running.do(running.fleet.deliver(name, text, nothing))


def attach(name: str) -> subprocess.Popen[bytes]:
    argv = ["script", "-qfc", f"tmux -L {paths.tmux_socket()} attach -t =omar-agent-{name}", "/dev/null"]
    person = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={"TERM": "xterm", "PATH": "/usr/bin:/bin"}
    )
    until(lambda: tmux("list-clients", "-t", f"=omar-agent-{name}"), 5)
    return person


@pytest.mark.parametrize("face", FACES)
def test_an_event_goes_round_a_draft_and_the_draft_stands_there_again(faces: Running, home: Path, face: str) -> None:
    spawn(faces, home, face)
    tmux("send-keys", "-t", pane_of("fake"), "-l", "half a thought -n")
    until(lambda: "half a thought -n" in faces.detail("fake")["output_tail"])
    deliver(faces)
    assert told(home) == [EVENT]
    until(lambda: "half a thought -n" in faces.detail("fake")["output_tail"].split("Understood.")[-1])
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == [EVENT, "half a thought -n"])


@pytest.mark.parametrize("face", FACES)
def test_a_draft_of_several_lines_with_a_cursor_in_it_stands_there_again(faces: Running, home: Path, face: str) -> None:
    draft = "one line\n\n    indented\nand the last"
    spawn(faces, home, face)
    faces.send("fake", draft, enter=False)
    until(lambda: "and the last" in faces.detail("fake")["output_tail"])
    deliver(faces)
    assert told(home) == [EVENT]
    until(lambda: "and the last" in faces.detail("fake")["output_tail"].split("Understood.")[-1])
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == [EVENT, draft])


@pytest.mark.parametrize("face", FACES)
def test_a_suggestion_in_the_empty_box_is_no_draft(faces: Running, home: Path, face: str) -> None:
    spawn(faces, home, face)
    deliver(faces)
    deliver(faces, "again")
    assert told(home) == [EVENT, "again"]


@pytest.mark.parametrize("face", FACES)
def test_a_question_is_waiting_and_an_event_does_not_answer_it(faces: Running, home: Path, face: str) -> None:
    spawn(faces, home, face)
    deliver(faces, "ask me")
    until(lambda: faces.line("fake")["health"] == "waiting", 3)
    late = asyncio.run_coroutine_threadsafe(faces.fleet.deliver("fake", EVENT, _nothing), faces._loop)
    time.sleep(1.0)
    assert told(home) == ["ask me"] and not late.done()
    faces.send("fake", "1", enter=False)
    late.result(10)
    assert told(home) == ["ask me", EVENT]


async def _nothing(_phase: str) -> None: ...


def test_a_typing_person_is_waited_for(running: Running, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawn(running, home, "claude")
    person = attach("fake")
    try:
        tmux("send-keys", "-t", pane_of("fake"), "-l", "just a mo")
        until(lambda: "just a mo" in running.detail("fake")["output_tail"])
        late = asyncio.run_coroutine_threadsafe(running.fleet.deliver("fake", EVENT, _nothing), running._loop)
        time.sleep(1.0)
        assert told(home) == []
        tmux("send-keys", "-t", pane_of("fake"), "Enter")
        late.result(5)
        assert told(home) == ["just a mo", EVENT]
        monkeypatch.setattr(courtesy, "WAIT_SECONDS", 0.5)
        tmux("send-keys", "-t", pane_of("fake"), "-l", "for ever")
        until(lambda: "for ever" in running.detail("fake")["output_tail"])
        deliver(running, "not for ever")
        assert told(home)[-1] == "not for ever"
    finally:
        person.kill()
        person.communicate()


@pytest.mark.parametrize("command", ["bash --norc", "cat"])
def test_a_draft_at_a_shell_s_prompt_is_put_back(running: Running, home: Path, command: str) -> None:
    running.spawn("sh", command=command)
    answered = {"cat": "echo {}", "bash --norc": "{}"}[command]

    def lines() -> list[str]:
        return str(running.detail("sh")["output_tail"]).splitlines()

    running.send("sh", "echo first")
    until(lambda: answered.format("first") in lines()[1:])
    tmux("send-keys", "-t", pane_of("sh"), "-l", "echo half")
    until(lambda: lines()[-1].endswith("echo half"))
    deliver(running, "echo event", "sh")
    # The program's own answer may come before or behind the draft: what counts is what it is told.
    until(lambda: any(line.endswith(answered.format("event")) for line in lines()))
    assert "echo halfecho event" not in "\n".join(lines()[:-1])
    tmux("send-keys", "-t", pane_of("sh"), "Enter")
    until(lambda: answered.format("half") in lines())


def test_a_long_text_reaches_every_face_whole(faces: Running, home: Path) -> None:
    text = "Write it down.\n" * 200 + "The end."
    for face in FACES:
        faces.spawn(face, command=None, backend=face, env={"RECORD": str(home / "told")})
        until(lambda face=face: FACES[face].banner in faces.detail(face)["output_tail"])
        deliver(faces, text, face)
    assert told(home) == [text] * len(FACES)


CLAUDE = next(backend for backend in BUILT_IN if backend.name == "claude")


@pytest.mark.parametrize(
    ("rows", "draft"),
    [
        (["❯ one", "  two", "────", "  ? for shortcuts"], "one\ntwo"),
        (["────", "❯\xa0one", "", "    > indented", "────", "  ? for shortcuts"], "one\n\n  > indented"),
        (["❯ \x1b[2mTry this\x1b[0m", "────"], ""),
        (["❯ \x1b[38;5;244mTry this\x1b[39m", "────"], ""),
        (["❯ \x1b[31mred is typed\x1b[39m", "────"], "red is typed"),
        (["\x1b[1m❯\x1b[22m typed \x1b[2mand suggested\x1b[22m"], "typed"),
        (["nothing here"], None),
    ],
)
def test_what_stands_in_a_box_is_told_from_what_it_suggests(rows: list[str], draft: str | None) -> None:
    assert drafts.in_box(rows, CLAUDE, 120) == draft


def test_a_box_without_a_frame_ends_above_the_status_line_and_its_wrapped_rows_are_one_line() -> None:
    codex = next(backend for backend in BUILT_IN if backend.name == "codex")
    words = " ".join(f"word{number}" for number in range(9))
    rows = [f"› {words}", "  nextword goes on", "", "  " + "x" * 60, "  xxx", "  end", "", "  stub default · /work"]
    assert drafts.in_box(rows, codex, 62) == f"{words} nextword goes on\n\n{'x' * 63}\nend"
    old = ["› an old message", "", "• An answer.", "", "› new", "", "  stub default · /work", "  f2 to view"]
    assert drafts.in_box(old, codex, 62) == "new"


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("one\ntwo", "one", "\ntwo"),
        ("one\ntwo", "two", "one\n"),
        ("abc", "abc", ""),
        ("aXb", "ab", "X"),
        ("aaa", "a", "aa"),
    ],
)
def test_what_was_erased_in_vain_is_known(before: str, after: str, lost: str) -> None:
    assert drafts.missing(before, after) == lost
