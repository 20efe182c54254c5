"""Every call of the official SDK outside the work queue, against the running daemon."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import anthropic
import httpx2
import pytest

from tests.bench.sdk_surface import sdk_calls
from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.managed_stage import Stage

SKILL = b"---\nname: greeter\ndescription: Greets people properly.\n---\n# Greeting\nSay hello.\n"


class Recorder:
    """Remembers which paths the SDK asked for."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def __call__(self, request: Any) -> None:
        self.seen.append((request.method, request.url.path))

    def made(self, verb: str, template: str) -> bool:
        pattern = re.compile(re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(template)))
        return any(method == verb and pattern.fullmatch(path) for method, path in self.seen)


def test_all_calls_outside_the_work_queue_return_the_sdks_objects_with_what_was_sent(
    daemon: Daemon, key: str, stage: Stage, model: RunningModel
) -> None:
    recorder = Recorder()
    client = httpx2.Client(event_hooks={"request": [recorder]})
    with anthropic.Anthropic(base_url=daemon.url, api_key=key, http_client=client, max_retries=0) as sdk:
        use_agents(sdk.beta)
        use_environments(sdk.beta)
        use_files(sdk.beta)
        use_skills(sdk.beta)
        use_vaults(sdk.beta)
        use_memory(sdk.beta)
        model.rewrite({"turns": [{"text": "Hello to you."}]})
        use_sessions(sdk.beta, stage)
        assert [entry.id for entry in sdk.beta.models.list()] == ["stub-1"]
        assert sdk.beta.models.retrieve("stub-1").lifecycle == "active"
    calls = [call for call in sdk_calls() if not call.is_worker]
    assert len(calls) == 74
    missing = [call.python for call in calls if not recorder.made(call.verb, call.path)]
    assert missing == []


def use_agents(beta: Any) -> None:
    agent = beta.agents.create(
        name="researcher",
        model={"id": "claude-sonnet-4-6", "effort": "high"},
        system="Be brief.",
        description="Looks things up.",
        metadata={"team": "a"},
        mcp_servers=[{"type": "url", "name": "docs", "url": "https://mcp.example.org/"}],
        tools=[
            {
                "type": "agent_toolset_20260401",
                "configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}],
            },
            {"type": "mcp_toolset", "mcp_server_name": "docs"},
            {"type": "custom", "name": "ask", "description": "Asks.", "input_schema": {"type": "object"}},
        ],
    )
    assert type(agent).__name__ == "BetaManagedAgentsAgent"
    assert (agent.version, agent.model.effort.type, agent.metadata) == (1, "high", {"team": "a"})
    assert agent.tools[0].configs[0].permission_policy.type == "always_ask"
    assert agent.tools[0].default_config.permission_policy.type == "always_allow"
    assert agent.tools[1].default_config.permission_policy.type == "always_ask"
    assert agent.execution_identity.type == "service_account"
    changed = beta.agents.update(agent.id, version=1, system="Be very brief.", metadata={"team": None, "x": "y"})
    assert (changed.version, changed.system, changed.metadata) == (2, "Be very brief.", {"x": "y"})
    assert beta.agents.update(agent.id, version=2, system="Be very brief.").version == 2
    with pytest.raises(anthropic.ConflictError):
        beta.agents.update(agent.id, version=1, name="late")
    assert beta.agents.retrieve(agent.id, version=1).system == "Be brief."
    assert [entry.version for entry in beta.agents.versions.list(agent.id, limit=1)] == [2, 1]
    names = [beta.agents.create(name=f"n{number}", model="m").name for number in range(5)]
    assert [entry.name for entry in beta.agents.list(limit=2)] == [*reversed(names), "researcher"]
    assert beta.agents.archive(agent.id).archived_at is not None
    assert agent.id not in [entry.id for entry in beta.agents.list()]
    assert agent.id in [entry.id for entry in beta.agents.list(include_archived=True)]
    with pytest.raises(anthropic.NotFoundError):
        beta.agents.retrieve("agent_none")
    with pytest.raises(anthropic.BadRequestError):
        beta.agents.create(name="", model="m")


def use_environments(beta: Any) -> None:
    networking = {"type": "limited", "allowed_hosts": ["example.org"], "allow_package_managers": True}
    config = {"type": "cloud", "networking": networking, "packages": {"pip": ["numpy"]}}
    made = beta.environments.create(name="lab", config=config, description="d", metadata={"a": "b"})
    assert made.config.packages.pip == ["numpy"]
    assert made.config.packages.npm == []
    assert made.config.networking.allowed_hosts == ["example.org"]
    assert beta.environments.retrieve(made.id).metadata == {"a": "b"}
    assert beta.environments.update(made.id, name="lab 2").name == "lab 2"
    assert made.id in [entry.id for entry in beta.environments.list()]
    with pytest.raises(anthropic.BadRequestError) as refused:
        beta.environments.update(made.id, config={"type": "self_hosted"})
    assert refused.value.error_code == "invalid_config_type_change"
    assert beta.environments.archive(made.id).archived_at is not None
    assert beta.environments.delete(made.id).type == "environment_deleted"


def use_files(beta: Any) -> None:
    content = bytes(range(256)) * 5000
    made = beta.files.upload(file=("data.bin", content, "application/x-thing"))
    assert (made.filename, made.size_bytes, made.mime_type) == ("data.bin", len(content), "application/x-thing")
    assert beta.files.retrieve_metadata(made.id).id == made.id
    assert beta.files.download(made.id).read() == content
    other = beta.files.upload(file=("b.txt", b"b", "text/plain"))
    assert {entry.id for entry in beta.files.list(ids=[made.id, other.id])} == {made.id, other.id}
    assert [entry.id for entry in beta.files.list(limit=1)] == [other.id, made.id]
    assert beta.files.delete(made.id).type == "file_deleted"
    with pytest.raises(anthropic.NotFoundError):
        beta.files.download(made.id)


def use_skills(beta: Any) -> None:
    files = [("greeter/SKILL.md", SKILL, "text/markdown"), ("greeter/a/b.txt", b"b", "text/plain")]
    skill = beta.skills.create(display_name="Greeter", files=files)
    assert (skill.display_name, skill.source.type) == ("Greeter", "custom")
    assert beta.skills.retrieve(skill.id).latest_version_id == skill.latest_version_id
    version = beta.skills.versions.create(skill.id, files=[("greeter/SKILL.md", SKILL + b"More.", "text/markdown")])
    assert (version.name, version.description) == ("greeter", "Greets people properly.")
    assert beta.skills.versions.retrieve("latest", skill_id=skill.id).id == version.id
    assert [entry.id for entry in beta.skills.versions.list(skill.id)] == [version.id, skill.latest_version_id]
    archive = beta.skills.versions.download(skill.latest_version_id, skill_id=skill.id).read()
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.namelist() == ["greeter/SKILL.md", "greeter/a/b.txt"]
        assert opened.read("greeter/SKILL.md") == SKILL
    assert [entry.id for entry in beta.skills.list(source="custom")] == [skill.id]
    deleted = beta.skills.versions.delete(version.id, skill_id=skill.id)
    assert deleted.type == "skill_version_deleted"
    agent = beta.agents.create(name="a", model="m", skills=[{"type": "custom", "skill_id": skill.id}])
    assert agent.skills[0].version == "latest"
    with pytest.raises(anthropic.ConflictError):
        beta.skills.delete(skill.id)
    beta.agents.archive(agent.id)
    assert beta.skills.delete(skill.id).type == "skill_deleted"


def use_vaults(beta: Any) -> None:
    vault = beta.vaults.create(display_name="secrets", metadata={"a": "b"})
    assert (vault.display_name, vault.metadata) == ("secrets", {"a": "b"})
    assert beta.vaults.retrieve(vault.id).id == vault.id
    assert beta.vaults.update(vault.id, display_name="more secrets").display_name == "more secrets"
    assert [entry.id for entry in beta.vaults.list()] == [vault.id]
    credentials = beta.vaults.credentials
    bearer = {"type": "static_bearer", "token": "canary-bearer", "mcp_server_url": "https://mcp.example.org/a"}
    made = credentials.create(vault.id, auth=bearer, display_name="bearer")
    assert made.auth.mcp_server_url == "https://mcp.example.org/a"
    assert "canary" not in made.to_json()
    with pytest.raises(anthropic.ConflictError):
        credentials.create(vault.id, auth=bearer)
    variable = {
        "type": "environment_variable",
        "secret_name": "TOKEN",
        "secret_value": "canary-value",
        "networking": {"type": "unrestricted"},
    }
    other = credentials.create(vault.id, auth=variable)
    assert other.auth.injection_location.header is True
    oauth = {
        "type": "mcp_oauth",
        "access_token": "canary-access",
        "mcp_server_url": "http://127.0.0.1:9/mcp",
        "refresh": {
            "client_id": "me",
            "refresh_token": "canary-refresh",
            "token_endpoint": "http://127.0.0.1:9/token",
            "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": "canary-client"},
        },
    }
    third = credentials.create(vault.id, auth=oauth)
    assert third.auth.refresh.client_id == "me"
    assert "canary" not in third.to_json()
    updated = credentials.update(third.id, vault_id=vault.id, auth={"type": "mcp_oauth", "access_token": "canary-2"})
    assert updated.auth.refresh.token_endpoint == "http://127.0.0.1:9/token"
    with pytest.raises(anthropic.BadRequestError):
        credentials.update(third.id, vault_id=vault.id, auth={"type": "static_bearer", "token": "x"})
    verdict = credentials.mcp_oauth_validate(third.id, vault_id=vault.id)
    assert (verdict.status, verdict.has_refresh_token, verdict.mcp_probe.method) == ("unknown", True, "initialize")
    assert credentials.retrieve(made.id, vault_id=vault.id).display_name == "bearer"
    assert {entry.id for entry in credentials.list(vault.id, limit=2)} == {made.id, other.id, third.id}
    assert credentials.archive(made.id, vault_id=vault.id).archived_at is not None
    assert credentials.delete(other.id, vault_id=vault.id).type == "vault_credential_deleted"
    assert beta.vaults.archive(vault.id).archived_at is not None
    assert beta.vaults.delete(vault.id).type == "vault_deleted"


def use_memory(beta: Any) -> None:
    store = beta.memory_stores.create(name="notes", description="what we know", metadata={"a": "b"})
    assert beta.memory_stores.retrieve(store.id).description == "what we know"
    assert beta.memory_stores.update(store.id, name="notes 2").name == "notes 2"
    assert [entry.id for entry in beta.memory_stores.list()] == [store.id]
    memories = beta.memory_stores.memories
    made = memories.create(store.id, path="/people/ada.md", content="Ada likes trains.")
    assert made.content is None
    assert memories.retrieve(made.id, memory_store_id=store.id).content == "Ada likes trains."
    with pytest.raises(anthropic.ConflictError):
        memories.create(store.id, path="/people/ada.md", content="again")
    wrong = {"type": "content_sha256", "content_sha256": "0" * 64}
    with pytest.raises(anthropic.ConflictError):
        memories.update(made.id, memory_store_id=store.id, content="x", precondition=wrong)
    right = {"type": "content_sha256", "content_sha256": made.content_sha256}
    content = "Ada likes ships."
    changed = memories.update(made.id, memory_store_id=store.id, content=content, precondition=right, view="full")
    assert (changed.content, changed.content_size_bytes) == (content, len(content))
    for number in range(4):
        memories.create(store.id, path=f"/log/{number}/entry", content=str(number))
    assert len(list(memories.list(store.id, limit=2))) == 5
    folded = [(entry.type, entry.path) for entry in memories.list(store.id, depth=1, limit=1)]
    assert folded == [("memory_prefix", "/log/"), ("memory_prefix", "/people/")]
    below = [entry.path for entry in memories.list(store.id, path_prefix="/people/", view="full")]
    assert below == ["/people/ada.md"]
    versions = beta.memory_stores.memory_versions
    found = list(versions.list(store.id, memory_id=made.id, limit=1))
    assert [entry.operation for entry in found] == ["modified", "created"]
    assert found[0].created_by.type == "api_actor"
    old = versions.retrieve(found[1].id, memory_store_id=store.id)
    assert old.content == "Ada likes trains."
    redacted = versions.redact(old.id, memory_store_id=store.id)
    assert (redacted.content, redacted.path) == (None, None)
    assert redacted.redacted_at is not None
    assert memories.delete(made.id, memory_store_id=store.id).type == "memory_deleted"
    assert beta.memory_stores.archive(store.id).archived_at is not None
    assert beta.memory_stores.delete(store.id).type == "memory_store_deleted"


def use_sessions(beta: Any, stage: Stage) -> None:
    agent = stage.agent()
    file = beta.files.upload(file=("a.txt", b"a", "text/plain"))
    store = beta.memory_stores.create(name="memory")
    made = beta.sessions.create(
        agent={"type": "agent_with_overrides", "id": agent, "system": "Only here."},
        environment_id=stage.environment,
        title="first",
        metadata={"k": "v"},
        resources=[
            {"type": "file", "file_id": file.id},
            {"type": "memory_store", "memory_store_id": store.id, "access": "read_only"},
            {"type": "github_repository", "url": "https://example.org/x/y", "authorization_token": "canary-git"},
        ],
    )
    assert type(made).__name__ == "BetaManagedAgentsSession"
    assert (made.status, made.agent.system, made.metadata) == ("idle", "Only here.", {"k": "v"})
    assert made.resources[0].mount_path == f"/home/user/files/{file.id}/a.txt"
    assert "canary" not in made.to_json()
    assert beta.sessions.retrieve(made.id).title == "first"
    assert beta.sessions.update(made.id, title="second", metadata={"k": None}).metadata == {}
    resources = beta.sessions.resources
    assert [entry.type for entry in resources.list(made.id, limit=1)] == ["file", "memory_store", "github_repository"]
    other = beta.files.upload(file=("b.txt", b"b", "text/plain"))
    added = resources.add(made.id, file_id=other.id, type="file", mount_path="/workspace/b.txt")
    assert resources.retrieve(added.id, session_id=made.id).mount_path == "/workspace/b.txt"
    git = beta.sessions.retrieve(made.id).resources[2]
    assert resources.update(git.id, session_id=made.id, authorization_token="canary-new").id == git.id
    assert resources.delete(git.id, session_id=made.id).type == "session_resource_deleted"
    (thread,) = list(beta.sessions.threads.list(made.id))
    assert (thread.session_id, thread.status) == (made.id, "idle")
    assert beta.sessions.threads.retrieve(thread.id, session_id=made.id).agent.name == "worker"
    with pytest.raises(anthropic.BadRequestError):
        beta.sessions.threads.archive(thread.id, session_id=made.id)
    types = watch_a_turn(beta, made.id, thread.id)
    log = list(beta.sessions.events.list(made.id, limit=2))
    assert [event.type for event in log if event.type != "session.updated"] == types
    of_thread = beta.sessions.threads.events.list(thread.id, session_id=made.id)
    assert [event.id for event in of_thread] == [event.id for event in log]
    said = beta.sessions.events.list(made.id, types=["agent.message"], order="desc")
    assert [event.type for event in said] == ["agent.message"]
    second = beta.sessions.create(agent=agent, environment_id=stage.environment)
    assert [entry.id for entry in beta.sessions.list(limit=1)] == [second.id, made.id]
    assert [entry.id for entry in beta.sessions.list(memory_store_id=store.id, statuses=["idle"])] == [made.id]
    assert list(beta.sessions.list(agent_id=agent, agent_version=7)) == []
    assert [entry.id for entry in beta.sessions.list(order="asc")] == [made.id, second.id]
    page = beta.sessions.list(limit=1).get_next_page()
    assert [entry.id for entry in beta.sessions.list(limit=1, page=page.prev_page).data] == [second.id]
    assert beta.sessions.archive(made.id).status == "terminated"
    with pytest.raises(anthropic.ConflictError):
        beta.sessions.events.send(made.id, events=[{"type": "user.interrupt"}])
    assert beta.sessions.delete(made.id).type == "session_deleted"
    with pytest.raises(anthropic.NotFoundError):
        beta.sessions.retrieve(made.id)


def watch_a_turn(beta: Any, session: str, thread: str) -> list[str]:
    """One message, seen on both streams; returns the types up to the idle."""
    message = {"type": "user.message", "content": [{"type": "text", "text": "hi"}]}
    with (
        beta.sessions.threads.events.stream(thread, session_id=session) as own,
        beta.sessions.events.stream(session) as stream,
    ):
        sent = beta.sessions.events.send(session, events=[message])
        assert sent.data[0].processed_at is None
        types = []
        for event in stream:
            types.append(event.type)
            if event.type == "session.status_idle":
                break
        assert next(iter(own)).id == sent.data[0].id
    return types
