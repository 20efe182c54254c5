"""The served OpenAPI document, and whatever it allows a client to send: no 5xx, no answer outside its schema.

`OMA_FUZZ_EXAMPLES` says how many requests each operation gets; the short default keeps the suite short.
"""

from __future__ import annotations

import os
from typing import Any

import httpx

from tests.daemon import Daemon
from tests.omar_daemon.managed_stage import Stage

EXAMPLES = int(os.environ.get("OMA_FUZZ_EXAMPLES", "3"))
SLOW = {"/v1/sessions/{session_id}/messages", "/v1/sessions/{session_id}/outputs/{filename}"}


def test_every_route_but_streams_and_downloads_is_described(http: httpx.Client) -> None:
    from omar_daemon import managed_api

    described = {
        (path, method.upper()) for path, item in http.get("/v1/openapi.json").json()["paths"].items() for method in item
    }
    left_out = {
        route.path
        for route in managed_api.surface().routes
        if not {(route.path.replace(":path", ""), method) for method in route.methods or ()} <= described
    }
    assert left_out == {
        "/v1/openapi.json",
        "/v1/files/{file_id}/content",
        "/v1/skills/{skill_id}/versions/{version}/content",
        "/v1/sessions/{session_id}/events/stream",
        "/v1/sessions/{session_id}/stream",
        "/v1/sessions/{session_id}/threads/{thread_id}/events/stream",
        "/v1/sessions/{session_id}/threads/{thread_id}/stream",
    }


def test_nothing_the_document_allows_breaks_the_daemon(daemon: Daemon, stage: Stage, http: httpx.Client) -> None:
    import hypothesis
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import response_schema_conformance

    known = existing(stage)
    document = http.get("/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    key = {"x-api-key": http.headers["x-api-key"]}
    phases = [hypothesis.Phase.generate]
    count = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in SLOW or "api_keys" in operation.path:
            continue

        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=phases,
            database=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def send(case: Any) -> None:
            nonlocal count
            count += 1
            case.path_parameters = {
                name: known.get(name, value) if count % 2 else value
                for name, value in (case.path_parameters or {}).items()
            }
            case.call_and_validate(
                base_url=daemon.url, headers=key, checks=[not_a_server_error, response_schema_conformance]
            )

        send()
    assert count > 50
    assert " ERROR " not in daemon.log


def existing(stage: Stage) -> dict[str, str]:
    """Ids of things that are there, so that not every request ends in 404."""
    vault = stage.post("/v1/vaults", {"display_name": "v"})["id"]
    store = stage.post("/v1/memory_stores", {"name": "m"})["id"]
    auth = {"type": "static_bearer", "token": "t", "mcp_server_url": "https://example.org/"}
    session = stage.session()
    file = stage.post("/v1/files", {"filename": "a.txt", "content": "a"})["id"]
    return {
        "agent_id": stage.agent(),
        "environment_id": stage.environment,
        "session_id": session,
        "thread_id": stage.http.get(f"/v1/sessions/{session}/threads").json()["data"][0]["id"],
        "vault_id": vault,
        "credential_id": stage.post(f"/v1/vaults/{vault}/credentials", {"auth": auth})["id"],
        "store_id": store,
        "memory_id": stage.post(f"/v1/memory_stores/{store}/memories", {"path": "/a", "content": "a"})["id"],
        "file_id": file,
        "resource_id": stage.post(f"/v1/sessions/{session}/resources", {"type": "file", "file_id": file})["id"],
        "card_id": stage.http.get("/v1/model_cards").json()["data"][0]["id"],
        "model_id": "stub-1",
    }
