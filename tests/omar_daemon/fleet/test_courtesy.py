"""A half-typed text is neither submitted nor lost when an event comes, and a question is left to the person."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omar_daemon.fleet import courtesy, kept
from omar_daemon.fleet.backends import Registry
from omar_daemon.fleet.errors import InputOccupied
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
    if running.is_alive:
        running.close()


@contextlib.contextmanager
def anew(ended: Running) -> Iterator[Running]:
    """The next daemon."""
    running = Running(registry=ended.fleet.options.registry)
    try:
        yield running
    finally:
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


def type_lines(text: str) -> None:
    """As a person does: each line as keys, Ctrl-J between them."""
    for number, line in enumerate(text.split("\n")):
        if number:
            tmux("send-keys", "-t", pane_of("fake"), "C-j")
        tmux("send-keys", "-t", pane_of("fake"), "-l", line)


def paste(text: str) -> None:
    """As a person's terminal does."""
    subprocess.run(
        ["tmux", "-L", paths.tmux_socket(), "load-buffer", "-b", "mine", "-"], input=text.encode(), check=True
    )
    tmux("paste-buffer", "-dpr", "-b", "mine", "-t", pane_of("fake"))


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


@pytest.mark.parametrize("face", sorted(FACES.keys() - {"opencode"}))
def test_a_draft_of_several_lines_with_a_cursor_in_it_stands_there_again(faces: Running, home: Path, face: str) -> None:
    draft = "one line  \n\n    indented\nand the last "
    spawn(faces, home, face)
    type_lines(draft)
    until(lambda: "and the last" in faces.detail("fake")["output_tail"])
    deliver(faces)
    assert told(home) == [EVENT]
    until(lambda: "and the last" in faces.detail("fake")["output_tail"].split("Understood.")[-1])
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == [EVENT, draft])


def test_several_lines_that_would_not_come_out_one_by_one_are_left_alone(faces: Running, home: Path) -> None:
    spawn(faces, home, "opencode")
    type_lines("one line\nand the last")
    until(lambda: "and the last" in faces.detail("fake")["output_tail"])
    with pytest.raises(InputOccupied, match="several lines"):
        deliver(faces)
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == ["one line\nand the last"])
    deliver(faces)
    assert told(home)[-1] == EVENT


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
    with pytest.raises(InputOccupied, match="question"):
        deliver(faces)
    assert told(home) == ["ask me"]
    faces.send("fake", "1", enter=False)
    deliver(faces)
    assert told(home) == ["ask me", EVENT]


COLLAPSED = "\n".join(f"pasted line {number}, long enough to be folded away" for number in range(20))
LONG = "\n".join(f"typed line {number}" for number in range(16))


def put_unreadable(faces: Running, kind: str) -> str:
    """A draft of a person that the screen does not show whole."""
    draft = COLLAPSED if kind == "collapsed" else LONG
    paste(draft) if kind == "collapsed" else type_lines(draft)
    sign = "[Pasted" if kind == "collapsed" else "typed line 15"
    until(lambda: sign in faces.detail("fake")["output_tail"])
    return draft


@pytest.mark.parametrize("kind", ["collapsed", "long"])
@pytest.mark.parametrize("face", FACES)
def test_a_draft_that_cannot_be_read_is_neither_submitted_nor_destroyed(
    faces: Running, home: Path, face: str, kind: str
) -> None:
    spawn(faces, home, face)
    draft = put_unreadable(faces, kind)
    for bring in (deliver, lambda running: running.send("fake", "yes, proceed")):
        with pytest.raises(InputOccupied, match="draft"):
            bring(faces)
    assert told(home) == []
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == [draft])
    deliver(faces)
    assert told(home) == [draft, EVENT]


def test_a_text_that_is_sent_goes_round_a_draft_or_behind_it_when_it_is_forced(faces: Running, home: Path) -> None:
    spawn(faces, home, "claude")
    tmux("send-keys", "-t", pane_of("fake"), "-l", "half a thought ")
    until(lambda: "half a thought" in faces.detail("fake")["output_tail"])
    faces.send("fake", "yes, proceed")
    assert told(home) == ["yes, proceed"]
    until(lambda: "half a thought" in faces.detail("fake")["output_tail"].split("Understood.")[-1])
    faces.do(faces.fleet.send("fake", "and this", enter=True, force=True))
    assert told(home) == ["yes, proceed", "half a thought and this"]


@pytest.mark.parametrize("first", ["one half, ", COLLAPSED])
def test_what_was_sent_without_enter_is_continued_by_the_next_text(faces: Running, home: Path, first: str) -> None:
    spawn(faces, home, "claude")
    faces.send("fake", first, enter=False)
    faces.send("fake", "and the other")
    assert told(home) == [first + "and the other"]


def test_enter_alone_submits_whatever_stands_there(faces: Running, home: Path) -> None:
    spawn(faces, home, "claude")
    draft = put_unreadable(faces, "collapsed")
    faces.send("fake", "")
    until(lambda: told(home) == [draft])


def test_a_draft_that_does_not_come_out_is_left_alone(faces: Running, home: Path) -> None:
    spawn(faces, home, "claude", DEAF_TO="\x15")
    tmux("send-keys", "-t", pane_of("fake"), "-l", "half a thought")
    until(lambda: "half a thought" in faces.detail("fake")["output_tail"])
    for _ in range(2):
        with pytest.raises(InputOccupied, match="could not be taken out"):
            deliver(faces)
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == ["half a thought"])


def test_a_draft_that_a_slow_program_has_not_taken_whole_is_left_alone(faces: Running, home: Path) -> None:
    spawn(faces, home, "claude", SLOW_KEYS="0.8")
    tmux("send-keys", "-t", pane_of("fake"), "-l", "slow")
    until(lambda: "❯ s" in faces.detail("fake")["output_tail"])
    with pytest.raises(InputOccupied, match="still taking"):
        deliver(faces)
    until(lambda: "❯ slow" in faces.detail("fake")["output_tail"])
    deliver(faces)
    assert told(home) == [EVENT]
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == [EVENT, "slow"])


def test_the_first_message_waits_for_a_draft_that_came_before_it(faces: Running, home: Path) -> None:
    setting = {"RECORD": str(home / "told"), "DEAF_SECONDS": "1.0"}
    faces.spawn("fake", command=None, backend="claude", task="Count.", env=setting)
    until(lambda: FACES["claude"].banner in faces.detail("fake")["output_tail"])
    paste(COLLAPSED)
    until(lambda: str(faces.detail("fake")["prompt_delivery"]).startswith("pending: A draft"))
    with pytest.raises(InputOccupied, match="draft"):
        deliver(faces)
    faces.send("fake", "")
    until(lambda: faces.detail("fake")["prompt_delivery"] == "delivered")
    assert told(home) == [COLLAPSED, "YOUR NAME: fake\nYOUR PARENT: ea\nYOUR TASK: Count."]


EIGHT_LINES = "\n".join(f"draft line {number} of mine" for number in range(8))


def put_in_front_of_a_question(faces: Running, home: Path, draft: str = EIGHT_LINES) -> None:
    """A draft that is out of its box, because an event raised a question in its place."""
    spawn(faces, home, "claude")
    type_lines(draft)
    until(lambda: draft.split("\n")[-1] in faces.detail("fake")["output_tail"])
    deliver(faces, "ask me")
    assert told(home) == ["ask me"] and draft not in box_of(faces)


def box_of(faces: Running) -> str:
    return str(faces.detail("fake")["output_tail"]).split("● Understood.")[-1]


def test_an_event_does_not_come_into_a_draft_that_is_being_put_back(faces: Running, home: Path) -> None:
    put_in_front_of_a_question(faces, home)
    faces.send("fake", "1", enter=False)
    events = [f"event {number}" for number in range(6)]
    for event in events:
        deliver(faces, event)
    assert told(home) == ["ask me", *events]
    until(lambda: "draft line 7 of mine" in box_of(faces))
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == ["ask me", *events, EIGHT_LINES])


def test_the_draft_goes_back_before_a_text_that_is_sent(faces: Running, home: Path) -> None:
    put_in_front_of_a_question(faces, home, "half a thought")
    faces.send("fake", "1", enter=False)
    faces.send("fake", "third")
    assert told(home) == ["ask me", "third"]
    until(lambda: "half a thought" in box_of(faces))


@pytest.mark.parametrize("stop", [Running.close, Running.abandon])
def test_a_draft_outlives_the_daemon_however_long_a_question_stands(
    faces: Running, home: Path, monkeypatch: pytest.MonkeyPatch, stop: Callable[[Running], None]
) -> None:
    monkeypatch.setattr(courtesy, "RESTORE_LOOKS", 1)
    put_in_front_of_a_question(faces, home)
    stop(faces)
    with anew(faces) as again:
        time.sleep(2.5)
        again.send("fake", "1", enter=False)
        until(lambda: "draft line 7 of mine" in box_of(again))
        until(lambda: again.detail("fake")["drafts"] == [])
        tmux("send-keys", "-t", pane_of("fake"), "Enter")
        until(lambda: told(home) == ["ask me", EIGHT_LINES])


def kept_draft(faces: Running) -> str:
    """What stands in the only file that the agent's detail names."""
    [path] = until(lambda: faces.detail("fake")["drafts"])
    assert Path(path).stat().st_mode & 0o077 == 0
    return Path(path).read_text()


@pytest.mark.parametrize("restarted", [False, True])
def test_the_draft_of_an_agent_that_died_stays_in_a_file(
    faces: Running, home: Path, caplog: pytest.LogCaptureFixture, restarted: bool
) -> None:
    put_in_front_of_a_question(faces, home)
    assert kept_draft(faces) == EIGHT_LINES
    if restarted:
        faces.close()
    pid = int(tmux("list-panes", "-t", pane_of("fake"), "-F", "#{pane_pid}"))
    os.kill(pid, signal.SIGKILL)
    with anew(faces) if restarted else contextlib.nullcontext(faces) as running:
        until(lambda: "it is kept in" in caplog.text)
        assert kept_draft(running) == EIGHT_LINES and running.detail("fake")["drafts"][0] in caplog.text


def test_a_draft_whose_place_is_taken_stays_in_a_file_and_holds_nothing_up(
    faces: Running, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courtesy, "RESTORE_LOOKS", 2)
    put_in_front_of_a_question(faces, home)
    tmux("send-keys", "-t", pane_of("fake"), "-l", "1another thought")
    until(lambda: faces.detail("fake")["drafts"] != [str(kept.path_of("fake"))])
    deliver(faces, "third")
    assert told(home) == ["ask me", "third"] and kept_draft(faces) == EIGHT_LINES
    until(lambda: "another thought" in box_of(faces))


def test_a_draft_that_cannot_be_kept_is_not_taken_out(faces: Running, home: Path) -> None:
    spawn(faces, home, "claude")
    tmux("send-keys", "-t", pane_of("fake"), "-l", "half a thought")
    until(lambda: "half a thought" in faces.detail("fake")["output_tail"])
    shutil.rmtree(paths.agent_dir("fake"), ignore_errors=True)
    paths.agent_dir("fake").parent.mkdir(exist_ok=True)
    paths.agent_dir("fake").write_text("no folder")
    with pytest.raises(InputOccupied, match="cannot be kept meanwhile"):
        deliver(faces)
    tmux("send-keys", "-t", pane_of("fake"), "Enter")
    until(lambda: told(home) == ["half a thought"])


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


def test_a_person_who_goes_on_typing_after_a_message_is_waited_for(running: Running, home: Path) -> None:
    spawn(running, home, "claude")
    person = attach("fake")
    keys = person.stdin
    assert keys is not None

    def press(letters: bytes) -> None:
        for letter in letters:
            keys.write(bytes([letter]))
            keys.flush()
            time.sleep(0.05)

    try:
        press(b"a message\r")
        until(lambda: told(home) == ["a message"])
        late = asyncio.run_coroutine_threadsafe(running.fleet.deliver("fake", EVENT, _nothing), running._loop)
        time.sleep(0.4)
        press(b"another\r")
        late.result(10)
        assert told(home) == ["a message", "another", EVENT]
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
