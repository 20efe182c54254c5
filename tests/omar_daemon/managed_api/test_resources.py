"""What the resources promise beyond the official SDK's walk: versions, lists, files, skills."""

from __future__ import annotations

import io
import os
import socket
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.daemon import Daemon

SKILL = "---\nname: greeter\ndescription: Greets people.\n---\nSay hello.\n"
BOUNDARY = "BOUNDARY"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture(scope="module")
def daemon(shared_daemon: Daemon) -> Daemon:
    return shared_daemon


def made(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def agent(http: httpx.Client, **fields: Any) -> dict[str, Any]:
    return made(http.post("/v1/agents", json={"name": "a", "model": "m", **fields}))


def test_an_agent_in_its_own_roster_stands_there_in_its_own_version(http: httpx.Client) -> None:
    itself = {"type": "coordinator", "agents": [{"type": "self"}]}
    found = agent(http, multiagent=itself)
    path = f"/v1/agents/{found['id']}"
    assert made(http.post(path, json={"multiagent": itself}), 200)["version"] == 1
    renamed = made(http.post(path, json={"name": "b"}), 200)
    assert (renamed["version"], renamed["multiagent"]["agents"][0]["version"]) == (2, 2)
    assert made(http.get(f"{path}/versions/1"), 200)["multiagent"]["agents"][0]["version"] == 1


def test_a_roster_names_only_versions_that_there_are(http: httpx.Client) -> None:
    other = agent(http)["id"]
    for version, status in ((1, 201), (2, 400), (2**40, 400)):
        members = [{"type": "agent", "id": other, "version": version}]
        body = {"name": "c", "model": "m", "multiagent": {"type": "coordinator", "agents": members}}
        answer = http.post("/v1/agents", json=body)
        assert answer.status_code == status, answer.text
    assert "has no version" in answer.json()["error"]["message"]


def test_a_short_url_source_is_kept_in_the_object_form(http: httpx.Client) -> None:
    sources = {"user_input": "all", "server_tool_results": {"type": "none"}, "client_tool_results": None}
    configs = [{"name": "web_fetch", "url_sources": sources}]
    found = agent(http, tools=[{"type": "agent_toolset_20260401", "configs": configs}])
    kept = found["tools"][0]["configs"][0]["url_sources"]
    assert kept == {"user_input": {"type": "all"}, "server_tool_results": {"type": "none"}, "client_tool_results": None}


def test_the_older_filters_of_lists_work_too(http: httpx.Client) -> None:
    living, gone = agent(http, name="Filter living")["id"], agent(http, name="filter gone")["id"]
    http.post(f"/v1/agents/{gone}/archive")

    def ids(**query: str) -> set[str]:
        return {row["id"] for row in made(http.get("/v1/agents", params={"q": "FILTER", **query}), 200)["data"]}

    assert ids() == ids(status="active") == {living}
    assert ids(status="archived") == {gone}
    assert ids(status="any") == ids(include_archived="true") == {living, gone}
    assert ids(created_after="2001-01-01T00:00:00Z") == {living}
    assert ids(created_before="2001-01-01T00:00:00Z") == set()
    for bad in ({"status": "lost"}, {"created_after": "yesterday"}):
        assert http.get("/v1/vaults", params=bad).status_code == 400


def test_keys_are_listed_in_pages(http: httpx.Client) -> None:
    for _ in range(3):
        made(http.post("/v1/api_keys", json={}))
    seen: list[str] = []
    page: dict[str, Any] = {"next_page": None}
    while True:
        cursor = {"page": page["next_page"]} if page["next_page"] else {}
        page = made(http.get("/v1/api_keys", params={"limit": 1, **cursor}), 200)
        seen += [row["id"] for row in page["data"]]
        if page["next_page"] is None:
            break
    assert len(seen) == len(set(seen)) >= 4
    assert http.get("/v1/api_keys?page=nonsense").status_code == 400


def test_a_branch_has_any_name_that_git_allows(http: httpx.Client) -> None:
    environment = made(http.post("/v1/environments", json={"name": "e"}))["id"]
    for name, status in (("feature/#12+x@y", 201), ("über", 201), ("-rf", 400), ("a b", 400), ("a~1", 400)):
        checkout = {"type": "branch", "name": name}
        repository = {"type": "github_repository", "url": "https://example.org/x", "checkout": checkout}
        body = {"agent": agent(http)["id"], "environment_id": environment, "resources": [repository]}
        assert http.post("/v1/sessions", json=body).status_code == status, name


def test_an_outcome_is_answered_with_the_time_at_which_it_was_taken(http: httpx.Client) -> None:
    environment = made(http.post("/v1/environments", json={"name": "e"}))["id"]
    session = made(http.post("/v1/sessions", json={"agent": agent(http)["id"], "environment_id": environment}))["id"]
    outcome = {"type": "user.define_outcome", "description": "d", "rubric": {"type": "text", "content": "c"}}
    path, hosted = f"/v1/sessions/{session}/events", {"anthropic-version": "2026-10-21"}
    (sent,) = made(http.post(path, json={"events": [outcome]}, headers=hosted), 200)["data"]
    assert sent["processed_at"] is not None


# Files


def test_a_download_can_be_resumed_and_asked_for_by_head(http: httpx.Client) -> None:
    file = made(http.post("/v1/files", files={"file": ("a.bin", b"0123456789")}))
    path = f"/v1/files/{file['id']}/content"
    whole = http.get(path)
    assert whole.content == b"0123456789"
    part = http.get(path, headers={"range": "bytes=4-", "if-range": whole.headers["etag"]})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"456789", "bytes 4-9/10")
    head = http.head(path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")
    assert head.headers["request-id"] != whole.headers["request-id"]


def megabytes(count: int) -> Iterator[bytes]:
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'.encode()
    piece = b"\xab" * (1 << 20)
    for _ in range(count):
        yield piece
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def test_an_upload_takes_no_memory_and_leaves_nothing_when_it_is_deleted(daemon: Daemon, http: httpx.Client) -> None:
    before = resident(daemon)
    file = made(http.post("/v1/files", content=megabytes(80), headers=FORM))
    assert file["size_bytes"] == 80 << 20
    assert http.head(f"/v1/files/{file['id']}/content").headers["content-length"] == str(80 << 20)
    assert resident(daemon) - before < 30_000_000
    assert blobs(daemon, at_least=80 << 20) != []
    http.delete(f"/v1/files/{file['id']}")
    assert blobs(daemon, at_least=80 << 20) == []


def test_an_upload_waits_on_the_disk_of_the_files_and_goes_when_it_is_cut(daemon: Daemon, key: str) -> None:
    head = f"POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {key}\r\ncontent-length: 99999999\r\n"
    with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
        connection.sendall(f"{head}content-type: {FORM['content-type']}\r\n\r\n".encode())
        for piece in list(megabytes(4))[:-1]:
            connection.sendall(piece)
        wait_until(lambda: spooled(daemon) != [])
    wait_until(lambda: spooled(daemon) == [])
    log = files_of(daemon).parent / daemon.log_path.name
    assert "Traceback" not in log.read_text()


def test_a_file_whose_time_is_over_leaves_the_disk_with_the_next_upload(daemon: Daemon, http: httpx.Client) -> None:
    before = set(blobs(daemon))
    form = {"expires_in_seconds": "1"}
    short = made(http.post("/v1/files", files={"file": ("short", b"for a second")}, data=form))
    kept = made(http.post("/v1/files", files={"file": ("long", b"for longer")}, data={"expires_in_seconds": "600"}))
    wait_until(lambda: http.get(f"/v1/files/{short['id']}").status_code == 404)
    other = made(http.post("/v1/files", files={"file": ("other", b"another one")}))
    assert len(set(blobs(daemon)) - before) == 2
    for file in (kept, other):
        http.delete(f"/v1/files/{file['id']}")
    assert set(blobs(daemon)) == before


def resident(daemon: Daemon) -> int:
    return int(Path(f"/proc/{daemon.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def files_of(daemon: Daemon) -> Path:
    """Where the daemon of this module keeps blobs; the test's own home is another."""
    environment = Path(f"/proc/{daemon.process.pid}/environ").read_bytes().decode().split("\0")
    home = next(entry.partition("=")[2] for entry in environment if entry.startswith("OMA_HOME="))
    return Path(home) / "omar" / "files"


def blobs(daemon: Daemon, at_least: int = 0) -> list[Path]:
    return [path for path in files_of(daemon).rglob("*") if path.is_file() and path.stat().st_size >= at_least]


def spooled(daemon: Daemon) -> list[str]:
    """Unnamed files among the stored ones, which the daemon has open."""
    folder = str(files_of(daemon))
    links = []
    for entry in Path(f"/proc/{daemon.process.pid}/fd").iterdir():
        try:
            links.append(os.readlink(entry))
        except FileNotFoundError:
            continue
    return [link for link in links if link.startswith(folder)]


def wait_until(fact: Any) -> None:
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Skills


def archive(*entries: tuple[str | zipfile.ZipInfo, str]) -> dict[str, Any]:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return {"file": ("skill.zip", sink.getvalue(), "application/zip")}


def test_the_files_of_a_deleted_skill_leave_the_disk(daemon: Daemon, http: httpx.Client) -> None:
    before = set(blobs(daemon))
    first = made(http.post("/v1/skills", files=archive(("g/SKILL.md", SKILL + "1"))))["id"]
    twin = made(http.post("/v1/skills", files=archive(("g/SKILL.md", SKILL + "1"))))["id"]
    version = made(http.post(f"/v1/skills/{first}/versions", files=archive(("g/SKILL.md", SKILL + "2"))))["id"]
    assert len(set(blobs(daemon)) - before) == 2
    http.delete(f"/v1/skills/{first}/versions/{version}")
    http.delete(f"/v1/skills/{first}")
    assert len(set(blobs(daemon)) - before) == 1
    http.delete(f"/v1/skills/{twin}")
    assert set(blobs(daemon)) == before


def test_a_skill_stays_while_a_session_uses_it(http: httpx.Client) -> None:
    skill = made(http.post("/v1/skills", files=archive(("g/SKILL.md", SKILL))))["id"]
    overrides = {"type": "agent_with_overrides", "skills": [{"type": "custom", "skill_id": skill}]}
    environment = made(http.post("/v1/environments", json={"name": "e"}))["id"]
    body = {"agent": {**overrides, "id": agent(http)["id"]}, "environment_id": environment}
    session = made(http.post("/v1/sessions", json=body))["id"]
    refused = http.delete(f"/v1/skills/{skill}")
    assert (refused.status_code, session in refused.text) == (409, True)
    http.post(f"/v1/sessions/{session}/archive")
    assert http.delete(f"/v1/skills/{skill}").status_code == 200


def test_a_skill_holds_no_links_and_its_text_may_begin_with_a_mark(http: httpx.Client) -> None:
    link = zipfile.ZipInfo("g/link")
    link.external_attr = 0o120777 << 16
    refused = http.post("/v1/skills", files=archive(("g/SKILL.md", SKILL), (link, "/etc/passwd")))
    assert (refused.status_code, "symbolic link" in refused.text) == (400, True)
    made(http.post("/v1/skills", files=archive(("g/SKILL.md", "\ufeff" + SKILL))))


def test_a_file_of_a_skill_is_there_once_and_is_no_folder(http: httpx.Client) -> None:
    for second in ("greeter/a.txt", "greeter/a.txt/b.txt"):
        names = ["greeter/SKILL.md", "greeter/a.txt", second]
        answer = http.post("/v1/skills", files=[("files[]", (name, SKILL)) for name in names])
        assert answer.status_code == 400, answer.text


def test_a_quotation_mark_in_a_name_comes_back_as_it_was(http: httpx.Client) -> None:
    named = made(http.post("/v1/files", files={"file": ('the "new" one.txt', b"x")}))
    assert named["filename"] == 'the "new" one.txt'


def test_an_image_that_is_no_base64_is_refused_before_it_is_in_the_log(http: httpx.Client) -> None:
    environment = made(http.post("/v1/environments", json={"name": "e"}))["id"]
    session = made(http.post("/v1/sessions", json={"agent": agent(http)["id"], "environment_id": environment}))["id"]
    source = {"type": "base64", "media_type": "image/png", "data": "!!!"}
    message = {"type": "user.message", "content": [{"type": "image", "source": source}]}
    answer = http.post(f"/v1/sessions/{session}/events", json={"events": [message]})
    assert answer.status_code == 400
    assert http.get(f"/v1/sessions/{session}/events").json()["data"] == []


def test_a_role_has_a_name_and_a_time_is_one(http: httpx.Client) -> None:
    body = {"name": "a", "model": "m", "execution_identity": {"type": "aws_role"}}
    assert http.post("/v1/agents", json=body).status_code == 400
    vault = made(http.post("/v1/vaults", json={"display_name": "v"}))["id"]
    auth = {"type": "mcp_oauth", "access_token": "t", "mcp_server_url": "https://m.example", "expires_at": "soon"}
    assert http.post(f"/v1/vaults/{vault}/credentials", json={"auth": auth}).status_code == 400
    auth["expires_at"] = "2030-01-01T00:00:00Z"
    made(http.post(f"/v1/vaults/{vault}/credentials", json={"auth": auth}))


@pytest.mark.parametrize(
    "place", ["/usr/share/x.csv", "/opt/data/x", "/bin/ls", "/lib/x", "/dev/x", "/workspace", "/mnt", "/home/user"]
)
def test_a_file_is_not_mounted_where_every_tool_would_fail(http: httpx.Client, place: str) -> None:
    file = made(http.post("/v1/files", files={"file": ("a.txt", b"x")}))["id"]
    answer = http.post("/v1/sessions", json=session_with(http, {"type": "file", "file_id": file, "mount_path": place}))
    assert answer.status_code == 400, answer.text


def test_a_repository_lies_where_it_can_be_cloned_to_and_nothing_within_a_file(http: httpx.Client) -> None:
    repository = {"type": "github_repository", "url": "https://git.example/a/b"}
    for place, status in (("/data/b", 400), ("/workspace", 400), ("/workspace/deep/b", 201)):
        answer = http.post("/v1/sessions", json=session_with(http, {**repository, "mount_path": place}))
        assert answer.status_code == status, answer.text
    file = {"type": "file", "file_id": made(http.post("/v1/files", files={"file": ("a.txt", b"x")}))["id"]}
    both = [{**file, "mount_path": "/data/a"}, {**file, "mount_path": "/data/a/b"}]
    assert http.post("/v1/sessions", json=session_with(http, *both)).status_code == 400


def session_with(http: httpx.Client, *resources: dict[str, Any]) -> dict[str, Any]:
    environment = made(http.post("/v1/environments", json={"name": "e"}))["id"]
    return {"agent": agent(http)["id"], "environment_id": environment, "resources": list(resources)}


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "agent_toolset_20260401", "configs": [{"name": "web_search", "user_location": "here"}]}]},
        {"multiagent": {"type": "multiagent_20261001", "advisor": {"type": "enabled"}}},
        {"multiagent": {"type": "multiagent_20261001", "subagents": {"type": "enabled", "inline_agents": "yes"}}},
    ],
)
def test_what_the_official_types_cannot_show_is_refused(http: httpx.Client, fields: dict[str, Any]) -> None:
    assert http.post("/v1/agents", json={"name": "a", "model": "m", **fields}).status_code == 400
