"""All rooms of the store: importing this module puts every table on `schema.metadata`."""

from __future__ import annotations

from omar_daemon.store import agents, anchors, events, keys, metrics

__all__ = ["agents", "anchors", "events", "keys", "metrics"]
