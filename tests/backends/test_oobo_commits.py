"""The real agent CLIs commit in a repository with the hooks: the anchor names session, model, tokens and lines."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backends.homes import environment, prepare
from tests.backends.programs import Program
from tests.backends.suite import Suite, suite_environment
from tests.fakes.agent_scripts import ASIDE, Cli, edit_and_commit, shell, usage, write
from tests.fakes.model_process import RunningModel, running_model
from tests.oobo_hooks.scene import line_kinds

pytestmark = [pytest.mark.backends, pytest.mark.timeout(240)]
CLIS: tuple[Cli, ...] = ("claude", "codex", "opencode")
CONTENT = "def greet():\n    return 'hello'\n"
ONE_SHOT: dict[str, list[str]] = {
    "claude": ["claude", "-p", "--dangerously-skip-permissions", "Do the work."],
    "codex": ["codex", "exec", "--dangerously-bypass-approvals-and-sandbox", "Do the work."],
    "opencode": ["opencode", "run", "Do the work."],
}
LINK_SECONDS = 30.0


def agent(program: Program, folder: Path, home: Path, model: RunningModel) -> Suite:
    """`program` with settings in `home`, ready to work in `folder`; the suite's commands beside it."""
    prepare(program, home, folder, model.url)
    return Suite(suite_environment(environment(program, home, model.url)), folder, model)


def run(suite: Suite, cli: Cli) -> None:
    """One turn of the agent, to its end."""
    done = subprocess.run(
        ONE_SHOT[cli],
        cwd=suite.folder,
        env=suite.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, f"{cli}: {done.stdout}{done.stderr}"


def anchor_of(suite: Suite) -> dict[str, Any]:
    """The anchor of HEAD, as `oobo show` tells it, waited for."""
    deadline = time.monotonic() + LINK_SECONDS
    while True:
        known = {one["commit_hash"]: one for one in suite.json("oobo", "anchors")}
        if suite.git("rev-parse", "HEAD") in known:
            found: dict[str, Any] = suite.json("oobo", "show", "HEAD")
            return found
        assert time.monotonic() < deadline, "the anchor did not come"
        time.sleep(0.1)


def session_of(cli: Cli, home: Path) -> tuple[str, str | None]:
    """Id and model of the only session, read from the tool's own log by other means than the suite's."""
    if cli == "opencode":
        connection = sqlite3.connect(f"file:{home}/.local/share/opencode/opencode.db?mode=ro", uri=True)
        (row,) = connection.execute("SELECT id FROM session").fetchall()
        connection.close()
        return str(row[0]), "stub"
    pattern = "projects/*/*.jsonl" if cli == "claude" else "sessions/*/*/*/*.jsonl"
    (log,) = (home / f".{cli}").glob(pattern)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    if cli == "claude":
        return log.stem, next(line["message"]["model"] for line in lines if line["type"] == "assistant")
    return next(line["payload"]["id"] for line in lines if line["type"] == "session_meta"), "stub"


def totals(name: str) -> set[int]:
    """The sum over the first one, two and three responses: the log may be behind or ahead of the commit."""
    return {sum(usage(number)[name] for number in range(1, last + 1)) for last in (1, 2, 3)}


@pytest.mark.parametrize("cli", CLIS)
def test_a_commit_inside_an_agent_names_its_session_model_tokens_and_lines(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    script = edit_and_commit(cli, repository / "greeting.py", CONTENT, "Add a greeting")
    with running_model(home / "model", script) as model:
        suite = agent(installed(cli), repository, home, model)
        suite.run("oobo", "install", "--yes")
        run(suite, cli)
        anchor = anchor_of(suite)
        told = suite.json("oobo", "explain", "HEAD")
    (session,) = anchor["sessions"]
    session_id, model_name = session_of(cli, home)
    assert (session["session_id"], session["agent"], session["model"]) == (session_id, cli, model_name)
    assert (session["link_type"], session["is_estimated"]) == ("explicit", False)
    assert session["input_tokens"] in totals("input")
    assert session["output_tokens"] in totals("output")
    assert session["cache_read_tokens"] in totals("cache_read")
    assert (anchor["author_type"], anchor["ai_added"], anchor["human_added"]) == ("agent", 2, 0)
    assert line_kinds(anchor, "greeting.py") == {1: "ai", 2: "ai"}
    assert session["files_touched"] == ["greeting.py"]
    assert told["sessions"][0]["lines"] == 2


@pytest.mark.parametrize(("first", "second"), [("claude", "codex"), ("codex", "opencode"), ("opencode", "claude")])
def test_two_agents_in_one_worktree_with_a_person_between_keep_their_lines_apart(
    first: Cli, second: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    shared_file, own_file = repository / "shared.py", repository / "own.py"
    scripts = {
        first: [{"tools": [write(first, shared_file, "first = 1\nfirst = 2\n")], "usage": usage(1)}, {"text": "Done."}],
        second: [
            {"tools": [write(second, own_file, "second = 1\n")], "usage": usage(1)},
            {"tools": [shell(second, "echo 'second = 2' >> shared.py")], "usage": usage(2)},
            {"tools": [shell(second, "git add -A && git commit -q -m 'All of it'")], "usage": usage(3)},
            {"text": "Done."},
        ],
    }
    sessions = {}
    for cli in (first, second):
        with running_model(home / f"model-{cli}", {"aside": ASIDE, "turns": scripts[cli]}) as model:
            suite = agent(installed(cli), repository, home, model)
            if cli == first:
                suite.run("oobo", "install", "--yes")
            run(suite, cli)
            sessions[cli] = session_of(cli, home)[0]
            if cli == first:
                shared_file.write_text(
                    shared_file.read_text().replace("first = 2", "first = 'by hand'") + "by_hand = 1\n"
                )
                (repository / "notes.txt").write_text("by hand\n")
            else:
                anchor = anchor_of(suite)
    assert shared_file.read_text() == "first = 1\nfirst = 'by hand'\nby_hand = 1\nsecond = 2\n"
    links = {one["agent"]: (one["session_id"], one["link_type"]) for one in anchor["sessions"]}
    assert links == {first: (sessions[first], "inferred"), second: (sessions[second], "explicit")}
    owners = {
        (change["path"], span["start"]): entry["session_id"]
        for change in anchor["file_changes"]
        for entry in change["line_attributions"]
        for span in entry["ranges"]
        if entry["author"] == "ai"
    }
    assert owners == {
        ("own.py", 1): sessions[second],
        ("shared.py", 1): sessions[first],
        ("shared.py", 4): sessions[second],
    }
    assert line_kinds(anchor, "shared.py") == {1: "ai", 2: "human", 3: "human", 4: "ai"}
    assert line_kinds(anchor, "notes.txt") == {1: "human"}
    assert (anchor["added"], anchor["ai_added"], anchor["human_added"]) == (6, 3, 3)
