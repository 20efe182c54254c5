"""Agents in tmux: spawn, watch, type, kill (contract of the OMAR surface; seed 002)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omar_daemon.fleet.fleet import Fleet as Fleet
    from omar_daemon.store.engine import Store
    from shared.config import Config


def build_fleet(settings: Config, store: Store, url: str, umask: int = 0o022) -> Fleet:
    """The fleet of one daemon, not yet started. `url` is where agents reach it, `umask` the person's own.

    ConfigError for bad settings.
    """
    from omar_daemon.fleet.fleet import Fleet
    from omar_daemon.fleet.options import from_settings

    return Fleet(store, replace(from_settings(settings, url), umask=umask))
