"""What a turn works with: the session's pinned agent, its environment, its secrets, skills, files and memories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from omar_daemon.store.managed import files as file_room
from omar_daemon.store.managed import memory as memory_room
from omar_daemon.store.managed import secrets
from omar_daemon.store.managed import skills as skill_room
from omar_daemon.store.managed import vaults as vault_room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.environments import environments
from omar_daemon.store.managed.sessions import sessions

NOTES = """You work in a sandbox on this machine. Your working directory is /workspace. Put what the user should get
into /mnt/session/outputs. Files of the user are under /home/user/files. When the same step has failed three times,
stop and say what is in the way."""


@dataclass(frozen=True)
class StoreMount:
    """A memory store of the session and the folder under /mnt/memory that shows it."""

    store_id: str
    folder: str
    description: str
    instructions: str
    writable: bool


@dataclass(frozen=True)
class SkillMount:
    """A skill of the agent and the blob that holds its files."""

    name: str
    description: str
    sha256: str


@dataclass(frozen=True)
class FileMount:
    """A file of the session and every path under which its tools see it."""

    file_id: str
    filename: str
    sha256: str
    mount_path: str | None = None


@dataclass(frozen=True)
class Bearer:
    """A token for an MCP server and the credential it comes from."""

    credential_id: str
    token: str


@dataclass(frozen=True)
class Setup:
    """Everything a turn needs that is in the store."""

    session: Document
    agent: dict[str, Any]
    environment: dict[str, Any]
    files: list[FileMount] = field(default_factory=list)
    skills: list[SkillMount] = field(default_factory=list)
    stores: list[StoreMount] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    bearers: dict[str, Bearer] = field(default_factory=dict)

    @property
    def self_hosted(self) -> bool:
        return bool(self.environment["config"]["type"] == "self_hosted")

    @property
    def network(self) -> bool:
        """Whether tools have a network: a limited one has none, its hosts are reached by web_fetch and MCP only."""
        networking = self.environment["config"].get("networking") or {"type": "unrestricted"}
        return bool(networking["type"] == "unrestricted")

    @property
    def allowed_hosts(self) -> list[str] | None:
        networking = self.environment["config"].get("networking") or {"type": "unrestricted"}
        return None if networking["type"] == "unrestricted" else list(networking["allowed_hosts"])

    def system_prompt(self) -> str:
        """The agent's own prompt, then what it should know of this place."""
        parts = [self.agent.get("system") or "", NOTES]
        if self.skills:
            listed = "\n".join(
                f"- {skill.name}: {skill.description} (read /home/user/.skills/{skill.name}/SKILL.md)"
                for skill in self.skills
            )
            parts.append(f"Skills, to be read when their subject comes up:\n{listed}")
        for store in self.stores:
            access = "you may change it" if store.writable else "read-only"
            parts.append(f"/mnt/memory/{store.folder} is a memory ({access}): {store.description} {store.instructions}")
        return "\n\n".join(part for part in parts if part.strip())


def load(connection: Connection, session_id: str) -> Setup | None:
    """None when the session or its environment is gone."""
    session = sessions.get(connection, session_id)
    environment = None if session is None else environments.get(connection, session.columns["environment_id"])
    if session is None or environment is None:
        return None
    variables, bearers = _secrets(connection, session)
    return Setup(
        session,
        session.body["agent"],
        environment.body,
        _files(connection, session),
        _skills(connection, session.body["agent"]["skills"]),
        _stores(connection, session),
        variables,
        bearers,
    )


def _secrets(connection: Connection, session: Document) -> tuple[dict[str, str], dict[str, Bearer]]:
    """Environment variables for the sandbox, and bearer tokens by MCP server address."""
    variables: dict[str, str] = {}
    bearers: dict[str, Bearer] = {}
    for vault_id in reversed(session.body["vault_ids"]):
        for credential in vault_room.of_vault(connection, vault_id):
            secret = secrets.open_sealed(credential.columns["sealed"], purpose=vault_room.PURPOSE, owner=credential.id)
            address = credential.columns["address"]
            if credential.body["auth"]["type"] == "environment_variable":
                variables[address] = secret["secret_value"]
            else:
                bearers[address] = Bearer(credential.id, secret.get("token") or secret.get("access_token") or "")
    return variables, bearers


def _files(connection: Connection, session: Document) -> list[FileMount]:
    mounts = [_file(file, None) for file in file_room.of_session(connection, session.id) if not file.body.get("output")]
    for resource in session.body["resources"]:
        if resource["type"] == "file":
            file = file_room.files.get(connection, resource["file_id"])
            if file is not None:
                mounts.append(_file(file, resource["mount_path"]))
    return mounts


def _file(file: Document, mount_path: str | None) -> FileMount:
    return FileMount(file.id, file.body["filename"], file.columns["sha256"], mount_path)


def _skills(connection: Connection, wanted: list[dict[str, Any]]) -> list[SkillMount]:
    mounts = []
    for skill in wanted:
        version = skill_room.version(connection, skill["skill_id"], skill["version"])
        if version is not None:
            mounts.append(SkillMount(version.body["name"], version.body["description"], version.columns["sha256"]))
    return mounts


def _stores(connection: Connection, session: Document) -> list[StoreMount]:
    mounts = []
    for resource in session.body["resources"]:
        if resource["type"] == "memory_store":
            store = memory_room.stores.get(connection, resource["memory_store_id"])
            if store is not None:
                mounts.append(
                    StoreMount(
                        store.id,
                        resource["mount_path"].rsplit("/", 1)[-1],
                        store.body["description"],
                        resource.get("instructions") or "",
                        resource["access"] == "read_write" and store.archived_at is None,
                    )
                )
    return mounts
