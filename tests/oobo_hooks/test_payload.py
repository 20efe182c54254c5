"""Canaries: a secret of every listed kind in every field that can carry text never reaches the wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oobo_hooks import payload
from oobo_hooks.anchor import evidence
from oobo_hooks.anchor.linking import Link
from oobo_hooks.commands import share
from shared import transcripts
from shared.redact import Places
from shared.wire.anchors import Anchor, FileChange, SessionLink
from tests.oobo_hooks.scene import ClaudeSession
from tests.shared.redact import corpus, situations
from tests.shared.redact.test_secrets import PROVIDER_KEYS, SENTENCES

COMMIT = "4f2a" * 10
UUID = "3f2b7f0e-5b8e-4d3c-9a43-0b6d6b3c9f11"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0canary0\n-----END RSA PRIVATE KEY-----"
KINDS: list[tuple[str, str]] = [
    *((key, key) for key in PROVIDER_KEYS),
    *((text, secret) for text, secret in SENTENCES if secret is not None),
    (PEM, "MIIEowIBAAKCAQEA0canary0"),
]


def session_with(text: str, cwd: Path) -> ClaudeSession:
    """The text said, asked, answered, thought and at the edge of what is cut."""
    session = ClaudeSession(cwd)
    say_everywhere(session, text)
    return session


def say_everywhere(session: ClaudeSession, text: str) -> None:
    session.says(text)
    session.uses("Bash", {"command": text}, result=text)
    session.uses("Bash", {"command": "x" * 290 + "\n" + text}, result="y" * 490 + "\n" + text)
    session.uses("Task", {"description": text, "prompt": text})
    session.uses("Grep", {"pattern": text}, result=text, error=True)
    session._append("assistant", {
        "id": "msg_t", "role": "assistant", "model": "m",
        "content": [{"type": "thinking", "thinking": text}, {"type": "text", "text": text}],
    })  # fmt: skip


def wire(text: str, cwd: Path, mode: str) -> dict[str, Any]:
    session = transcripts.read_session(session_with(text, cwd).id)
    assert session is not None
    found = evidence.collect(session, str(cwd), [])[0]
    link = SessionLink(
        session_id=session.id,
        agent="claude",
        files_touched=[text],
        tool_usage={text: 1},
        bash_commands=[text] if mode == "on" else None,
        subagent_type=text,
    )
    anchor = Anchor(
        commit_hash=COMMIT,
        message=f"fix {COMMIT} of {UUID}: {text}",
        summary=text,
        intent=text,
        reasoning=text,
        sessions=[link],
        transparency_mode=mode,
    )
    links = [Link(session.id, "claude", "explicit", "", found)]
    places = payload.places_of([str(cwd)])
    return payload.commit_event(anchor, links, name="app", remote=None, places=places, send_message=True)


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize(("text", "secret"), KINDS, ids=range(len(KINDS)))
def test_no_canary_reaches_the_wire_and_no_hash_is_eaten(text: str, secret: str, mode: str, tmp_path: Path) -> None:
    event = wire(text, tmp_path, mode)
    sent = json.dumps(event, ensure_ascii=False)
    assert secret not in sent and json.dumps(secret)[1:-1] not in sent
    assert f"fix {COMMIT} of {UUID}" in event["anchor"]["message"]
    if mode == "off":
        assert event["transcript"] == event["session_transcripts"] == []
    else:
        assert len(event["transcript"]) >= 10 and event["transcript"] == event["session_transcripts"][0]["messages"]


SITUATIONS = [*corpus.SECRETS, *situations.SECRETS]


@pytest.mark.parametrize("first", range(0, len(SITUATIONS), 20))
def test_no_secret_of_a_session_reaches_the_wire(first: int, tmp_path: Path) -> None:
    chosen = SITUATIONS[first : first + 20]
    session = ClaudeSession(tmp_path)
    for text, _ in chosen:
        say_everywhere(session, text)
    read = transcripts.read_session(session.id)
    assert read is not None
    found = evidence.collect(read, str(tmp_path), [])[0]
    texts = [text for text, _ in chosen]
    link = SessionLink(session_id=session.id, agent="claude", bash_commands=texts, subagent_type=texts[0])
    anchor = Anchor(commit_hash=COMMIT, sessions=[link], transparency_mode="on")
    links = [Link(session.id, "claude", "explicit", "", found)]
    places = payload.places_of([str(tmp_path)])
    event = payload.commit_event(anchor, links, name="app", remote=None, places=places, send_message=True)
    sent = json.dumps(event, ensure_ascii=False)
    for text, secret in chosen:
        told = json.dumps(payload.clean_anchor(anchor.model_copy(update={"message": text}), places)["message"])
        assert json.dumps(secret, ensure_ascii=False)[1:-1] not in sent
        assert json.dumps(secret)[1:-1] not in told


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("/home/somebody/models/llama.gguf", "~/models/llama.gguf"),
        ("claude-opus-4-8", "claude-opus-4-8"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "us.anthropic.claude-sonnet-4-20250514-v1:0"),
        ("accounts/fireworks/models/llama-v3p1-405b-instruct", "accounts/fireworks/models/llama-v3p1-405b-instruct"),
    ],
)
def test_a_model_that_is_a_file_does_not_tell_where_it_lies(model: str, told: str, tmp_path: Path) -> None:
    link = SessionLink(session_id="s", agent="claude", model=model)
    anchor = Anchor(commit_hash=COMMIT, sessions=[link])
    cleaned = payload.clean_anchor(anchor, payload.places_of([str(tmp_path)]))
    assert cleaned["sessions"][0]["model"] == told
    said = ClaudeSession(tmp_path, model=model)
    said.uses("Bash", {"command": "ls"})
    read = transcripts.read_session(said.id)
    assert read is not None and share.build(read)["model"] == told


def test_half_a_key_at_the_edge_of_a_cut_text_is_not_sent(tmp_path: Path) -> None:
    key = "ghp_" + "A1b2C3d4" * 5
    event = wire(key, tmp_path, "on")
    assert "ghp_A1" not in json.dumps(event)
    cut = [message["tool_call"]["input_summary"] for message in event["transcript"] if message["tool_call"]]
    assert all(len(text) <= 300 for text in cut) and any(text.startswith("xxx") for text in cut)


def test_each_name_of_a_large_commit_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []

    def looking(text: str) -> str:
        looked_at.append(text)
        return redact_keys(text)

    redact_keys = payload.redact.redact_keys
    monkeypatch.setattr(payload.redact, "redact_keys", looking)
    changes = [FileChange(path=f"src/{number}", attribution="mixed", agent="claude") for number in range(20)]
    anchor = Anchor(commit_hash=COMMIT, files_changed=[one.path for one in changes], file_changes=changes)
    cleaned = payload.clean_anchor(anchor, Places((), "/home/u", "u", ()))
    assert cleaned["files_changed"] == anchor.files_changed
    assert sorted(looked_at) == sorted(set(looked_at))
