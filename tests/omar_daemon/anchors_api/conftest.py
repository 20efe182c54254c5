"""One daemon for each file of tests here; every test begins without anchors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon import Daemon


@pytest.fixture(scope="module")
def standing_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("standing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("OMA_HOME", str(folder / "oma"))
        made = Daemon()
    with made:
        yield made


@pytest.fixture
def daemon(standing_daemon: Daemon) -> Daemon:
    owner = standing_daemon.owner
    while found := owner.get("/anchors", params={"limit": 100}).json()["anchors"]:
        for anchor in found:
            owner.delete(f"/anchors/{anchor['commit_hash']}")
    return standing_daemon
