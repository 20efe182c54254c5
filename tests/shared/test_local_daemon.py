"""The daemon that a command starts for itself: why it could not, once, and with the exit code of the reason."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from omas_cli.commands import auth as omas_auth
from oobo_hooks.commands import auth as oobo_auth
from shared import local_daemon, paths
from shared.errors import ConfigError, UnavailableError


@pytest.fixture
def taken_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The daemon's port, held by another program."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("OMAR_PORT", str(port))
        yield port


def test_a_port_that_is_taken_is_said_with_what_to_do_apart_from_it(taken_port: int) -> None:
    with pytest.raises(UnavailableError) as caught:
        local_daemon.ensure_running()
    assert caught.value.message == (
        f"The local daemon did not start: Cannot listen on 127.0.0.1 port {taken_port}: Address already in use."
    )
    assert (caught.value.hint or "").startswith("Stop the other program") and "omar:" not in str(caught.value.hint)


def test_who_asked_for_the_local_daemon_is_not_told_to_ask_for_it(taken_port: int) -> None:
    with pytest.raises(UnavailableError) as caught:
        omas_auth.login(local=True, server_url=None, token_stdin=False)
    assert "--local" not in f"{caught.value.message} {caught.value.hint}"
    with pytest.raises(UnavailableError) as caught:
        oobo_auth.login(local=True, url=None, key_stdin=False)
    assert "--local" not in f"{caught.value.message} {caught.value.hint}"


def test_a_broken_configuration_of_the_daemon_is_one_of_the_command_too() -> None:
    path = paths.config_file("omar")
    path.parent.mkdir(parents=True)
    path.write_text("[api\n")
    with pytest.raises(ConfigError, match=r"did not start: .*config\.toml is not valid TOML") as caught:
        local_daemon.ensure_running()
    assert caught.value.hint == "Mend that line or move the file away."
