"""Starting the fake model as a process of its own and asking what it served."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class RunningModel:
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Without /v1: what ANTHROPIC_BASE_URL takes; OpenAI clients want `url + "/v1"`."""
        return f"http://127.0.0.1:{self.port}"

    def served(self) -> list[dict[str, Any]]:
        """Model answers so far, asides included, oldest first (see `model_server.Served`)."""
        answer: list[dict[str, Any]] = self._get("/fake/served")["served"]
        return answer

    def turns(self) -> list[dict[str, Any]]:
        """Answers that belong to a conversation (no asides)."""
        return [entry for entry in self.served() if entry["turn"] is not None]

    def requests(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._get("/fake/requests")["requests"]
        return answer

    def rewrite(self, script: dict[str, Any]) -> None:
        body = json.dumps(script).encode()
        request = urllib.request.Request(f"{self.url}/fake/script", data=body, method="PUT")
        with urllib.request.urlopen(request, timeout=5) as answer:
            answer.read()

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)


@contextlib.contextmanager
def running_model(folder: Path, script: dict[str, Any]) -> Iterator[RunningModel]:
    """The fake model with `script`, on a free port, its files in `folder`; gone at the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    script_file, log = folder / "model-script.json", folder / "model-requests.jsonl"
    script_file.write_text(json.dumps(script), encoding="utf-8")
    command = [sys.executable, "-m", "tests.fakes.model_server", "--script", str(script_file), "--log", str(log)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdin and process.stdout
        first = process.stdout.readline()
        if not first:
            raise RuntimeError("the fake model did not start")
        yield RunningModel(json.loads(first)["port"], log)
    finally:
        assert process.stdin and process.stdout
        process.stdin.close()
        process.terminate()
        process.wait(10)
        process.stdout.close()
