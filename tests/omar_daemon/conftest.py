"""What several rooms of the daemon are tested with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omar_daemon.store.engine import Store, open_store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store, in a home of its own."""
    monkeypatch.setenv("OMA_HOME", str(tmp_path / "oma"))
    opened = open_store("", tmp_path / "omar.db")
    yield opened
    opened.close()
