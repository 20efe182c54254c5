from __future__ import annotations

import io

import pytest

from shared import credentials, paths
from shared.errors import ConfigError, UsageError


def test_a_secret_is_kept_0600_and_can_be_forgotten() -> None:
    credentials.write("oobo", "https://example.org", "oma_secret")
    credentials.write("oobo", "other", "two")
    assert paths.credentials_file("oobo").stat().st_mode & 0o077 == 0
    assert credentials.read("oobo", "https://example.org") == "oma_secret"
    assert credentials.delete("oobo", "https://example.org") is True
    assert credentials.delete("oobo", "https://example.org") is False
    assert credentials.read("oobo", "https://example.org") is None
    assert credentials.read("oobo", "other") == "two"


def test_a_file_that_others_can_read_is_not_used() -> None:
    credentials.write("omas", "token", "oma_secret")
    paths.credentials_file("omas").chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        credentials.read("omas", "token")
    assert "chmod 600" in (caught.value.hint or "")


def test_a_broken_file_is_set_aside(capsys: pytest.CaptureFixture[str]) -> None:
    credentials.write("omas", "token", "oma_secret")
    path = paths.credentials_file("omas")
    path.write_text("{")
    assert credentials.read("omas", "token") is None
    assert [p.read_text() for p in path.parent.glob("credentials.json.corrupt-*")] == ["{"]
    assert "corrupt" in capsys.readouterr().err


def test_a_secret_is_read_from_stdin_and_an_empty_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("oma_x\nrest\n"))
    assert credentials.read_secret("Key: ") == "oma_x"
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(UsageError):
        credentials.read_secret("Key: ")
