"""The real agent CLIs under the real daemon: spawned, prompted, asked, interrupted, killed – and what they leave."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.backends.homes import environment, prepare
from tests.backends.programs import Program
from tests.backends.suite import Suite, suite_environment
from tests.daemon import Daemon
from tests.fakes.agent_scripts import Cli, edit_and_commit, shell, usage
from tests.fakes.model_process import running_model

pytestmark = [pytest.mark.backends, pytest.mark.timeout(240)]
CLIS: tuple[Cli, ...] = ("claude", "codex", "opencode")
CONTENT = "def greet():\n    return 'hello'\n"
TASK = "Write greeting.py.\nCommit it, and say when it's done – trailing; -leading 100% #{x}"
# Started so, the program asks before it runs a command.
ASKING: dict[Cli, str] = {
    "claude": "claude",
    "codex": "codex --no-daemon --no-alt-screen --ask-for-approval on-request --sandbox workspace-write",
    "opencode": "opencode",
}


@contextmanager
def suite_with(program: Program, folder: Path, home: Path, script: dict[str, Any]) -> Iterator[Suite]:
    """The daemon, the model and a home in which `program` works without first-run dialogs."""
    with running_model(home / "model", script) as model:
        prepare(program, home, folder, model.url)
        variables = suite_environment(environment(program, home, model.url))
        with Daemon(environment=variables):
            yield Suite(variables, folder, model)


def asking_script(cli: Cli, command: str) -> dict[str, Any]:
    call = shell(cli, command)
    if cli == "codex":
        call["input"] |= {"sandbox_permissions": "require_escalated", "justification": "May I?"}
    return {"aside": "A title", "turns": [{"text": "I will ask.", "tools": [call]}], "after": "It is through."}


def make_it_ask(cli: Cli, home: Path) -> dict[str, str]:
    """Variables that make `cli` ask; opencode knows no such flag."""
    if cli != "opencode":
        return {}
    settings = home / "asking.json"
    settings.write_text(json.dumps({"permission": {"bash": "ask", "edit": "ask"}}))
    return {"OPENCODE_CONFIG": str(settings)}


def first_question(suite: Suite) -> str:
    """All the text of the first conversation request the model got."""
    asked = [entry["body"] for entry in suite.model.requests() if entry["body"].get("tools")]
    return json.dumps(asked[0], ensure_ascii=False)


def prompt_given(cli: Cli, asked: str) -> str:
    """The prompt template as it reached the agent: an older Codex is pointed to a private file that holds it."""
    if cli != "codex" or "You are an omar agent" in asked:
        return asked
    pointed = re.search(r"Your instructions are in the file (\S+)\. ", asked)
    assert pointed, "codex got no developer instructions"
    prompt = Path(pointed[1])
    assert stat.S_IMODE(prompt.stat().st_mode) == 0o600
    return prompt.read_text()


@pytest.mark.parametrize("cli", CLIS)
def test_a_spawned_agent_gets_its_task_edits_a_file_and_commits(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    script = edit_and_commit(cli, repository / "greeting.py", CONTENT, "Add a greeting")
    with suite_with(installed(cli), repository, home, script) as suite:
        suite.run("omar", "spawn", "worker", "--backend", cli, "--workdir", str(repository), "--task", TASK)
        suite.wait("worker", "the commit", lambda: suite.git("log", "-1", "--format=%s") == "Add a greeting")
        assert suite.git("show", "HEAD:greeting.py") + "\n" == CONTENT
        assert suite.show("worker")["prompt_delivery"] == "delivered"
        asked = first_question(suite)
        assert "YOUR NAME: worker" in asked
        assert json.dumps(TASK, ensure_ascii=False)[1:-1] in asked
        assert "You are an omar agent" in prompt_given(cli, asked)
        suite.wait_for_health("worker", "idle", seconds=8 if cli == "claude" else 40)
        suite.run("omar", "kill", "worker")
        assert suite.json("omar", "list")["agents"] == []
        assert [entry["turn"] for entry in suite.model.turns()] == [0, 1, 2]


@pytest.mark.parametrize("cli", CLIS)
def test_a_permission_question_is_seen_as_waiting_and_can_be_answered(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    script = asking_script(cli, "touch allowed")
    with suite_with(installed(cli), repository, home, script) as suite:
        words = ["--command", ASKING[cli], "--workdir", str(repository), "--task", "Touch a file."]
        passed = [word for pair in make_it_ask(cli, home).items() for word in ("--env", "=".join(pair))]
        suite.run("omar", "spawn", "asker", *words, *passed)
        suite.wait("asker", "the model's turn", suite.model.turns)
        suite.wait_for_health("asker", "waiting", seconds=10)
        assert not (repository / "allowed").exists()
        suite.run("omar", "send", "asker", "--raw", "-", typed="\r")
        suite.wait("asker", "the file", (repository / "allowed").exists)
        suite.wait_for_health("asker", "idle", "working")


@pytest.mark.parametrize("cli", CLIS)
def test_escape_interrupts_a_running_turn_and_the_agent_can_be_killed(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    turns = [{"text": "word " * 40, "pause": 20}]
    with suite_with(installed(cli), repository, home, {"aside": "A title", "turns": turns}) as suite:
        suite.run("omar", "spawn", "talker", "--backend", cli, "--workdir", str(repository), "--task", "Talk.")
        suite.wait("talker", "the model's turn", suite.model.turns)
        suite.wait_for_health("talker", "working", seconds=10)
        for _ in range(2 if cli == "opencode" else 1):
            suite.run("omar", "send", "talker", "--raw", "-", typed="\x1b")
        suite.wait("talker", "the end of the stream", lambda: suite.model.turns()[0]["disconnected"], seconds=30)
        suite.run("omar", "kill", "talker")
        assert suite.json("omar", "list")["agents"] == []


@pytest.mark.parametrize("cli", CLIS)
def test_an_event_goes_round_a_half_typed_text(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    # Lines of a longer one cannot be taken out of opencode: the next test.
    draft = "only one line -n" if cli == "opencode" else "one line\nand another -n"
    turns = [{"text": "I listen."}, {"text": "I heard it."}, {"text": "Now I heard all."}]
    with suite_with(installed(cli), repository, home, {"aside": "A title", "turns": turns}) as suite:
        suite.run("omar", "spawn", "worker", "--backend", cli, "--workdir", str(repository), "--task", "Listen.")
        suite.wait("worker", "the first answer", lambda: "I listen." in suite.show("worker")["output_tail"])
        suite.wait_for_health("worker", "idle", "working")
        suite.run("omar", "send", "worker", "--no-enter", "-", typed=draft)
        suite.wait("worker", "the draft", lambda: draft.split("\n")[-1] in suite.show("worker")["output_tail"])
        suite.run("omar", "event", "schedule", "worker", "Status, please.")
        suite.wait("worker", "the second turn", lambda: len(suite.model.turns()) > 1)
        said = last_words(suite)
        assert "Status, please." in said and draft.split("\n")[-1] not in said
        suite.wait("worker", "the answer", lambda: "I heard it." in suite.show("worker")["output_tail"])
        suite.wait("worker", "the draft again", lambda: draft.split("\n")[-1] in after_answer(suite))
        suite.run("omar", "send", "worker", "--raw", "-", typed="\r")
        suite.wait("worker", "the third turn", lambda: len(suite.model.turns()) > 2)
        assert json.dumps(draft)[1:-1] in last_words(suite) and "Status, please." not in last_words(suite)


def test_an_event_waits_behind_several_lines_that_opencode_would_not_let_go_of_one_by_one(
    installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    turns = [{"text": "I listen."}, {"text": "I read it."}, {"text": "I heard it."}]
    draft = "one line\nand another -n"
    with suite_with(installed("opencode"), repository, home, {"aside": "A title", "turns": turns}) as suite:
        suite.run("omar", "spawn", "worker", "--backend", "opencode", "--workdir", str(repository), "--task", "Listen.")
        suite.wait("worker", "the first answer", lambda: "I listen." in suite.show("worker")["output_tail"])
        suite.wait_for_health("worker", "idle", "working")
        suite.run("omar", "send", "worker", "--no-enter", "-", typed=draft)
        suite.wait("worker", "the draft", lambda: "and another -n" in suite.show("worker")["output_tail"])
        suite.run("omar", "event", "schedule", "worker", "Status, please.")
        suite.wait("worker", "the reason", lambda: "several lines" in reason(suite), 10)
        suite.run("omar", "send", "worker", "")
        suite.wait("worker", "the draft's turn", lambda: len(suite.model.turns()) > 1)
        assert any(json.dumps(draft)[1:-1] in json.dumps(request["body"]) for request in suite.model.requests())
        suite.wait("worker", "the event", lambda: "Status, please." in last_words(suite))


@pytest.mark.parametrize("cli", CLIS)
def test_an_event_waits_behind_a_paste_that_is_shown_collapsed_and_outside_a_shell_mode(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    pasted = "\n".join(
        f"pasted line {number} with some words in it, for a short paste is shown" for number in range(30)
    )
    turns = [{"text": "I listen."}, {"text": "I read it."}, {"text": "I heard it."}]
    with suite_with(installed(cli), repository, home, {"aside": "A title", "turns": turns}) as suite:
        suite.run("omar", "spawn", "worker", "--backend", cli, "--workdir", str(repository), "--task", "Listen.")
        suite.wait("worker", "the first answer", lambda: "I listen." in suite.show("worker")["output_tail"])
        suite.wait_for_health("worker", "idle", "working")
        suite.run("omar", "send", "worker", "--no-enter", "--raw", "-", typed="!")
        suite.run("omar", "event", "schedule", "worker", "Status, please.")
        suite.wait("worker", "the reason", lambda: "shell" in reason(suite), 10)
        leave = {"claude": "\x7f", "codex": "\x03", "opencode": "\x1b"}[cli]
        suite.run("omar", "event", "cancel", suite.json("omar", "event", "list")["events"][0]["id"])
        suite.run("omar", "send", "worker", "--no-enter", "--raw", "-", typed=leave)
        suite.run("omar", "send", "worker", "--no-enter", "-", typed=f"before {pasted}")
        suite.wait("worker", "the sign", lambda: "[Pasted" in suite.show("worker")["output_tail"])
        suite.run("omar", "event", "schedule", "worker", "Status, please.")
        suite.wait("worker", "the reason", lambda: "collapsed paste" in reason(suite), 10)
        assert len(suite.model.turns()) == 1
        suite.run("omar", "send", "worker", "")
        suite.wait("worker", "the paste", lambda: len(suite.model.turns()) > 1)
        suite.wait("worker", "the event", lambda: "Status, please." in last_words(suite))


def reason(suite: Suite) -> str:
    return " ".join(event.get("reason", "") for event in suite.json("omar", "event", "list")["events"])


def after_answer(suite: Suite) -> str:
    return str(suite.show("worker")["output_tail"]).rpartition("I heard it.")[2]


def last_words(suite: Suite) -> str:
    """The newest message of a person that the model got."""
    body = [entry["body"] for entry in suite.model.requests() if entry["body"].get("tools")][-1]
    messages = body.get("messages") or body["input"]
    return json.dumps([one for one in messages if one.get("role") == "user"][-1], ensure_ascii=False)


def test_the_anchor_of_claudes_commit_names_its_session_and_the_session_is_scored(
    installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    script = edit_and_commit("claude", repository / "greeting.py", CONTENT, "Add a greeting")
    with suite_with(installed("claude"), repository, home, script) as suite:
        suite.run("oobo", "install", "--yes")
        suite.run("oobo", "auth", "login", "--local")
        suite.run("omar", "spawn", "worker", "--backend", "claude", "--workdir", str(repository), "--task", TASK)
        suite.wait("worker", "the commit", lambda: suite.git("log", "-1", "--format=%s") == "Add a greeting")
        key = suite.run("omar", "keys", "create", "reader", "--scope", "anchors").strip()
        anchor = suite.wait("worker", "the anchor", lambda: read_anchor(suite, key))
        (log,) = (home / ".claude" / "projects").rglob("*.jsonl")
        (session,) = anchor["sessions"]
        assert (session["session_id"], session["agent"], session["link_type"]) == (log.stem, "claude", "explicit")
        # The worker reads the log while the turn goes on: with or without the response that says it is done.
        assert (session["input_tokens"], session["output_tokens"]) in ((300, 30), (600, 60))
        assert (session["tool_calls"], session["is_estimated"]) == (2, False)
        assert (anchor["author_type"], anchor["ai_percentage"], anchor["ai_added"]) == ("agent", 100.0, 2)
        suite.wait("worker", "the end of the log", lambda: "is written and committed" in log.read_text())
        suite.run("omas", "scan")
        scored = suite.json("omas", "show", log.stem)
    assert (scored["total_tool_calls"], scored["total_human_messages"]) == (2, 1)
    assert scored["trust"]["tool_calls_per_human_message"] == 2.0
    assert scored["local"]["tool"] == "claude"
    assert scored["local"]["tokens"] == sum_of_usage(3)


def test_the_tokens_of_claudes_log_are_the_ones_that_ccusage_counts(
    installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    script = edit_and_commit("claude", repository / "greeting.py", CONTENT, "Add a greeting")
    with suite_with(installed("claude"), repository, home, script) as suite:
        command = ["claude", "-p", "Write it.", "--dangerously-skip-permissions"]
        subprocess.run(command, cwd=repository, env=suite.environment, check=True, timeout=60, stdin=subprocess.DEVNULL)
        counted = counted_by_ccusage(installed("ccusage"), suite)
        suite.run("omas", "scan")
        (session,) = suite.json("omas", "list")["sessions"]
    assert session["local"]["tokens"] == counted == sum_of_usage(3)


def read_anchor(suite: Suite, key: str) -> Any:
    import urllib.error
    import urllib.request

    url = json.loads(suite.run("omar", "status", "--json"))["url"]
    request = urllib.request.Request(f"{url}/anchors/{suite.git('rev-parse', 'HEAD')}")
    request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["anchor"]
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return None


def sum_of_usage(responses: int) -> dict[str, int]:
    """Tokens of the scripted responses."""
    told = [usage(number) for number in range(1, responses + 1)]
    return {
        name: sum(entry.get(name, 0) for entry in told) for name in ("input", "output", "cache_read", "cache_creation")
    }


def counted_by_ccusage(program: Program, suite: Suite) -> dict[str, int]:
    """The same log, read by an independent program."""
    command = [str(program.executable), "session", "--offline", "--json"]
    done = subprocess.run(command, env=suite.environment, capture_output=True, text=True, check=True, timeout=60)
    (row,) = json.loads(done.stdout)["sessions"]
    return {
        "input": row["inputTokens"],
        "output": row["outputTokens"],
        "cache_read": row["cacheReadTokens"],
        "cache_creation": row["cacheCreationTokens"],
    }
