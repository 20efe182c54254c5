"""The kinds of credentials: what a client sends, what may be shown, and what is sealed (contract 14)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from omar_daemon.managed_api.errors import bad
from omar_daemon.managed_api.fields import Body, Metadata, MetadataPatch
from omar_daemon.store.managed import clock

Secret = Annotated[str, Field(min_length=1, max_length=65_536)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s\x00]+$", max_length=2048)]


def _moment(text: str) -> str:
    clock.parse(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""An ISO 8601 time, kept as it was written."""


class EndpointAuth(Body):
    """How a token endpoint is told who asks."""

    type: Literal["none", "client_secret_basic", "client_secret_post"]
    client_secret: Secret | None = None


class Refresh(Body):
    client_id: Annotated[str, Field(min_length=1, max_length=2048)]
    refresh_token: Secret
    token_endpoint: Url
    token_endpoint_auth: EndpointAuth
    resource: str | None = None
    scope: str | None = None


class RefreshPatch(Body):
    refresh_token: Secret | None = None
    scope: str | None = None
    token_endpoint_auth: EndpointAuth | None = None


class StaticBearer(Body):
    type: Literal["static_bearer"]
    token: Secret
    mcp_server_url: Url


class McpOAuth(Body):
    type: Literal["mcp_oauth"]
    access_token: Secret
    mcp_server_url: Url
    expires_at: Moment | None = None
    refresh: Refresh | None = None


class Hosts(Body):
    type: Literal["unrestricted", "limited"]
    allowed_hosts: list[str] | None = None


class Injection(Body):
    header: bool | None = None
    body: bool | None = None


class EnvironmentVariable(Body):
    type: Literal["environment_variable"]
    secret_name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
    secret_value: Secret
    networking: Hosts | None = None
    injection_location: Injection | None = None


Auth = Annotated[StaticBearer | McpOAuth | EnvironmentVariable, Field(discriminator="type")]


class AuthPatch(Body):
    """What may change of a credential: its secrets and what surrounds them, never its kind or address."""

    type: Literal["static_bearer", "mcp_oauth", "environment_variable"]
    token: Secret | None = None
    access_token: Secret | None = None
    secret_value: Secret | None = None
    mcp_server_url: str | None = None
    secret_name: str | None = None
    expires_at: Moment | None = None
    refresh: RefreshPatch | None = None
    networking: Hosts | None = None
    injection_location: Injection | None = None


class CredentialCreate(Body):
    """POST /v1/vaults/{id}/credentials."""

    auth: Auth
    display_name: Annotated[str, Field(max_length=255)] | None = None
    metadata: Metadata | None = None


class CredentialUpdate(Body):
    auth: AuthPatch | None = None
    display_name: Annotated[str, Field(max_length=255)] | None = None
    metadata: MetadataPatch | None = None


def split(auth: StaticBearer | McpOAuth | EnvironmentVariable) -> tuple[dict[str, Any], dict[str, Any], str]:
    """What may be shown, what is secret, and the address by which the credential is chosen."""
    if isinstance(auth, StaticBearer):
        return {"type": auth.type, "mcp_server_url": auth.mcp_server_url}, {"token": auth.token}, auth.mcp_server_url
    if isinstance(auth, EnvironmentVariable):
        shown = {
            "type": auth.type,
            "secret_name": auth.secret_name,
            "networking": _hosts(auth.networking),
            "injection_location": _injection(auth.injection_location, {"header": True, "body": False}),
        }
        return shown, {"secret_value": auth.secret_value}, auth.secret_name
    return _split_oauth(auth)


def _split_oauth(auth: McpOAuth) -> tuple[dict[str, Any], dict[str, Any], str]:
    shown: dict[str, Any] = {
        "type": auth.type, "mcp_server_url": auth.mcp_server_url, "expires_at": auth.expires_at, "refresh": None
    }  # fmt: skip
    secret: dict[str, Any] = {"access_token": auth.access_token}
    if auth.refresh is not None:
        refresh = auth.refresh
        shown["refresh"] = {
            "client_id": refresh.client_id,
            "token_endpoint": refresh.token_endpoint,
            "token_endpoint_auth": {"type": refresh.token_endpoint_auth.type},
            "resource": refresh.resource,
            "scope": refresh.scope,
        }
        secret["refresh_token"] = refresh.refresh_token
        secret["client_secret"] = refresh.token_endpoint_auth.client_secret
    return shown, secret, auth.mcp_server_url


def merge(shown: dict[str, Any], secret: dict[str, Any], patch: AuthPatch) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both parts after an update; 400 when it would change the kind or the address."""
    if patch.type != shown["type"]:
        raise bad(f"auth: the credential is of kind {shown['type']}; make a new one for another kind.")
    for name in ("mcp_server_url", "secret_name"):
        if getattr(patch, name) not in (None, shown.get(name)):
            raise bad(f"auth: {name} cannot be changed; make a new credential.")
    new_secret = {**secret}
    for name in ("token", "access_token", "secret_value"):
        if name in secret and getattr(patch, name) is not None:
            new_secret[name] = getattr(patch, name)
    new_shown = {**shown}
    if shown["type"] == "mcp_oauth" and "expires_at" in patch.model_fields_set:
        new_shown["expires_at"] = patch.expires_at
    if shown["type"] == "environment_variable":
        new_shown["networking"] = _hosts(patch.networking) if patch.networking else shown["networking"]
        new_shown["injection_location"] = _injection(patch.injection_location, shown["injection_location"])
    if patch.refresh is not None:
        _merge_refresh(new_shown, new_secret, patch.refresh)
    return new_shown, new_secret


def _merge_refresh(shown: dict[str, Any], secret: dict[str, Any], patch: RefreshPatch) -> None:
    if shown.get("refresh") is None:
        raise bad("auth: the credential has no refresh token to change.")
    refresh = dict(shown["refresh"])
    if "scope" in patch.model_fields_set:
        refresh["scope"] = patch.scope
    if patch.refresh_token is not None:
        secret["refresh_token"] = patch.refresh_token
    if patch.token_endpoint_auth is not None:
        refresh["token_endpoint_auth"] = {"type": patch.token_endpoint_auth.type}
        secret["client_secret"] = patch.token_endpoint_auth.client_secret or secret.get("client_secret")
    shown["refresh"] = refresh


def _hosts(hosts: Hosts | None) -> dict[str, Any]:
    if hosts is None or hosts.type == "unrestricted":
        return {"type": "unrestricted"}
    return {"type": "limited", "allowed_hosts": hosts.allowed_hosts or []}


def _injection(injection: Injection | None, default: dict[str, bool]) -> dict[str, bool]:
    given = {} if injection is None else injection.model_dump(exclude_none=True)
    return {**default, **given}
