"""The tour with a real agent in the demo agent's place, in a folder the agent has never been asked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omar_daemon.tour.demo_job import TEST
from tests.backends.programs import Program
from tests.backends.test_under_omar import suite_with
from tests.fakes.agent_scripts import ASIDE, shell

pytestmark = [pytest.mark.backends, pytest.mark.timeout(240)]


def script() -> dict[str, Any]:
    """Paths relative to the folder of the tour, which nobody knows beforehand."""
    farewell = "\n\ndef farewell(name: str) -> str:\n    return f'Goodbye for now, {name}.'\n"
    work = f"cat >> greeting.py <<'END'{farewell}END\ncat > test_greeting.py <<'END'\n{TEST}END"
    commit = "git add greeting.py test_greeting.py && git commit -q -m 'Say goodbye, too'"
    turns = [{"tools": [shell("claude", work)]}, {"tools": [shell("claude", commit)]}, {"text": "Done."}]
    return {"aside": ASIDE, "turns": turns}


def test_the_real_claude_takes_the_demo_agents_place(
    installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    with suite_with(installed("claude"), repository, home, script()) as suite:
        logs = home / ".claude" / "projects"
        story = suite.json("omar", "tour", "--backend", "claude")
        assert story["backend"] == "claude"
        assert story["anchor"]["author_type"] == "agent"
        assert story["anchor"]["sessions"][0]["link_type"] == "explicit"
        assert "Goodbye for now" in story["line"]["text"]
        assert story["session"]["total_tool_calls"] == 2
        assert suite.json("omar", "list")["agents"] == []
        assert [path for path in logs.rglob("*") if "omar-tour" in path.name] == []
        assert json.loads(suite.run("omar", "keys", "list", "--json"))["keys"] == []
