"""alembic's entry: runs the migrations on the connection that `store.engine` hands over."""

from __future__ import annotations

from alembic import context

from omar_daemon.store import rooms  # noqa: F401 - puts the tables on the metadata
from omar_daemon.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
