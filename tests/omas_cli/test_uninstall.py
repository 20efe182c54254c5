"""`omas uninstall`: the crontab and the shell's files are as they were; the ledger goes only when told to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omas_cli.commands import schedule, uninstall
from shared import paths
from shared.errors import UsageError
from tests.omas_cli.test_schedule import OWN, table

__all__ = ["table"]


def leave(*, purge: bool = False, yes: bool = False, dry_run: bool = False, json: bool = False) -> int:
    return uninstall.run(purge=purge, yes=yes, dry_run=dry_run, json=json)


def test_the_hourly_retries_go_and_the_ledger_stays(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table.write_bytes(OWN + b"\n")
    schedule.install(dry_run=False)
    paths.metrics_database().parent.mkdir(parents=True)
    paths.metrics_database().write_bytes(b"")
    leave(dry_run=True)
    assert "would be removed: the hourly retries (crontab)" in capsys.readouterr().err
    assert table.read_bytes() != OWN + b"\n"
    leave()
    said = capsys.readouterr().err
    assert table.read_bytes() == OWN + b"\n"
    assert f"stays: {paths.tool_home('omas')}" in said and "`omas uninstall --purge`" in said
    assert paths.metrics_database().exists()


def test_purge_takes_the_ledger_when_the_person_says_so(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths.salt_file().parent.mkdir(parents=True)
    paths.salt_file().write_text("salt")
    with pytest.raises(UsageError, match="Nothing was removed"):
        leave(purge=True)
    assert "the salt" in capsys.readouterr().err and paths.salt_file().exists()
    leave(purge=True, yes=True, json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["removed"] == [{"what": "the folder", "place": str(paths.tool_home("omas"))}]
    assert not paths.tool_home("omas").exists()
