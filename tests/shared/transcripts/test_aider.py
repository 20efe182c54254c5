"""Aider: a history written by hand as Aider 0.86 writes it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from shared import transcripts
from shared.transcripts import Detail, Usage
from tests.shared.transcripts.reading import sessions

HISTORY = """
# aider chat started at 2026-03-02 10:00:00

> Aider v0.86.2
> Main model: gpt-9 with diff edit format
> Git repo: .git with 3 files

#### Fix it.
#### Please.

Here is the change.

> Tokens: 3.2k sent, 1.5k cache hit, 120 received. Cost: $0.01 message, $0.01 session.
> Applied edit to a.py
> Commit 1a2b3c4 fix: it
#### /add b.py
> Added b.py to the chat
#### /ask Why?

Because.

> Tokens: 1,000 sent, 80 received.

# aider chat started at 2026-03-02 12:00:00

#### Again.
"""


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = home / "code" / "project"
    folder.mkdir(parents=True)
    path = folder / ".aider.chat.history.md"
    path.write_text(HISTORY)
    os.utime(path, (local("2026-03-02 12:30:00") / 1000,) * 2)
    monkeypatch.chdir(folder)
    return folder


def local(text: str) -> int:
    return round(datetime.fromisoformat(text).astimezone().timestamp() * 1000)


def test_each_heading_begins_a_session_on_the_users_own_clock(project: Path) -> None:
    first, second = sessions("aider")
    assert (first.cwd, first.version, first.model) == (str(project), "0.86.2", "gpt-9")
    assert [human.text for human in first.humans] == ["Fix it.\nPlease.", "/ask Why?"]
    assert [call.name for call in first.tool_calls] == ["edit", "commit"]
    assert [response.usage for response in first.responses] == [Usage(3200, 120, 1500), Usage(1000, 80)]
    assert first.responses[0].text == "Here is the change."
    assert first.started_ms == first.ended_ms == local("2026-03-02 10:00:00")
    assert (second.started_ms, second.ended_ms) == (local("2026-03-02 12:00:00"), local("2026-03-02 12:30:00"))
    assert [human.text for human in second.humans] == ["Again."]


def test_ids_stay_the_same_when_the_history_grows(project: Path) -> None:
    before = [found.id for found in sessions("aider", Detail.COUNTS)]
    with (project / ".aider.chat.history.md").open("a") as file:
        file.write("\n# aider chat started at 2026-03-02 12:00:00\n#### Third.\n")
    after = [found.id for found in sessions("aider", Detail.COUNTS)]
    assert after[:2] == before and len(set(after)) == 3


def test_bytes_that_are_no_text_are_skipped(project: Path) -> None:
    (project / ".aider.chat.history.md").write_bytes(HISTORY.encode() + b"#### \xff\xfe\n#### So.\n")
    _first, second = sessions("aider")
    assert (second.skipped_lines, second.humans[-1].text) == (1, "Again.\nSo.")


def test_histories_of_named_directories_are_found(home: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    assert sessions("aider") == []
    monkeypatch.setenv("OMA_AIDER_DIRS", str(home / "code"))
    first, _ = sessions("aider")
    asked = transcripts.read_session(first.id)
    assert asked is not None and asked.id == first.id
