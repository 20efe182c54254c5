"""The first message arrives when the program is ready for it, once, and its state can be seen."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from omar_daemon.store import agents as room
from shared import paths
from tests.omar_daemon.fleet.conftest import Running, tmux, until

LONG_TASK = "Write it down.\n" * 200 + "The end of the task."


def told(home: Path) -> list[dict[str, object]]:
    record = home / "told"
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def spawn_agent(running: Running, home: Path, task: str = "Count the files.", **setting: str) -> None:
    running.spawn("fake", command=None, task=task, parent="boss", env={"RECORD": str(home / "told"), **setting})


def delivery(running: Running) -> str:
    return str(running.detail("fake")["prompt_delivery"])


def is_delivered(running: Running) -> bool:
    return delivery(running) == "delivered"


SETTINGS = {
    "at once": {},
    "a slow start": {"START_SECONDS": "1.2"},
    "a banner long before the input box": {"DEAF_SECONDS": "0.8"},
    "the alternate screen": {"ALTERNATE": "1"},
    "an Enter that is swallowed": {"SWALLOW_ENTERS": "1"},
    "a paste that is lost": {"DROP_PASTES": "1"},
}


@pytest.mark.parametrize(
    ("setting", "task"),
    [(setting, "Count the files." if number % 2 else LONG_TASK) for number, setting in enumerate(SETTINGS.values())],
    ids=SETTINGS.keys(),
)
def test_the_first_message_arrives_once_and_whole(
    running: Running, home: Path, setting: dict[str, str], task: str
) -> None:
    spawn_agent(running, home, task, **setting)
    until(lambda: is_delivered(running), 15)
    assert [message["text"] for message in told(home)] == [f"YOUR NAME: fake\nYOUR PARENT: boss\nYOUR TASK: {task}"]


def test_the_prompt_goes_by_a_private_file_with_its_variables_filled(running: Running, home: Path) -> None:
    spawn_agent(running, home, "Find {{NAME}} and keep it.")
    until(lambda: is_delivered(running), 15)
    flag, name = told(home)[0]["argv"]  # type: ignore[misc]
    assert flag == "--append-system-prompt-file"
    prompt = Path(str(name))
    assert prompt.stat().st_mode & 0o777 == 0o600
    text = prompt.read_text()
    assert "You are `fake`" in text and "`boss`" in text and "http://127.0.0.1:9/api/agents" in text
    assert "Find {{NAME}} and keep it." in text
    running.do(running.fleet.kill("fake"))
    assert not prompt.exists()


def test_the_person_s_own_template_wins_and_stays_as_it_is(running: Running, home: Path) -> None:
    own = paths.prompts_dir() / "agent.md"
    own.parent.mkdir(parents=True)
    own.write_text("Mine: {{NAME}} of {{PARENT}} does {{TASK}}")
    spawn_agent(running, home)
    assert (paths.agent_dir("fake") / "prompt.md").read_text() == "Mine: fake of boss does Count the files."
    assert own.read_text() == "Mine: {{NAME}} of {{PARENT}} does {{TASK}}"


def test_a_question_is_left_to_the_person_and_the_message_follows_it(running: Running, home: Path) -> None:
    spawn_agent(running, home, QUESTION="1")
    until(lambda: running.line("fake")["health"] == "waiting", 5)
    assert delivery(running) == "pending" and told(home) == []
    running.send("fake", "1", enter=False)
    until(lambda: is_delivered(running), 10)
    assert len(told(home)) == 1


def test_an_agent_that_ends_before_it_is_ready_says_why_nothing_was_delivered(running: Running, home: Path) -> None:
    spawn_agent(running, home, EXIT_AFTER="0.6", QUESTION="1")
    until(lambda: delivery(running).startswith("failed"))
    assert "ended before" in delivery(running)
    assert until(lambda: running.line("fake").get("exit_code")) == 5


def fake_codex(home: Path, monkeypatch: pytest.MonkeyPatch, help_text: str) -> None:
    bin_dir = home / "bin"
    bin_dir.mkdir()
    program = bin_dir / "codex"
    program.write_text(f'#!/bin/sh\n[ "$1" = --help ] && echo "{help_text}" && exit\necho "$@" > "$HOME/argv"; cat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_dir}:/usr/bin:/bin")


def test_codex_gets_developer_instructions_from_a_profile_file_that_leaves_with_the_agent(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_codex(home, monkeypatch, "Layer $CODEX_HOME/<name>.config.toml on top of the base user config")
    running = Running()
    try:
        running.spawn("fake", command=None, backend="codex", task='Say """hello""" and \\n.')
        argv = until(lambda: (home / "argv").exists() and (home / "argv").read_text()).split()
        profile = home / ".codex" / f"{argv[argv.index('--profile') + 1]}.config.toml"
        assert profile.stat().st_mode & 0o777 == 0o600 and "--no-daemon" in argv
        assert 'Say """hello""" and \\n.' in tomllib.loads(profile.read_text())["developer_instructions"]
        running.do(running.fleet.kill("fake"))
        assert not profile.exists()
    finally:
        running.close()


def test_an_older_codex_is_pointed_to_the_prompt_s_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_codex(home, monkeypatch, "--profile from config.toml")
    running = Running()
    try:
        running.spawn("fake", command=None, backend="codex", task="Count.")
        argv = until(lambda: (home / "argv").exists() and (home / "argv").read_text())
        prompt = paths.agent_dir("fake") / "prompt.md"
        assert str(prompt) in argv and "Count." not in argv and "Count." in prompt.read_text()
    finally:
        running.close()


def test_an_unknown_program_gets_the_first_message_only(running: Running, home: Path) -> None:
    running.spawn("plain", command="cat > got", task="Say hello.")
    until(lambda: running.detail("plain")["prompt_delivery"] == "delivered")
    expected = "YOUR NAME: plain\nYOUR PARENT: ea\nYOUR TASK: Say hello.\n"
    until(lambda: (home / "got").read_text() == expected)
    assert not paths.agent_dir("plain").exists()


def stage_of(running: Running) -> str:
    with running.store.read() as connection:
        return next(record.delivery for record in room.load_all(connection))


@pytest.mark.parametrize("stage", ["pending", "sending", "entering"])
@pytest.mark.parametrize("command", ["fake", "cat"])
def test_after_a_kill_the_message_is_neither_lost_nor_typed_twice(home: Path, stage: str, command: str) -> None:
    running = Running()
    record = home / "told"
    chosen = None if command == "fake" else f"cat > {record}"
    courier = running.fleet.courier
    interrupt(courier, stage)
    running.spawn("fake", command=chosen, task="Once only.", parent="boss", env={"RECORD": str(record)})
    until(lambda: stage_of(running) == stage and getattr(courier, "reached", False))
    running.abandon()
    again = Running()
    try:
        until(lambda: again.detail("fake")["prompt_delivery"] == "delivered", 10)
        until(lambda: record.exists() and record.read_text().count("Once only.") == 1)
        assert tmux("list-buffers") == ""
    finally:
        again.close()


def interrupt(courier: object, stage: str) -> None:
    """Make the courier hang where `kill -9` shall meet it: before the paste, after it, or after Enter."""
    import asyncio

    async def hang(*_: object, **__: object) -> None:
        courier.reached = True  # type: ignore[attr-defined]
        await asyncio.sleep(1000)

    name = {"pending": "wait_ready", "sending": "_wait_shown", "entering": "_left_input"}[stage]
    setattr(courier, name, hang)
