"""Keys, errors, headers, pages and the seed's own curl lines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import httpx
import pytest

from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.managed_stage import Stage, types_of

HOSTED = {"anthropic-version": "2026-10-21"}


def test_both_headers_carry_the_key_and_every_answer_has_its_id_and_limits(daemon: Daemon, key: str) -> None:
    for headers in ({"x-api-key": key}, {"Authorization": f"Bearer {key}"}):
        answer = daemon.client.get("/v1/agents", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["request-id"].startswith("req_")
        assert int(answer.headers["x-ratelimit-limit"]) >= int(answer.headers["x-ratelimit-remaining"]) > 0
        assert int(answer.headers["x-ratelimit-reset"]) > 1_700_000_000
    refused = daemon.client.get("/v1/agents")
    assert refused.status_code == 401
    assert refused.json()["error"]["type"] == "unauthorized"
    assert refused.json()["request_id"] == refused.headers["request-id"]
    assert "x-ratelimit-limit" in refused.headers
    assert daemon.client.get("/v1/agents", headers=daemon.headers("metrics")).status_code == 403
    assert "request-id" not in daemon.client.get("/api/health").headers


def test_a_caller_above_the_limit_is_told_when_to_come_back(home: Any) -> None:
    from shared import paths

    config = paths.config_file("omar")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[managed]\nrequests_per_minute = 5\n")
    with Daemon() as daemon:
        headers = {"x-api-key": daemon.key("managed")}
        answers = [daemon.client.get("/v1/agents", headers=headers) for _ in range(12)]
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(200) >= 5
        last = next(answer for answer in answers if answer.status_code == 429)
        assert 1 <= int(last.headers["retry-after"]) <= 60
        assert last.json()["error"]["type"] == "rate_limited"
        assert daemon.client.get("/api/health").status_code == 200


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "seed", "hosted"),
    [
        ("GET", "/v1/agents/agent_x", None, 404, "not_found", "not_found_error"),
        ("POST", "/v1/agents", b"{", 400, "invalid_request", "invalid_request_error"),
        ("POST", "/v1/agents", b"[]", 400, "invalid_request", "invalid_request_error"),
        ("POST", "/v1/agents", b"{}", 400, "invalid_request", "invalid_request_error"),
        ("GET", "/v1/nothing", None, 404, "not_found", "not_found_error"),
        ("PATCH", "/v1/agents", None, 405, "invalid_request", "invalid_request_error"),
        ("GET", "/v1/agents?page=nonsense", None, 400, "invalid_request", "invalid_request_error"),
        ("GET", "/v1/agents?limit=0", None, 400, "invalid_request", "invalid_request_error"),
        ("GET", "/v1/sessions?created_at[gte]=yesterday", None, 400, "invalid_request", "invalid_request_error"),
        ("GET", "/v1/user_profiles", None, 404, "not_found", "not_found_error"),
    ],
)
def test_an_error_has_the_seeds_names_or_the_hosted_ones(
    http: httpx.Client, verb: str, path: str, body: bytes | None, status: int, seed: str, hosted: str
) -> None:
    for headers, name in (({}, seed), (HOSTED, hosted)):
        sent = {**headers, "content-type": "application/json"}
        answer = http.request(verb, path, content=body, headers=sent)
        assert answer.status_code == status
        value = answer.json()
        assert (value["type"], value["error"]["type"]) == ("error", name)
        assert value["error"]["message"]


def test_the_seeds_own_lines_work_as_printed(daemon: Daemon, stage: Stage, model: RunningModel, tmp_path: Any) -> None:
    import subprocess

    model.rewrite({"turns": [{"text": "Here you are."}]})
    key = stage.http.headers["x-api-key"]

    def curl(*arguments: str) -> str:
        line = ["curl", "-sS", "-H", f"x-api-key: {key}", *arguments]
        return subprocess.run(line, capture_output=True, text=True, check=True, timeout=20).stdout

    import json

    base = daemon.url
    made = json.loads(
        curl(
            "-X", "POST", f"{base}/v1/agents", "-H", "Content-Type: application/json", "-d",
            '{"name": "research-agent", "model": "stub-1", "system": "You are a research assistant.",'
            ' "tools": [{"type": "agent_toolset_20260401"}]}',
        )
    )  # fmt: skip
    body = {"agent": made["id"], "environment_id": stage.environment, "title": "research session"}
    json_header = ("-H", "Content-Type: application/json")
    session = json.loads(curl("-X", "POST", f"{base}/v1/sessions", *json_header, "-d", json.dumps(body)))["id"]
    assert session.startswith("sess_")
    sent = curl(
        "-w", "%{http_code}", "-X", "POST", f"{base}/v1/sessions/{session}/events", *json_header, "-d",
        '{ "events": [{ "type": "user.message", "content": [{ "type": "text", "text": "Now." }] }] }',
    )  # fmt: skip
    assert sent == "202"
    stage.wait_for(session, "session.status_idle")
    streamed = curl(
        "-N", "-X", "POST", f"{base}/v1/sessions/{session}/messages", *json_header, "-d",
        '{ "content": "Now also include the integrations." }',
    )  # fmt: skip
    assert "event: session.status_idle" in streamed
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.4 x")
    file = json.loads(curl("-X", "POST", f"{base}/v1/files", "-F", f"session_id={session}", "-F", f"file=@{report}"))
    assert (file["scope"]["id"], file["media_type"], file["mime_type"]) == (session, *["application/pdf"] * 2)


def test_an_uploaded_file_is_seen_in_the_sandbox_under_both_paths(stage: Stage, model: RunningModel) -> None:
    session = stage.session()
    sent = {"files": {"file": ("notes.txt", b"remember", "text/plain")}, "data": {"session_id": session}}
    file = stage.http.post("/v1/files", **sent).json()["id"]  # type: ignore[arg-type]
    command = f"cat /home/user/files/{file}/notes.txt /mnt/session/uploads/{file}/* /mnt/session/uploads/{file} 2>&1"
    model.rewrite({"turns": [{"tools": [{"name": "bash", "input": {"command": command}}]}]})
    stage.turn(session, "look")
    results = [event for event in stage.log(session) if event["type"] == "agent.tool_result"]
    assert results[0]["content"][0]["text"].count("remember") == 2


def test_a_batch_is_taken_whole_or_not_at_all(stage: Stage) -> None:
    session = stage.session()
    good = {"type": "user.message", "content": [{"type": "text", "text": "hi"}]}
    for bad in ({"type": "user.unknown"}, {"type": "user.message", "content": []}, {"type": "agent.message"}):
        answer = stage.http.post(f"/v1/sessions/{session}/events", json={"events": [good, bad]})
        assert answer.status_code == 400
    assert stage.http.post(f"/v1/sessions/{session}/events", json={"events": []}).status_code == 400
    assert stage.log(session) == []
    assert stage.http.get(f"/v1/sessions/{session}/pending").json()["data"] == []


def test_writers_at_once_get_a_log_without_gaps(stage: Stage) -> None:
    session = stage.session()

    def write(number: int) -> None:
        event = {"type": "user.custom_tool_result", "custom_tool_use_id": f"call_{number}"}
        stage.send(session, event)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    log = stage.log(session)
    assert [event["seq"] for event in log] == list(range(1, 201))
    assert len({event["custom_tool_use_id"] for event in log}) == 200


def test_a_key_manages_keys_within_its_own_scope_only(daemon: Daemon, http: httpx.Client) -> None:
    made = http.post("/v1/api_keys", json={"name": "second"})
    assert made.status_code == 201
    assert made.json()["key"].startswith("oma_")
    assert http.post("/v1/api_keys", json={"scopes": ["admin"]}).status_code == 403
    listed = http.get("/v1/api_keys").json()["data"]
    assert made.json()["id"] in [key["id"] for key in listed]
    assert "key" not in listed[0]
    other = {"x-api-key": made.json()["key"]}
    assert daemon.client.get("/v1/agents", headers=other).status_code == 200
    assert http.delete(f"/v1/api_keys/{made.json()['id']}").json()["type"] == "api_key_deleted"
    assert daemon.client.get("/v1/agents", headers=other).status_code == 401


def test_no_secret_is_readable_anywhere_after_it_was_stored(daemon: Daemon, stage: Stage, model: RunningModel) -> None:
    from shared import paths

    vault = stage.post("/v1/vaults", {"display_name": "v"})["id"]
    auth = {"type": "environment_variable", "secret_name": "TOKEN", "secret_value": "canary-variable"}
    stage.post(f"/v1/vaults/{vault}/credentials", {"auth": auth})
    bearer = {"type": "static_bearer", "token": "canary-bearer", "mcp_server_url": "https://example.org/"}
    stage.post(f"/v1/vaults/{vault}/credentials", {"auth": bearer})
    command = "echo ${#TOKEN}; env | grep -c canar[y]-bearer"
    model.rewrite({"turns": [{"tools": [{"name": "bash", "input": {"command": command}}]}]})
    session = stage.session(vault_ids=[vault])
    stage.turn(session, "go")
    (result,) = [event for event in stage.log(session) if event["type"] == "agent.tool_result"]
    assert result["content"][0]["text"].splitlines()[-2:] == ["15", "0"]
    without = stage.session()
    stage.turn(without, "go")
    (result,) = [event for event in stage.log(without) if event["type"] == "agent.tool_result"]
    assert result["content"][0]["text"].splitlines()[-2:] == ["0", "0"]
    for path in ("/v1/vaults", f"/v1/vaults/{vault}/credentials", "/v1/model_cards", f"/v1/sessions/{session}"):
        assert "canary" not in stage.http.get(path).text
    for file in paths.tool_home("omar").rglob("*"):
        if file.is_file() and "model" not in file.parts:
            assert b"canary-" not in file.read_bytes(), file
    assert "canary-" not in daemon.log


def test_sessions_keep_the_version_they_started_with(sdk: Any, stage: Stage) -> None:
    agent = stage.agent(system="one")
    first = stage.session(agent)
    sdk.beta.agents.update(agent, system="two")
    assert sdk.beta.sessions.retrieve(first).agent.system == "one"
    pinned = sdk.beta.sessions.create(
        agent={"type": "agent", "id": agent, "version": 1}, environment_id=stage.environment
    )
    assert (pinned.agent.version, pinned.agent.system) == (1, "one")
    with pytest.raises(anthropic.NotFoundError):
        sdk.beta.sessions.create(agent={"type": "agent", "id": agent, "version": 9}, environment_id=stage.environment)
    stage.http.post(f"/v1/environments/{stage.environment}/archive")
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.sessions.create(agent=agent, environment_id=stage.environment)
    assert refused.value.error_code == "environment_archived"
    with pytest.raises(anthropic.ConflictError):
        sdk.beta.environments.delete(stage.environment)


def test_memory_is_searched_by_words_and_what_the_agent_writes_becomes_a_version(
    stage: Stage, model: RunningModel
) -> None:
    store = stage.post("/v1/memory_stores", {"name": "team notes"})["id"]
    for path, content in (("/ships.md", "Ships sail the seas."), ("/trains.md", "Trains run on rails.")):
        stage.post(f"/v1/memory_stores/{store}/memories", {"path": path, "content": content})
    found = stage.http.post(f"/v1/memory_stores/{store}/search", json={"query": "sailing ship", "limit": 3}).json()
    assert [row["path"] for row in found["data"]] == ["/ships.md"]
    command = 'cd "$(ls -d /mnt/memory/*)"; cat trains.md; echo "Planes fly." > planes.md; rm ships.md'
    model.rewrite({"turns": [{"tools": [{"name": "bash", "input": {"command": command}}]}]})
    session = stage.session(resources=[{"type": "memory_store", "memory_store_id": store}])
    stage.turn(session, "look")
    result = next(event for event in stage.log(session) if event["type"] == "agent.tool_result")
    assert "Trains run" in result["content"][0]["text"]
    listed = stage.http.get(f"/v1/memory_stores/{store}/memories").json()["data"]
    assert [row["path"] for row in listed] == ["/planes.md", "/trains.md"]
    versions = stage.http.get(f"/v1/memory_stores/{store}/memory_versions?session_id={session}").json()["data"]
    assert {row["operation"] for row in versions} == {"created", "deleted"}
    assert versions[0]["created_by"] == {"type": "session_actor", "session_id": session}


def test_an_openai_compatible_card_serves_a_turn_with_tools(http: httpx.Client, model: RunningModel) -> None:
    stage = Stage(http, model, provider="oai-compatible")
    usage = {"input": 10, "output": 5, "cache_read": 4}
    call = {"tools": [{"name": "bash", "input": {"command": "echo from chat"}}], "usage": usage}
    model.rewrite({"turns": [call, {"text": "Done by chat.", "usage": usage}]})
    session = stage.session()
    frames = stage.turn(session, "go")
    assert frames[-1]["stop_reason"] == {"type": "end_turn"}
    log = stage.log(session)
    assert "agent.tool_result" in types_of(log)
    assert [event["content"][0]["text"] for event in log if event["type"] == "agent.message"] == ["Done by chat."]
    shown = http.get(f"/v1/sessions/{session}").json()["usage"]
    assert (shown["input_tokens"], shown["output_tokens"], shown["cache_read_input_tokens"]) == (20, 10, 8)
