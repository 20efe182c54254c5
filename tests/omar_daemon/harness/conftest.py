"""The fixtures of the managed agents (see `managed_stage`); one daemon serves all tests of a module."""

from __future__ import annotations

import pytest

from tests.daemon import Daemon
from tests.omar_daemon.managed_stage import http, key, model, sdk, shared_daemon, stage

__all__ = ["daemon", "http", "key", "model", "sdk", "shared_daemon", "stage"]


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Daemon:
    return shared_daemon
