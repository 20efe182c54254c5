"""Listing, showing, blaming and deleting anchors; shared sessions and their page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from omar_daemon.anchors_api.shares import ANONYMOUS_PER_MINUTE
from omar_daemon.settings import SETTINGS
from shared import config
from tests.daemon import Daemon
from tests.omar_daemon.anchors_api.test_ingest import Client, event


@pytest.fixture
def client(daemon: Daemon) -> Client:
    made = Client(daemon)
    for number in range(7):
        body = event(
            f"{number}" * 40,
            remote="git@github.com:user/one.git" if number < 5 else None,
            message=f"change {number} 100% of_it",
            branch="main" if number % 2 else "topic",
            author_type="agent" if number == 3 else "human",
            committed_at=1_700_000_000 + number,
            added=10,
            deleted=2,
            ai_added=4,
            ai_deleted=1,
        )
        assert made.ingest(body).status_code == 200
    return made


def _listed(client: Client, **params: Any) -> list[str]:
    return [anchor["commit_hash"][0] for anchor in client.get("/anchors", **params).json()["anchors"]]


def test_the_list_is_newest_first_with_totals_over_all(client: Client) -> None:
    body = client.get("/anchors", limit=2).json()
    assert [anchor["commit_hash"][0] for anchor in body["anchors"]] == ["6", "5"]
    assert body["totals"] == {"count": 7, "added": 70, "deleted": 14, "ai_added": 28, "ai_deleted": 7}


def test_pages_follow_each_other_without_gap_or_repeat(client: Client) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = client.get("/anchors", limit=3, **cursor).json()
        seen += [anchor["commit_hash"][0] for anchor in body["anchors"]]
        if body["next"] is None:
            break
        cursor = {"cursor": body["next"]}
    assert seen == list("6543210")


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"search": "CHANGE 2"}, "2"),
        ({"search": "100%"}, "6543210"),
        ({"search": "%"}, "6543210"),
        ({"search": "x%y"}, ""),
        ({"search": "3333"}, "3"),
        ({"search": "dev@co"}, "6543210"),
        ({"author_type": "agent"}, "3"),
        ({"branch": "topic"}, "6420"),
        ({"project": "github.com/user/one"}, "43210"),
        ({"project": "https://github.com/user/one.git"}, "43210"),
        ({"project": "my-app"}, "6543210"),
        ({"since": "1700000005"}, "65"),
        ({"since": "2023-11-14T22:13:26Z"}, "6"),
        ({"since": "7d"}, ""),
        ({"branch": "topic", "author_type": "agent"}, ""),
    ],
)
def test_filters_narrow_list_and_totals_alike(client: Client, params: dict[str, str], found: str) -> None:
    assert _listed(client, **params) == list(found)
    assert client.get("/anchors", **params).json()["totals"]["count"] == len(found)


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "x"}, {"cursor": "zzz"}, {"since": "soon"}, {"author_type": "robot"}]
)
def test_a_parameter_that_means_nothing_is_422(client: Client, params: dict[str, str]) -> None:
    assert client.get("/anchors", **params).status_code == 422


def test_show_takes_a_short_hash_and_tells_the_whole_event(client: Client) -> None:
    body = client.get("/anchors/3333333").json()
    assert body["anchor"]["commit_hash"] == "3" * 40
    assert (body["project"]["git_remote"], body["event"]) == ("github.com/user/one", "git.commit")
    assert client.get("/anchors/abcdef0").status_code == 404
    assert client.get("/anchors/nothing").status_code == 404


def test_blame_tells_the_lines_of_one_file(client: Client) -> None:
    body = client.get(f"/anchors/{'3' * 40}/blame/src/auth.rs").json()
    assert (body["path"], body["attribution"], body["agent"]) == ("src/auth.rs", "mixed", "claude")
    assert body["line_attributions"][0]["ranges"] == [{"start": 1, "end": 30}]
    missing = client.get(f"/anchors/{'3' * 40}/blame/nothing.rs")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")


def test_only_the_sender_and_an_admin_may_delete(client: Client, daemon: Daemon) -> None:
    other = Client(daemon, "bob")
    assert other.delete(f"/anchors/{'3' * 40}").status_code == 403
    assert client.delete(f"/anchors/{'3' * 40}").json()["deleted"] == 1
    assert client.get(f"/anchors/{'3' * 40}").status_code == 404
    assert daemon.owner.delete(f"/anchors/{'4' * 40}").json()["deleted"] == 1
    assert client.get("/anchors").json()["totals"]["count"] == 5


def test_a_replaced_commit_is_listed_but_counted_once(client: Client) -> None:
    client.ingest(event("f" * 40, remote="github.com/user/one", replaces=["3" * 40], added=1, deleted=0))
    totals = client.get("/anchors", project="github.com/user/one").json()["totals"]
    assert (totals["count"], totals["added"]) == (5, 41)
    client.delete(f"/anchors/{'f' * 40}")
    assert client.get("/anchors", project="github.com/user/one").json()["totals"]["added"] == 50


def _share(**more: Any) -> dict[str, Any]:
    stats = {"input_tokens": 5000, "output_tokens": 12000, "duration_secs": 120}
    messages = [{"role": "user", "text": "<script>alert(1)</script>"}, {"role": "assistant", "text": "done & dusted"}]
    return {"session_id": "abc", "source": "claude", "model": None, "messages": messages, "stats": stats} | more


def test_a_share_is_readable_by_its_link_and_runs_nothing(daemon: Daemon) -> None:
    made = daemon.client.post("/anchors/share", json=_share())
    assert made.status_code == 201
    assert re.fullmatch(r"shr_[A-Za-z0-9_-]{32}", made.json()["id"])
    page = daemon.client.get(made.json()["url"])
    assert page.status_code == 200
    assert "&lt;script&gt;" in page.text and "<script" not in page.text and "done &amp; dusted" in page.text
    assert "5,000 in / 12,000 out" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "noindex" in page.headers["x-robots-tag"] and 'content="noindex' in page.text
    head = daemon.client.head(made.json()["url"])
    assert (head.status_code, head.content) == (200, b"") and "noindex" in head.headers["x-robots-tag"]
    assert daemon.client.get("/s/shr_unknown").status_code == daemon.client.head("/s/shr_unknown").status_code == 404


def test_a_share_opens_from_a_link_on_any_page_and_in_no_frame_and_for_no_script(daemon: Daemon) -> None:
    address = daemon.client.post("/anchors/share", json=_share()).json()["url"]
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert daemon.client.get(address, headers=link).status_code == 200
    for other in ({"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}):
        assert daemon.client.get(address, headers=link | other).status_code == 403
    assert daemon.client.get("/anchors", headers=link).status_code == 403


def test_a_page_shows_code_as_code_and_no_character_that_hides_another(daemon: Daemon) -> None:
    text = "see:\n```py\nif a < b:\n    pass\n```\nred \u001b[31m turned \u202etxet"
    shared = {**_share(), "messages": [{"role": "assistant", "text": text}]}
    page = daemon.client.get(daemon.client.post("/anchors/share", json=shared).json()["url"]).text
    assert "<code>if a &lt; b:\n    pass</code>red \ufffd[31m turned \ufffdtxet" in page


def test_a_key_for_something_else_shares_nothing(daemon: Daemon) -> None:
    assert daemon.request("POST", "/anchors/share", json=_share(), headers=daemon.headers("metrics")).status_code == 403


def test_a_share_belongs_to_the_user_of_its_key(daemon: Daemon) -> None:
    ada, bob = daemon.headers("anchors", user="ada"), daemon.headers("anchors", user="bob")
    owned = daemon.client.post("/anchors/share", json=_share(), headers=ada).json()["id"]
    anonymous = daemon.client.post("/anchors/share", json=_share()).json()["id"]
    assert daemon.client.delete(f"/anchors/share/{owned}", headers=bob).status_code == 403
    assert daemon.client.delete(f"/anchors/share/{anonymous}", headers=ada).status_code == 403
    assert daemon.client.delete(f"/anchors/share/{owned}").status_code == 401
    assert daemon.client.delete(f"/anchors/share/{owned}", headers=ada).status_code == 200
    assert daemon.client.get(f"/s/{owned}").status_code == 404


def test_a_bad_key_at_share_is_401_and_a_bad_body_422(daemon: Daemon) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    assert daemon.client.post("/anchors/share", json=_share(), headers=wrong).status_code == 401
    assert daemon.client.post("/anchors/share", json=_share(session_id=None)).status_code == 422
    assert daemon.client.post("/anchors/share", json=_share(model=None, stats=None)).status_code == 201


@pytest.mark.parametrize("closed", [("--host", "0.0.0.0"), ()])
def test_where_a_key_is_required_it_is_required_for_a_share(home: object, closed: tuple[str, ...]) -> None:
    if not closed:
        config.set_value("omar", SETTINGS, "api.require_token", "true")
    with Daemon(*closed) as running:
        refused = running.client.post("/anchors/share", json=_share())
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        made = running.client.post("/anchors/share", json=_share(), headers=running.headers("anchors"))
        assert made.status_code == 201
        assert running.client.get(f"/s/{made.json()['id']}").status_code == 200


def test_a_share_without_a_key_that_another_machine_sends_through_a_proxy_is_401(daemon: Daemon) -> None:
    through = {"X-Forwarded-For": "203.0.113.9"}
    assert daemon.client.post("/anchors/share", json=_share(), headers=through).status_code == 401


def test_shares_without_a_key_are_few_and_those_with_one_go_on(home: object) -> None:
    with Daemon() as running:
        answers = [running.client.post("/anchors/share", json=_share()) for _ in range(ANONYMOUS_PER_MINUTE + 1)]
        assert [answer.status_code for answer in answers] == [201] * ANONYMOUS_PER_MINUTE + [429]
        assert answers[-1].json()["error"] == "rate_limited" and 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        keyed = running.client.post("/anchors/share", json=_share(), headers=running.headers("anchors"))
        assert keyed.status_code == 201
