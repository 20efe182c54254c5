"""The suite's own commands as a user types them, around a real agent CLI and the fake model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.model_process import RunningModel

MODULES = {"omar": "omar_daemon", "oobo": "oobo_hooks", "omas": "omas_cli"}


@dataclass(frozen=True)
class Suite:
    """Commands run in `folder` with `environment`; the daemon they use was started with it too."""

    environment: dict[str, str]
    folder: Path
    model: RunningModel

    def run(self, tool: str, *arguments: str, typed: str = "", status: int = 0) -> str:
        """Run one command; its stdout. Any other exit status than `status` fails the test with what it said."""
        command = [sys.executable, "-P", "-m", MODULES[tool], *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=typed, capture_output=True, text=True, timeout=60
        )
        shown = f"{tool} {' '.join(arguments)}"
        assert done.returncode == status, f"{shown}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def json(self, tool: str, *arguments: str) -> Any:
        return json.loads(self.run(tool, *arguments, "--json"))

    def show(self, agent: str) -> dict[str, Any]:
        found: dict[str, Any] = self.json("omar", "show", agent)
        return found

    def wait(self, agent: str, what: str, reached: Callable[[], Any], seconds: float = 60) -> Any:
        """Poll until `reached()` is true-like; its value. Fails with the agent's screen."""
        deadline = time.monotonic() + seconds
        while not (value := reached()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come within {seconds} s; {self.told(agent)}")
            time.sleep(0.1)
        return value

    def wait_for_health(self, agent: str, *wanted: str, seconds: float = 60) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.show(agent)
            return found if found["health"] in wanted else None

        found: dict[str, Any] = self.wait(agent, " or ".join(wanted), look, seconds)
        return found

    def told(self, agent: str) -> str:
        seen = self.show(agent)
        facts = {key: seen.get(key) for key in ("health", "prompt_delivery", "command", "last_output")}
        return f"{facts}; the screen:\n{seen['output_tail']}"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


def suite_environment(own: dict[str, str]) -> dict[str, str]:
    """What the commands and the daemon see: the agent CLI's variables and the homes of this test."""
    homes = {name: value for name, value in os.environ.items() if name.startswith(("OMA", "OOBO_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
    return {**own, **homes, "PATH": path, "SHELL": "/bin/bash"}
