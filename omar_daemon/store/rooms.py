"""All rooms of the store: importing this module puts every table on `schema.metadata`."""

from __future__ import annotations

from omar_daemon.store import agents, anchors, events, keys, metrics
from omar_daemon.store.managed import agents as managed_agents
from omar_daemon.store.managed import environments, files, memory, model_cards, sessions, skills, vaults
from omar_daemon.store.managed import events as managed_events

__all__ = [
    "agents",
    "anchors",
    "environments",
    "events",
    "files",
    "keys",
    "managed_agents",
    "managed_events",
    "memory",
    "metrics",
    "model_cards",
    "sessions",
    "skills",
    "vaults",
]
