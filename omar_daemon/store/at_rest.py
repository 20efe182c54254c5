"""The store while no daemon runs: it is read, and not made where there is none yet."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared import paths

if TYPE_CHECKING:
    from omar_daemon.store.engine import Store
    from shared.config import Config


@contextlib.contextmanager
def store_at_rest(settings: Config) -> Iterator[Store | None]:
    """The store of these settings; None when nothing was ever kept in it."""
    url = settings.text("server.database_url")
    if not url and not paths.daemon_database().exists():
        yield None
        return
    from omar_daemon.store.engine import open_store

    store = open_store(url, paths.daemon_database())
    try:
        yield store
    finally:
        store.close()
