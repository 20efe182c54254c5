"""Nothing of what a person typed, read or was called leaves the machine: words planted everywhere are not sent."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from omas_cli.commands import export, scan, upload
from omas_cli.server import Target
from shared import credentials, paths
from tests.omas_cli.fake_server import Answer, FakeServer
from tests.shared.transcripts.claude_lines import write

CANARY = "CANARY"
PLACES = (
    "path", "branch", "prompt", "answer", "thinking", "toolinput", "code", "output", "model", "user", "agentprompt",
    "agenttype", "description", "summary", "version", "toolname", "details", "attachment",
)  # fmt: skip


def word(place: str) -> str:
    assert place in PLACES
    return f"{CANARY}-{place}"


def plant(home: Path) -> None:
    """A session in which every field that can hold words holds a canary."""
    base = {
        "sessionId": "session-1", "cwd": f"/home/{word('user')}/{word('path')}", "gitBranch": word("branch"),
        "version": word("version"), "userType": "external", "isSidechain": False, "slug": word("summary"),
    }  # fmt: skip

    def at(minute: float) -> str:
        return f"2026-03-02T10:{int(minute):02d}:{int(minute * 60) % 60:02d}.000Z"

    lines = [
        {**base, "type": "summary", "summary": word("summary")},
        {**base, "type": "user", "uuid": "u1", "timestamp": at(0),
         "message": {"role": "user", "content": word("prompt")}},
        {**base, "type": "attachment", "uuid": "a1", "timestamp": at(0), "attachment": {"text": word("attachment")}},
    ]  # fmt: skip
    for number in range(1, 15):
        spawn = number == 1
        asked = (
            {"prompt": word("agentprompt"), "subagent_type": word("agenttype"), "description": word("description")}
            if spawn
            else {"command": word("toolinput"), "content": word("code"), "file_path": f"/x/{word('path')}"}
        )
        call = {
            "type": "tool_use", "id": f"t{number}", "name": "Task" if spawn else word("toolname"), "input": asked
        }  # fmt: skip
        blocks = [{"type": "thinking", "thinking": word("thinking")}, {"type": "text", "text": word("answer")}, call]
        message = {"id": f"m{number}", "role": "assistant", "model": word("model"), "content": blocks}
        answered = {"type": "tool_result", "tool_use_id": f"t{number}", "content": word("output")}
        lines += [
            {**base, "type": "assistant", "uuid": f"r{number}", "timestamp": at(number), "message": message},
            {**base, "type": "user", "uuid": f"x{number}", "timestamp": at(number + 0.5),
             "toolUseResult": {"stdout": word("details")}, "message": {"role": "user", "content": [answered]}},
        ]  # fmt: skip
    path = write(home / ".claude" / "projects" / f"-home-{word('path')}" / "session-1.jsonl", lines)
    os.utime(path, (time.time() - 7200,) * 2)


def test_no_planted_word_is_in_the_bytes_that_are_sent(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("USER", "LOGNAME", "HOSTNAME"):
        monkeypatch.setenv(name, word("user"))
    plant(home)
    scan.run(since=None, project=None, tools=[], force=False, verbose=False, json=False)
    capsys.readouterr()
    export.run(since=None, project=None, tools=[], as_csv=False, as_html=False, as_json=True, target=None)
    assert CANARY in capsys.readouterr().out, "the words were not even read"
    with FakeServer(lambda _sessions: Answer(500, {"error": "later"})) as server:
        credentials.write("omas", Target(server.url).credential, "key")
        options = {"dry_run": False, "retry_only": False, "quiet": True, "include_active": False}
        with pytest.raises(Exception, match="kept"):
            upload.run(server_url=server.url, **options)
        [(_, path, headers, body)] = server.requests
    sent = f"{path}\n{headers}\n".encode() + body
    assert json.loads(body)["sessions"][0]["total_tool_calls"] == 14
    assert CANARY.encode() not in sent and CANARY.lower().encode() not in sent.lower()
    assert CANARY not in paths.upload_queue().read_text()
