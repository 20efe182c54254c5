"""The fixtures of the managed agents (see `managed_stage`)."""

from tests.omar_daemon.managed_stage import http, key, model, sdk, shared_daemon, stage

__all__ = ["http", "key", "model", "sdk", "shared_daemon", "stage"]
