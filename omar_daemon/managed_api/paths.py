"""One line of this surface's route list: every path of /v1 needs a key with the scope `managed`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omar_daemon.managed_api.exchange import PREFIX
from omar_daemon.routing import Access, ApiRoute, route


def managed(path: str, endpoint: Callable[..., Any], *methods: str) -> ApiRoute:
    """`path` is below /v1."""
    return route(PREFIX + path, endpoint, methods=methods, access=Access.KEY, scope="managed")
