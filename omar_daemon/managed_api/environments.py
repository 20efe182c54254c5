"""/v1/environments: where tools run. Packages and networking are kept in full (contract 12)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.harness.sandbox.isolation import isolation
from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created
from omar_daemon.managed_api.errors import bad, conflict
from omar_daemon.managed_api.fields import (
    Body,
    Metadata,
    MetadataPatch,
    Name,
    checked_metadata,
    patched_metadata,
    read_body,
)
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, living, reading, required, writing
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed import sessions
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.environments import environments

MANAGERS = ("apt", "cargo", "gem", "go", "npm", "pip")
PackageList = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=100)]
Scope = Literal["organization", "account"]


class Packages(Body):
    type: Literal["packages"] | None = None
    apt: PackageList | None = None
    cargo: PackageList | None = None
    gem: PackageList | None = None
    go: PackageList | None = None
    npm: PackageList | None = None
    pip: PackageList | None = None


class Unrestricted(Body):
    type: Literal["unrestricted"]


class Limited(Body):
    type: Literal["limited"]
    allowed_hosts: Annotated[list[str], Field(max_length=256)] | None = None
    allow_mcp_servers: bool | None = None
    allow_package_managers: bool | None = None


class CloudConfig(Body):
    type: Literal["cloud"]
    networking: Annotated[Unrestricted | Limited, Field(discriminator="type")] | None = None
    packages: Packages | None = None
    dockerfile: Annotated[str, Field(max_length=100_000)] | None = None


class SelfHostedConfig(Body):
    type: Literal["self_hosted"]


Config = Annotated[CloudConfig | SelfHostedConfig, Field(discriminator="type")]


class EnvironmentCreate(Body):
    """POST /v1/environments."""

    name: Name
    config: Config | None = None
    description: Annotated[str, Field(max_length=2048)] | None = None
    metadata: Metadata | None = None
    scope: Scope | None = None


class EnvironmentUpdate(Body):
    """POST /v1/environments/{id}: what is left out stays; `config` is replaced whole."""

    name: Name | None = None
    config: Config | None = None
    description: Annotated[str, Field(max_length=2048)] | None = None
    metadata: MetadataPatch | None = None
    scope: Scope | None = None


async def create(request: Request) -> Response:
    wanted = await read_body(request, EnvironmentCreate)
    body = {
        "name": wanted.name,
        "description": wanted.description,
        "config": _full_config(wanted.config or CloudConfig(type="cloud")),
        "metadata": checked_metadata(wanted.metadata or {}),
        "scope": wanted.scope or "organization",
    }
    insert = lambda connection: environments.insert(connection, body, name=wanted.name)  # noqa: E731
    return created(shown(await writing(request, insert)))


async def listing(request: Request) -> Response:
    return await listed(request, environments, shown, *query.filters(request, environments.table))


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: _mine(connection, request))))


async def update(request: Request) -> Response:
    """400 for an archived environment, and for another `config.type`."""
    wanted = await read_body(request, EnvironmentUpdate)

    def work(connection: Connection) -> Document:
        _mine(connection, request)
        environment = living(
            connection, environments, request.path_params["environment_id"], "environment", code="environment_archived"
        )
        body = _changed(environment.body, wanted)
        return environments.change(connection, environment, body, name=body["name"])

    return answer(shown(await writing(request, work)))


async def archive(request: Request) -> Response:
    """Sessions that run go on; new ones are refused."""

    def work(connection: Connection) -> Document:
        return environments.archive(connection, _mine(connection, request, lock=True))

    return answer(shown(await writing(request, work)))


async def delete(request: Request) -> Response:
    """409 while any session names it."""

    def work(connection: Connection) -> str:
        environment = _mine(connection, request, lock=True)
        if sessions.in_environment(connection, environment.id):
            raise conflict("Sessions still use the environment; delete them first, or archive it.")
        environments.delete(connection, environments.table.c.id == environment.id)
        return environment.id

    return answer({"id": await writing(request, work), "type": "environment_deleted"})


def _mine(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    environment_id = request.path_params["environment_id"]
    return required(connection, environments, environment_id, "environment", lock=lock, code="environment_not_found")


def _changed(current: dict[str, Any], wanted: EnvironmentUpdate) -> dict[str, Any]:
    body = dict(current)
    if wanted.name is not None:
        body["name"] = wanted.name
    if "description" in wanted.model_fields_set:
        body["description"] = wanted.description or None
    if wanted.scope is not None:
        body["scope"] = wanted.scope
    if wanted.config is not None:
        if wanted.config.type != current["config"]["type"]:
            raise bad("The type of an environment cannot be changed.", code="invalid_config_type_change")
        body["config"] = _full_config(wanted.config)
    body["metadata"] = patched_metadata(current["metadata"], wanted.metadata)
    return body


def _full_config(config: CloudConfig | SelfHostedConfig) -> dict[str, Any]:
    if isinstance(config, SelfHostedConfig):
        return {"type": "self_hosted"}
    packages = config.packages or Packages()
    full: dict[str, Any] = {
        "type": "cloud",
        "networking": _full_networking(config.networking, packages),
        "packages": {"type": "packages", **{name: getattr(packages, name) or [] for name in MANAGERS}},
    }
    if config.dockerfile is not None:
        full["dockerfile"] = config.dockerfile
    return full


def _full_networking(networking: Unrestricted | Limited | None, packages: Packages) -> dict[str, Any]:
    if not isinstance(networking, Limited):
        return {"type": "unrestricted"}
    if not networking.allow_package_managers and any(getattr(packages, name) for name in MANAGERS):
        raise bad("config: packages under limited networking need allow_package_managers.")
    return {
        "type": "limited",
        "allowed_hosts": networking.allowed_hosts or [],
        "allow_mcp_servers": bool(networking.allow_mcp_servers),
        "allow_package_managers": bool(networking.allow_package_managers),
    }


def shown(environment: Document) -> dict[str, Any]:
    """With `isolation`: what keeps the tools of a cloud environment apart on this machine."""
    shown = {"id": environment.id, "type": "environment", **environment.body, **environment.times()}
    if environment.body["config"]["type"] == "cloud":
        shown["isolation"] = isolation()
    return shown


def routes() -> list[ApiRoute]:
    return [
        managed("/environments", create, "POST"),
        managed("/environments", listing, "GET"),
        managed("/environments/{environment_id}", retrieve, "GET"),
        managed("/environments/{environment_id}", update, "POST", "PUT"),
        managed("/environments/{environment_id}", delete, "DELETE"),
        managed("/environments/{environment_id}/archive", archive, "POST"),
    ]
