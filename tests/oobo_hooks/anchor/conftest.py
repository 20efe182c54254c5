"""The anchors' tests need no worker of their own: what the hooks wrote is worked off in the test's process."""

from __future__ import annotations

import pytest

from tests.oobo_hooks.scene import Repository


@pytest.fixture
def repository(quick: Repository) -> Repository:
    return quick
