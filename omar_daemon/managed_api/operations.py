"""What each endpoint of /v1 takes and gives, for the OpenAPI document. Loaded when that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omar_daemon.managed_api import (
    agent_fields,
    agents,
    api_keys,
    credential_fields,
    credentials,
    environments,
    event_fields,
    events,
    files,
    memories,
    memory_stores,
    model_cards,
    models,
    session_fields,
    session_resources,
    session_results,
    sessions,
    shapes,
    skills,
    streams,
    threads,
    vaults,
)
from omar_daemon.managed_api.openapi import Operation

Parameters = dict[str, dict[str, Any]]
_TEXT: dict[str, Any] = {"type": "string"}
_PAGE: Parameters = {"limit": {"type": "integer", "minimum": 1}, "page": _TEXT}
_ARCHIVED: Parameters = {"include_archived": {"type": "boolean"}}
_TIMES: Parameters = {
    f"created_at[{name}]": {"type": "string", "format": "date-time"} for name in ("gt", "gte", "lt", "lte")
}
_ORDER: Parameters = {"order": {"enum": ["asc", "desc"]}}
_VIEW: Parameters = {"view": {"enum": ["basic", "full"]}}
_STREAM = "text/event-stream"
_BYTES = "application/octet-stream"
Endpoint = Callable[..., Any]


def operations() -> dict[Endpoint, Operation]:
    """Streams and downloads are left out: they are no single documents."""
    return {**_agents(), **_environments(), **_sessions(), **_files(), **_vaults(), **_memory(), **_models()}


def _agents() -> dict[Endpoint, Operation]:
    lists = {**_PAGE, **_ARCHIVED, **_TIMES}
    return {
        agents.create: Operation(shapes.AGENT, agent_fields.AgentCreate, 201),
        agents.listing: Operation(shapes.page(shapes.AGENT), query={**lists, **_ORDER}),
        agents.retrieve: Operation(shapes.AGENT, query={"version": {"type": "integer"}}),
        agents.update: Operation(shapes.AGENT, agent_fields.AgentUpdate),
        agents.delete: Operation(shapes.deleted("agent_deleted")),
        agents.archive: Operation(shapes.AGENT),
        agents.versions: Operation(shapes.page(shapes.AGENT), query=_PAGE),
        agents.retrieve_version: Operation(shapes.AGENT),
        skills.create: Operation(shapes.SKILL, skills.SkillCreate, 201),
        skills.listing: Operation(shapes.page(shapes.SKILL), query={**_PAGE, "source": _TEXT}),
        skills.retrieve: Operation(shapes.SKILL),
        skills.delete: Operation(shapes.deleted("skill_deleted")),
        skills.create_version: Operation(shapes.SKILL_VERSION, skills.SkillCreate, 201),
        skills.list_versions: Operation(shapes.page(shapes.SKILL_VERSION), query=_PAGE),
        skills.retrieve_version: Operation(shapes.SKILL_VERSION),
        skills.delete_version: Operation(shapes.deleted("skill_version_deleted")),
    }


def _environments() -> dict[Endpoint, Operation]:
    return {
        environments.create: Operation(shapes.ENVIRONMENT, environments.EnvironmentCreate, 201),
        environments.listing: Operation(shapes.page(shapes.ENVIRONMENT), query={**_PAGE, **_ARCHIVED}),
        environments.retrieve: Operation(shapes.ENVIRONMENT),
        environments.update: Operation(shapes.ENVIRONMENT, environments.EnvironmentUpdate),
        environments.delete: Operation(shapes.deleted("environment_deleted")),
        environments.archive: Operation(shapes.ENVIRONMENT),
    }


def _sessions() -> dict[Endpoint, Operation]:
    filters = {name: _TEXT for name in ("agent_id", "environment_id", "memory_store_id")}
    lists = {**_PAGE, **_ARCHIVED, **_TIMES, **_ORDER, **filters, "agent_version": {"type": "integer"}}
    log = shapes.page(shapes.STORED_EVENT)
    return {
        sessions.create: Operation(shapes.SESSION, session_fields.SessionCreate, 201),
        sessions.listing: Operation(shapes.page(shapes.SESSION, prev_page=shapes.nullable(shapes.TEXT)), query=lists),
        sessions.retrieve: Operation(shapes.SESSION),
        sessions.update: Operation(shapes.SESSION, session_fields.SessionUpdate),
        sessions.delete: Operation(shapes.deleted("session_deleted")),
        sessions.archive: Operation(shapes.SESSION),
        session_resources.add: Operation(shapes.RESOURCE, session_fields.FileResource, 201),
        session_resources.listing: Operation(shapes.page(shapes.RESOURCE), query=_PAGE),
        session_resources.retrieve: Operation(shapes.RESOURCE),
        session_resources.update: Operation(shapes.RESOURCE, session_fields.ResourceUpdate),
        session_resources.delete: Operation(shapes.deleted("session_resource_deleted")),
        session_results.list_outputs: Operation(shapes.page(shapes.OUTPUT)),
        session_results.download_output: Operation(None, media=_BYTES),
        session_results.trajectory: Operation(shapes.TRAJECTORY),
        threads.listing: Operation(shapes.page(shapes.THREAD), query=_PAGE),
        threads.retrieve: Operation(shapes.THREAD),
        threads.archive: Operation(shapes.THREAD),
        threads.list_events: Operation(log, query=_PAGE),
        events.send: Operation(None, event_fields.EventBatch, 202),
        events.listing: Operation(log, query={**_PAGE, **_ORDER, **_TIMES, "after_seq": {"type": "integer"}}),
        events.pending: Operation(shapes.page(shapes.PENDING), query={"include_cancelled": {"type": "boolean"}}),
        streams.message: Operation(None, event_fields.Message, media=_STREAM),
    }


def _files() -> dict[Endpoint, Operation]:
    return {
        files.upload: Operation(shapes.FILE, files.FileCreate, 201),
        files.listing: Operation(shapes.page(shapes.FILE), query={**_PAGE, "scope_id": _TEXT}),
        files.retrieve: Operation(shapes.FILE),
        files.delete: Operation(shapes.deleted("file_deleted")),
    }


def _vaults() -> dict[Endpoint, Operation]:
    return {
        vaults.create: Operation(shapes.VAULT, vaults.VaultCreate, 201),
        vaults.listing: Operation(shapes.page(shapes.VAULT), query={**_PAGE, **_ARCHIVED}),
        vaults.retrieve: Operation(shapes.VAULT),
        vaults.update: Operation(shapes.VAULT, vaults.VaultUpdate),
        vaults.archive: Operation(shapes.VAULT),
        vaults.delete: Operation(shapes.deleted("vault_deleted")),
        credentials.create: Operation(shapes.CREDENTIAL, credential_fields.CredentialCreate, 201),
        credentials.listing: Operation(shapes.page(shapes.CREDENTIAL), query={**_PAGE, **_ARCHIVED}),
        credentials.retrieve: Operation(shapes.CREDENTIAL),
        credentials.update: Operation(shapes.CREDENTIAL, credential_fields.CredentialUpdate),
        credentials.archive: Operation(shapes.CREDENTIAL),
        credentials.delete: Operation(shapes.deleted("vault_credential_deleted")),
        credentials.validate: Operation(shapes.VALIDATION),
    }


def _memory() -> dict[Endpoint, Operation]:
    versions = {name: _TEXT for name in ("memory_id", "operation", "session_id", "api_key_id")}
    folded: Parameters = {"path_prefix": _TEXT, "depth": {"type": "integer"}}
    return {
        memory_stores.create: Operation(shapes.MEMORY_STORE, memory_stores.StoreCreate, 201),
        memory_stores.listing: Operation(shapes.page(shapes.MEMORY_STORE), query={**_PAGE, **_ARCHIVED, **_TIMES}),
        memory_stores.retrieve: Operation(shapes.MEMORY_STORE),
        memory_stores.update: Operation(shapes.MEMORY_STORE, memory_stores.StoreUpdate),
        memory_stores.archive: Operation(shapes.MEMORY_STORE),
        memory_stores.delete: Operation(shapes.deleted("memory_store_deleted")),
        memory_stores.search: Operation(shapes.page(shapes.MEMORY), memory_stores.SearchRequest),
        memories.create: Operation(shapes.MEMORY, memories.MemoryCreate, 201, query=_VIEW),
        memories.listing: Operation(shapes.page(shapes.MEMORY_ROW), query={**_PAGE, **_VIEW, **folded}),
        memories.retrieve: Operation(shapes.MEMORY, query=_VIEW),
        memories.update: Operation(shapes.MEMORY, memories.MemoryUpdate, query=_VIEW),
        memories.delete: Operation(shapes.deleted("memory_deleted"), query={"expected_content_sha256": _TEXT}),
        memories.list_versions: Operation(
            shapes.page(shapes.MEMORY_VERSION), query={**_PAGE, **_VIEW, **_TIMES, **versions}
        ),
        memories.retrieve_version: Operation(shapes.MEMORY_VERSION, query=_VIEW),
        memories.redact: Operation(shapes.MEMORY_VERSION),
    }


def _models() -> dict[Endpoint, Operation]:
    return {
        model_cards.create: Operation(shapes.CARD, model_cards.CardCreate, 201),
        model_cards.listing: Operation(shapes.page(shapes.CARD), query={**_PAGE, **_TIMES, "provider": _TEXT}),
        model_cards.retrieve: Operation(shapes.CARD),
        model_cards.update: Operation(shapes.CARD, model_cards.CardUpdate),
        model_cards.delete: Operation(shapes.deleted("model_card_deleted")),
        models.listing: Operation(shapes.MODELS, query={"limit": {"type": "integer"}, "after_id": _TEXT}),
        models.retrieve: Operation(shapes.MODEL),
        api_keys.create: Operation(shapes.API_KEY, api_keys.KeyCreate, 201, optional_body=True),
        api_keys.listing: Operation(shapes.page(shapes.API_KEY)),
        api_keys.delete: Operation(shapes.deleted("api_key_deleted")),
    }
