"""/anchors/ingest, verify, health as seed 003 and the contract say, against a real daemon."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from tests.daemon import Daemon

COMMIT = "a" * 40


def event(commit: str = COMMIT, remote: str | None = "github.com/user/my-app", **anchor: Any) -> dict[str, Any]:
    return {
        "event": "git.commit",
        "timestamp": "2026-03-16T12:00:00Z",
        "oobo_version": "0.1.11",
        "project": {"name": "my-app", "git_remote": remote},
        "anchor": {
            "commit_hash": commit,
            "branch": "main",
            "author": "Dev <dev@co.com>",
            "author_type": "assisted",
            "committed_at": 1773282899,
            "message": "feat: add auth flow",
            "files_changed": ["src/auth.rs"],
            "added": 120,
            "deleted": 45,
            "ai_added": 100,
            "ai_deleted": 30,
            "human_added": 20,
            "human_deleted": 15,
            "ai_percentage": 78.79,
            "file_changes": [
                {
                    "path": "src/auth.rs",
                    "added": 120,
                    "deleted": 45,
                    "attribution": "mixed",
                    "agent": "claude",
                    "line_attributions": [{"author": "ai", "ranges": [{"start": 1, "end": 30}], "agent": "claude"}],
                }
            ],
            **anchor,
        },
        "transcript": [],
    }


class Client:
    def __init__(self, daemon: Daemon, user: str = "ada") -> None:
        self.http = daemon.client
        self.headers = daemon.headers("anchors", user=user)

    def ingest(self, body: Any) -> httpx.Response:
        return self.http.post("/anchors/ingest", json=body, headers=self.headers)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params, headers=self.headers)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path, headers=self.headers)


@pytest.fixture
def client(daemon: Daemon) -> Client:
    return Client(daemon)


def test_an_anchor_is_stored_and_its_id_is_told(client: Client) -> None:
    answer = client.ingest(event())
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is True and body["message"]
    assert body["data"] == {"anchor_id": body["id"], "commit_hash": COMMIT}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("github.com/user/my-app", "git@github.com:user/my-app.git"),
        ("https://token@GitHub.com/user/my-app/", "ssh://git@github.com:22/user/my-app"),
        (None, ""),
        (None, "/home/ada/my-app"),
    ],
)
def test_the_same_commit_of_the_same_remote_is_a_duplicate_however_it_is_written(
    client: Client, first: str | None, second: str | None
) -> None:
    assert client.ingest(event(remote=first)).status_code == 200
    again = client.ingest(event(COMMIT.upper(), remote=second))
    assert again.status_code == 409
    assert again.json()["success"] is False
    assert again.json()["message"] and again.json()["detail"]


def test_the_same_commit_of_another_remote_is_another_anchor(client: Client) -> None:
    assert client.ingest(event()).status_code == 200
    assert client.ingest(event(remote="github.com/fork/my-app")).status_code == 200
    assert client.get("/anchors").json()["totals"]["count"] == 2


@pytest.mark.parametrize("body", [{"event": "git.push"}, {"event": "git.push", "anchor": None, "project": None}])
def test_an_event_without_anchor_is_received_and_not_kept(client: Client, body: dict[str, Any]) -> None:
    answer = client.ingest(body)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "Event received (no anchor)"})
    assert client.get("/anchors").json()["totals"]["count"] == 0


@pytest.mark.parametrize("name", ["author_type", "transparency_mode"])
def test_null_is_what_an_absent_kind_means(client: Client, name: str) -> None:
    file = {"path": "a", "attribution": None, "added": None}
    body = event(sessions=[{"session_id": "s", "link_type": None}], file_changes=[file], **{name: None})
    assert client.ingest(body).status_code == 200
    kept = client.get(f"/anchors/{COMMIT}").json()["anchor"]
    assert (kept["author_type"], kept["transparency_mode"]) in (("human", "off"), ("assisted", "off"))
    assert kept["sessions"][0]["link_type"] == "inferred"
    assert kept["file_changes"][0]["attribution"] == "human"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sessions": [{"session_id": "s", "tool_usage": {"Bash": 10**30}}]},
        {"sessions": [{"session_id": "s", "tool_usage": {"Bash": -1}}]},
        {
            "file_changes": [
                {"path": "a", "line_attributions": [{"author": "ai", "ranges": [{"start": 1, "end": 10**30}]}]}
            ]
        },
    ],
)
def test_no_number_is_kept_that_other_readers_would_read_otherwise(client: Client, wrong: dict[str, Any]) -> None:
    assert client.ingest(event(**wrong)).status_code == 422


def test_absent_null_and_empty_are_the_same(client: Client) -> None:
    bare = {"event": "git.commit", "anchor": {"commit_hash": COMMIT}}
    nulls = ("contributors", "file_changes", "sessions", "files_changed", "replaces", "added", "message", "branch")
    full = event("b" * 40, **{name: None for name in nulls}) | {"transcript": None, "session_transcripts": None}
    assert client.ingest(bare).status_code == 200
    assert client.ingest(full).status_code == 200
    for commit in (COMMIT, "b" * 40):
        anchor = client.get(f"/anchors/{commit}").json()["anchor"]
        assert (anchor["sessions"], anchor["files_changed"], anchor["added"], anchor["message"]) == ([], [], 0, "")


def test_unknown_fields_are_kept_at_every_depth(client: Client) -> None:
    body = event(future={"x": [1]}, sessions=[{"session_id": "s", "agent": "claude", "mood": "good"}]) | {"top": "t"}
    client.ingest(body)
    shown = client.get(f"/anchors/{COMMIT}").json()
    assert (shown["top"], shown["anchor"]["future"]) == ("t", {"x": [1]})
    assert shown["anchor"]["sessions"][0]["mood"] == "good"


def test_the_old_names_of_the_counts_are_read(client: Client) -> None:
    body = {
        "event": "git.commit",
        "anchor": {
            "commit_hash": COMMIT,
            "lines_added": 9,
            "lines_deleted": 2,
            "ai_lines_added": 5,
            "human_lines_added": 4,
        },
    }
    client.ingest(body)
    anchor = client.get(f"/anchors/{COMMIT}").json()["anchor"]
    assert (anchor["added"], anchor["deleted"], anchor["ai_added"], anchor["human_added"]) == (9, 2, 5, 4)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"commit_hash": None}, "commit_hash"),
        ({"commit_hash": "xyz"}, "commit_hash"),
        ({"commit_hash": 5}, "commit_hash"),
        ({"added": "12"}, "added"),
        ({"added": -1}, "added"),
        ({"added": 10**30}, "added"),
        ({"author_type": "robot"}, "author_type"),
        ({"ai_percentage": 101}, "ai_percentage"),
        ({"sessions": [{"agent": "claude"}]}, "sessions.0.session_id"),
        ({"file_changes": "all"}, "file_changes"),
        ({"committed_at": "yesterday"}, "committed_at"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(client: Client, change: dict[str, Any], field: str) -> None:
    answer = client.ingest(event(**change))
    assert answer.status_code == 422
    body = answer.json()
    assert field in body["message"] and field in body["detail"] and body["error"]
    assert client.get("/anchors").json()["totals"]["count"] == 0


@pytest.mark.parametrize(
    "item",
    [{"messages": []}, {"session_id": "s"}, {"session_id": "s", "messages": "none"}, {"session_id": 1, "messages": []}],
)
def test_a_session_transcript_needs_its_id_and_its_messages(client: Client, item: dict[str, Any]) -> None:
    assert client.ingest(event() | {"session_transcripts": [item]}).status_code == 422


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 422),
        (b'{"event":"git.commit"} x', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b"[1]", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"[" * 100_000, "application/json", 422),
    ],
)
def test_a_body_that_is_no_event_is_refused(client: Client, content: bytes, content_type: str, status: int) -> None:
    answer = client.http.post(
        "/anchors/ingest", content=content, headers={**client.headers, "Content-Type": content_type}
    )
    assert answer.status_code == status
    assert {"success", "error", "message", "detail"} <= set(answer.json())


def test_a_body_over_32_mib_is_413_and_one_below_is_taken(client: Client) -> None:
    assert client.ingest(event(message="x" * (20 * 1024 * 1024))).status_code == 200
    assert client.ingest(event("b" * 40, message="x" * (33 * 1024 * 1024))).status_code == 413


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/anchors/ingest"), ("GET", "/anchors/verify"), ("GET", "/anchors"), ("GET", f"/anchors/{COMMIT}")],
)
def test_without_a_good_key_everything_is_401_in_the_seeds_shape(
    daemon: Daemon, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = daemon.client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_token"
    assert answer.json()["message"] and answer.json()["detail"]


def test_a_key_without_the_anchors_scope_is_403(daemon: Daemon) -> None:
    assert daemon.client.get("/anchors/verify", headers=daemon.headers("metrics")).status_code == 403


def test_verify_and_health(client: Client, daemon: Daemon) -> None:
    assert client.get("/anchors/verify").json() == {"valid": True, "username": "ada"}
    assert daemon.client.get("/anchors/health").json() == {"status": "ok"}


def test_eight_clients_sending_the_same_commits_store_each_once(daemon: Daemon) -> None:
    headers = daemon.headers("anchors")
    statuses: list[int] = []

    def send() -> None:
        with httpx.Client(base_url=daemon.url, headers=headers, trust_env=False, timeout=30) as http:
            statuses.extend(http.post("/anchors/ingest", json=event(f"{n:040x}")).status_code for n in range(20))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(200), statuses.count(409), len(statuses)) == (20, 140, 160)


def test_text_that_no_database_likes_is_kept(client: Client) -> None:
    raw = json.dumps(event()).replace("feat: add auth flow", "nul \\u0000 half \\ud800 emoji \\ud83d\\ude00")
    answer = client.http.post(
        "/anchors/ingest", content=raw, headers={**client.headers, "Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    assert "emoji 😀" in client.get("/anchors").json()["anchors"][0]["message"]
