"""The demo agent: a program that behaves as a coding agent in a terminal, without a model behind it.

    python -P -m omar_daemon.tour.demo_agent

It takes its task as an agent CLI does (typed, or pasted and then Enter), does one small fixed job in the git
repository it stands in – read, edit, test, commit, each for real – and keeps a session log in the form and place of
Claude Code's ($CLAUDE_CONFIG_DIR/projects). It says what it is on its first line. `omar tour` runs it where no real
agent is wanted; it stays at its prompt until it is killed, ^C or ^D.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from omar_daemon.tour.demo_job import Call, job
from omar_daemon.tour.demo_log import SessionLog
from omar_daemon.tour.demo_terminal import Prompt

BANNER = "omar's demo agent – no AI: one small fixed job, done and logged for real"
STEP_SECONDS = 0.08
COMMAND_SECONDS = 20
OUTPUT_CHARACTERS = 4000


def main() -> int:
    """Serve tasks until the terminal closes; 0."""
    done = False
    with Prompt(BANNER) as prompt:
        while (task := prompt.read()) is not None:
            if done:
                prompt.show("The demo agent has one job, and it is done.")
                continue
            done = work(task, Path.cwd(), prompt)
    return 0


def work(task: str, folder: Path, prompt: Prompt) -> bool:
    """Do the job in `folder`; False when it is not the repository the job is made for."""
    if not (folder / "greeting.py").is_file():
        prompt.show("There is no greeting.py here: the demo agent works in the repository that `omar tour` makes.")
        return False
    responses = job()
    log = SessionLog(config_dir(), folder, steps=len(responses))
    prompt.show(f"session {log.session_id}")
    log.person(task)
    for response in responses:
        time.sleep(STEP_SECONDS)
        prompt.show(f"● {response.text}")
        identities = log.model(response)
        for identity, call in zip(identities, response.calls, strict=True):
            prompt.show(f"  ⎿ {call.title}")
            log.result(identity, call, run(call, folder, log.session_id))
    return True


def run(call: Call, folder: Path, session_id: str) -> str:
    """Do what a tool call says and return what the tool answers."""
    if call.name == "Bash":
        return _shell(call.input["command"], folder, session_id)
    path = folder / call.input["file_path"]
    if call.name == "Read":
        return path.read_text(encoding="utf-8")
    if call.name == "Write":
        path.write_text(call.input["content"], encoding="utf-8")
        return f"File created successfully at: {path}"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(call.input["old_string"], call.input["new_string"], 1), encoding="utf-8")
    return f"The file {path} has been updated."


def _shell(command: str, folder: Path, session_id: str) -> str:
    """Run a shell command in the environment in which Claude Code runs its own."""
    marks = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": session_id, "CLAUDE_CODE_ENTRYPOINT": "cli"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, **marks},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    return (done.stdout + done.stderr).strip()[:OUTPUT_CHARACTERS] or "(Bash completed with no output)"


def config_dir() -> Path:
    """Where Claude Code keeps its sessions: $CLAUDE_CONFIG_DIR, else ~/.claude."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR", "").split(",")[0].strip()
    return Path(moved).expanduser() if moved else Path.home() / ".claude"


if __name__ == "__main__":
    sys.exit(main())
