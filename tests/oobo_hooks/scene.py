"""A stage for the tests of oobo: a real repository with its hooks, session logs like those of Claude Code, commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oobo_hooks import repository as repositories
from oobo_hooks.anchor import candidates
from oobo_hooks.hook import installation, scripts, waiting
from oobo_hooks.hook.worker import Worker
from oobo_hooks.store import anchors, database
from oobo_hooks.store.anchors import LocalAnchor
from shared import paths

DEADLINE_SECONDS = 20.0


def until(condition: Callable[[], Any], what: str, seconds: float = DEADLINE_SECONDS) -> Any:
    """Poll until `condition` gives something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    worker_log = paths.tool_home("oobo") / "worker.log"
    told = worker_log.read_text() if worker_log.exists() else "(no worker log)"
    raise AssertionError(f"{what} did not happen within {seconds} s; worker: {told}")


class Repository:
    """A git repository in a folder of the test."""

    in_background = True
    """Whether its hooks start a worker; else `anchor` and its like work the spool off themselves, at once."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        subprocess.run(["git", "init", "-q", "-b", "main", *options, str(path)], check=True)

    def git(self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
        """stdout of git; the test fails with git's words when git does."""
        done = self.try_git(*arguments, env=env, cwd=cwd)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout.removesuffix("\n")

    def try_git(
        self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.path,
            env={**os.environ, "GIT_EDITOR": "true", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=60,
            check=False,
        )

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str = "work", *options: str, env: Mapping[str, str] | None = None) -> str:
        """Commit everything; returns the new commit's hash."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, *options, env=env)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def common_dir(self) -> Path:
        if (self.path / ".git").is_dir():
            return Path(os.path.realpath(self.path / ".git"))
        return Path(self.git("rev-parse", "--path-format=absolute", "--git-common-dir"))

    def install(self) -> None:
        """Put the hooks in."""
        checkout = repositories.discover(self.path)
        installation.install(checkout)
        if not self.in_background:
            for name in scripts.HOOKS:
                hook = repositories.hooks_dir(checkout) / name
                hook.write_text(hook.read_text().replace("oobo_python=", "oobo_python=/nowhere #"))

    def work(self) -> None:
        """What the worker would do now, done in this process."""
        if not (self.state_dir / "spool.jsonl").exists() and not list(self.state_dir.glob("taken-*")):
            return
        Worker(self.state_dir, linger=0.0, settle=0.0, sends=False).run()

    def anchor(self, commit: str | None = None, seconds: float = DEADLINE_SECONDS) -> dict[str, Any]:
        """The anchor of a commit, waited for."""
        return self.stored(commit, seconds).anchor

    def stored(self, commit: str | None = None, seconds: float = DEADLINE_SECONDS) -> LocalAnchor:
        wanted = commit or self.head
        if not self.in_background:
            self.work()
        found: LocalAnchor = until(lambda: self.find(wanted), f"the anchor of {wanted[:10]}", seconds)
        return found

    def find(self, commit: str) -> LocalAnchor | None:
        with database.opened() as connection:
            known = anchors.find_repository(connection, str(self.common_dir))
            return anchors.find_anchor(connection, known.id, commit) if known else None

    def count(self) -> int:
        """How many anchors there are."""
        if not self.in_background:
            self.work()
        with database.opened() as connection:
            known = anchors.find_repository(connection, str(self.common_dir))
            return anchors.count_anchors(connection, known.id) if known else 0

    @property
    def state_dir(self) -> Path:
        return self.common_dir / "oobo"

    def wait_for_worker(self) -> None:
        """Until the worker has left and nothing waits in the spool."""

        def idle() -> bool:
            left = [*self.state_dir.glob("taken-*"), self.state_dir / "worker.pid", self.state_dir / "spool.jsonl"]
            return not any(path.exists() for path in left)

        until(idle, "the worker's leaving")


def oobo(
    *arguments: str, cwd: Path | None = None, stdin: str | None = None, code: int | None = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    """The real command; `code` is the exit code it must have (None: any)."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "oobo_hooks.main", *arguments],
        cwd=cwd,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=60,
        check=False,
    )
    assert code is None or done.returncode == code, f"oobo {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def oobo_json(*arguments: str, cwd: Path | None = None) -> Any:
    return json.loads(oobo(*arguments, "--json", cwd=cwd).stdout)


class ClaudeSession:
    """A session log that grows as Claude Code 2.1 would write it."""

    def __init__(self, cwd: Path, session_id: str | None = None, *, model: str = "claude-opus-4-8") -> None:
        self.id = session_id or str(uuid.uuid4())
        self._cwd = str(cwd)
        self._model = model
        self._at = datetime.now(UTC) - timedelta(seconds=60)
        encoded = re.sub(r"[^A-Za-z0-9]", "-", self._cwd)
        self.path = Path.home() / ".claude" / "projects" / encoded / f"{self.id}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.says("please do the work")

    def at(self, moment: datetime) -> None:
        """Let the following lines be written at another time."""
        self._at = moment

    def says(self, text: str) -> None:
        """A person's message."""
        self._append("user", {"role": "user", "content": text})

    def uses(
        self, name: str, given: dict[str, Any], *, result: str = "ok", error: bool = False, details: Any = None
    ) -> str:
        """One response that calls a tool, and the tool's answer."""
        call = f"toolu_{uuid.uuid4().hex}"
        content: list[dict[str, Any]] = [{"type": "tool_use", "id": call, "name": name, "input": given}]
        usage = {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2}
        message = {"id": f"msg_{uuid.uuid4().hex}", "role": "assistant", "model": self._model, "content": content}
        self._append("assistant", {**message, "usage": usage})
        answer = {"type": "tool_result", "tool_use_id": call, "content": result, "is_error": error}
        self._append("user", {"role": "user", "content": [answer]}, toolUseResult=details)
        return call

    def writes(self, file: Path, content: str) -> None:
        """A Write of a new or an existing file, done on the disk too."""
        original = file.read_text() if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        details = {
            "type": "update" if original is not None else "create",
            "filePath": str(file),
            "originalFile": original,
        }
        self.uses("Write", {"file_path": str(file), "content": content}, details=details)

    def edits(self, file: Path, old: str, new: str) -> None:
        """An Edit, done on the disk too."""
        text = file.read_text()
        assert text.count(old) == 1
        file.write_text(text.replace(old, new))
        self.uses("Edit", {"file_path": str(file), "old_string": old, "new_string": new})

    def _append(self, kind: str, message: dict[str, Any], **more: Any) -> None:
        self._at += timedelta(milliseconds=50)
        stamp = self._at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        line = {"type": kind, "message": message, "sessionId": self.id, "cwd": self._cwd, "timestamp": stamp}
        line |= {"uuid": str(uuid.uuid4()), "version": "2.1.197"} | more
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def line_kinds(anchor: dict[str, Any], path: str) -> dict[int, str]:
    """Line number → `ai` or `human`, for every line of the file the anchor speaks of."""
    change = next(change for change in anchor["file_changes"] if change["path"] == path)
    return {
        number: entry["author"]
        for entry in change["line_attributions"]
        for span in entry["ranges"]
        for number in range(span["start"], span["end"] + 1)
    }


@pytest.fixture
def repository(tmp_path: Path, home: Path) -> Iterator[Repository]:
    """A repository with the hooks installed; its worker is gone when the test ends."""
    made = Repository(tmp_path / "project")
    made.install()
    yield made
    _stop_worker(made.path / ".git" / "oobo")


@pytest.fixture
def quick(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with hooks that start no worker: what they wrote is worked off when a test asks for an anchor.

    By then git and the logs have told all they will, so nothing is waited for.
    """
    monkeypatch.setattr(waiting, "PAIR_SECONDS", 0.0)
    monkeypatch.setattr(candidates, "LOG_WAIT_SECONDS", 0.0)
    made = Repository(tmp_path / "project")
    made.in_background = False
    made.install()
    return made


def _stop_worker(folder: Path) -> None:
    """End a worker that lingers: it belongs to this test's repository."""
    try:
        pid = int((folder / "worker.pid").read_text().split()[0])
        os.kill(pid, 15)
    except (OSError, ValueError, IndexError):
        return
