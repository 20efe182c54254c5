"""One daemon for the events that need no crash; each test leaves it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.omar_daemon.agent_stage import Stage, stage


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("events")) as made:
        yield made


@pytest.fixture
def scene(module_stage: Stage) -> Iterator[Stage]:
    yield module_stage
    module_stage.clear()
