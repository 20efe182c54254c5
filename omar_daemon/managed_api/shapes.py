"""The answers of /v1 as JSON Schema: what the OpenAPI document promises."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {}
TIME: Schema = {"type": "string", "format": "date-time"}
STRINGS: Schema = {"type": "object", "additionalProperties": TEXT}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def items(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def constant(value: str) -> Schema:
    return {"const": value}


def record(kind: str | None = None, /, **fields: Schema) -> Schema:
    """An object with all these fields; `kind` is its `type`."""
    properties = {**({"type": constant(kind)} if kind else {}), **fields}
    return {"type": "object", "properties": properties, "required": list(properties)}


def page(row: Schema, **more: Schema) -> Schema:
    return record(data=items(row), next_page=nullable(TEXT), next_cursor=nullable(TEXT), **more)


def deleted(kind: str) -> Schema:
    return record(kind, id=TEXT)


def typed() -> Schema:
    """An object that says its own `type`."""
    return record(type=TEXT)


_TIMES = {"created_at": TIME, "updated_at": TIME, "archived_at": nullable(TIME)}
_MODEL = record(id=TEXT, speed={"enum": ["standard", "fast"]})
_AGENT_PARTS = {
    "name": TEXT,
    "description": nullable(TEXT),
    "model": _MODEL,
    "system": nullable(TEXT),
    "tools": items(typed()),
    "mcp_servers": items(record("url", name=TEXT, url=TEXT)),
    "skills": items(record(type=TEXT, skill_id=TEXT, version=TEXT)),
    "multiagent": nullable(typed()),
    "execution_identity": typed(),
}
_USAGE = record(
    input_tokens=WHOLE,
    output_tokens=WHOLE,
    cache_read_input_tokens=WHOLE,
    cache_creation=record(ephemeral_5m_input_tokens=WHOLE, ephemeral_1h_input_tokens=WHOLE),
    active_seconds=NUMBER,
)
_STATUS: Schema = {"enum": ["rescheduling", "running", "idle", "terminated"]}
_STATS = record(active_seconds=NUMBER, duration_seconds=NUMBER)

AGENT = record("agent", id=TEXT, version=WHOLE, metadata=STRINGS, **_AGENT_PARTS, **_TIMES)
_PINNED = record("agent", id=TEXT, version=WHOLE, **_AGENT_PARTS)
_THREAD_PARTS = {name: part for name, part in _AGENT_PARTS.items() if name != "multiagent"}
ENVIRONMENT = record(
    "environment",
    id=TEXT,
    name=TEXT,
    description=nullable(TEXT),
    config=typed(),
    metadata=STRINGS,
    scope=TEXT,
    **_TIMES,
)
RESOURCE = record(id=TEXT, type=TEXT, mount_path=TEXT, created_at=TIME, updated_at=TIME)
SESSION = record(
    "session",
    id=TEXT,
    status=_STATUS,
    agent=_PINNED,
    environment_id=TEXT,
    title=nullable(TEXT),
    metadata=STRINGS,
    vault_ids=items(TEXT),
    resources=items(RESOURCE),
    outcome_evaluations=items(record("outcome_evaluation", outcome_id=TEXT, iteration=WHOLE, result=TEXT)),
    budget=nullable(typed()),
    usage=_USAGE,
    stats=_STATS,
    **_TIMES,
)
THREAD = record(
    "session_thread",
    id=TEXT,
    session_id=TEXT,
    parent_thread_id={"type": "null"},
    agent=record("agent", id=TEXT, version=WHOLE, **_THREAD_PARTS),
    status=_STATUS,
    usage=_USAGE,
    stats=_STATS,
    **_TIMES,
)
EVENT = record(id=TEXT, type=TEXT, processed_at=nullable(TIME))
STORED_EVENT = record(id=TEXT, type=TEXT, processed_at=TIME, seq=WHOLE)
PENDING = record(
    pending_seq=WHOLE, event_id=TEXT, type=TEXT, session_thread_id=TEXT, enqueued_at=TIME, cancelled_at=nullable(TIME)
)
FILE = record(
    "file",
    id=TEXT,
    filename=TEXT,
    mime_type=TEXT,
    media_type=TEXT,
    size_bytes=WHOLE,
    downloadable=FLAG,
    scope=nullable(record("session", id=TEXT)),
    created_at=TIME,
    expires_at=nullable(TIME),
)
OUTPUT = record(filename=TEXT, size_bytes=WHOLE, uploaded_at=TIME, media_type=TEXT)
TRAJECTORY = record(
    "trajectory", version=WHOLE, session=SESSION, events=items(STORED_EVENT), summary=record(turns=WHOLE)
)
SKILL = record(
    "skill",
    id=TEXT,
    display_name=TEXT,
    latest_version_id=TEXT,
    source=typed(),
    created_at=TIME,
    updated_at=TIME,
)
SKILL_VERSION = record("skill_version", id=TEXT, skill_id=TEXT, name=TEXT, description=TEXT, created_at=TIME)
VAULT = record("vault", id=TEXT, display_name=TEXT, metadata=STRINGS, **_TIMES)
CREDENTIAL = record(
    "vault_credential", id=TEXT, vault_id=TEXT, auth=typed(), display_name=nullable(TEXT), metadata=STRINGS, **_TIMES
)
VALIDATION = record(
    "vault_credential_validation",
    credential_id=TEXT,
    vault_id=TEXT,
    status={"enum": ["valid", "invalid", "unknown"]},
    has_refresh_token=FLAG,
    validated_at=TIME,
)
MEMORY_STORE = record("memory_store", id=TEXT, name=TEXT, description=TEXT, metadata=STRINGS, **_TIMES)
MEMORY = record(
    "memory",
    id=TEXT,
    memory_store_id=TEXT,
    memory_version_id=TEXT,
    path=TEXT,
    content=nullable(TEXT),
    content_sha256=TEXT,
    content_size_bytes=WHOLE,
    created_at=TIME,
    updated_at=TIME,
)
MEMORY_ROW: Schema = {"anyOf": [MEMORY, record("memory_prefix", path=TEXT)]}
MEMORY_VERSION = record(
    "memory_version",
    id=TEXT,
    memory_id=TEXT,
    memory_store_id=TEXT,
    operation={"enum": ["created", "modified", "deleted"]},
    content=nullable(TEXT),
    path=nullable(TEXT),
    created_at=TIME,
    redacted_at=nullable(TIME),
)
CARD = record(
    "model_card",
    id=TEXT,
    model_id=TEXT,
    provider=TEXT,
    is_default=FLAG,
    model=nullable(TEXT),
    base_url=nullable(TEXT),
    api_key_preview=TEXT,
    **_TIMES,
)
MODEL = record("model", id=TEXT, display_name=TEXT, created_at=TIME, lifecycle=TEXT)
MODELS = record(data=items(MODEL), has_more=FLAG, first_id=nullable(TEXT), last_id=nullable(TEXT))
API_KEY = record("api_key", id=TEXT, name=TEXT, prefix=TEXT, scopes=items(TEXT), created_at=TIME)
ERROR = record("error", error=record(type=TEXT, message=TEXT), request_id=TEXT)
