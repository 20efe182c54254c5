from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import local_daemon, paths
from tests import ports
from tests.daemon import Daemon


def omar(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "omar_daemon.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


@pytest.fixture(autouse=True)
def free_port(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    port = ports.free_port()
    monkeypatch.setenv("OMAR_PORT", str(port))
    yield port
    record = local_daemon.running()
    if record is not None:
        os.kill(record.pid, signal.SIGKILL)


def test_up_twice_is_one_daemon_and_down_ends_it(free_port: int) -> None:
    first = omar("up", "--json")
    second = omar("up", "--json")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    one, two = json.loads(first.stdout), json.loads(second.stdout)
    assert one["pid"] == two["pid"]
    assert (one["started"], two["started"]) == (True, False)
    assert one["url"] == f"http://127.0.0.1:{free_port}"
    assert omar("status", "--json").returncode == 0
    assert omar("down").returncode == 0
    assert local_daemon.running() is None
    assert json.loads(omar("status", "--json").stdout) == {"running": False}
    assert omar("status").returncode == 1
    assert omar("down").returncode == 0


def sessions() -> list[str]:
    argv = ["tmux", "-L", paths.tmux_socket(), "list-sessions", "-F", "#{session_name}"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.splitlines()


def kill_daemon() -> None:
    record = local_daemon.running()
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    while local_daemon.running() is not None:
        time.sleep(0.02)


def test_down_ends_what_a_killed_daemon_left_and_no_agent(free_port: int) -> None:
    assert omar("up").returncode == 0 and omar("spawn", "w", "--command", "cat").returncode == 0
    kill_daemon()
    assert omar("down").stderr == "No daemon runs.\n" and sessions() == ["omar-agent-w", "omar-keeper"]
    assert omar("up").returncode == 0 and omar("kill", "w").returncode == 0
    kill_daemon()
    assert omar("down", "--dry-run").returncode == 0 and sessions() == ["omar-keeper"]
    assert omar("down").stderr == "No daemon runs.\n" and sessions() == []


def test_down_leaves_no_process_behind_and_the_agents_of_a_person_alone(free_port: int) -> None:
    assert omar("up").returncode == 0 and sessions() == ["omar-keeper"]
    assert omar("down").stderr == "The daemon is stopped.\n" and sessions() == []
    assert omar("spawn", "w", "--command", "cat").returncode == 0
    assert "Agents live on" in omar("down").stderr and sessions() == ["omar-agent-w", "omar-keeper"]
    assert omar("up").returncode == 0 and omar("kill", "w").returncode == 0
    assert omar("down").returncode == 0 and sessions() == []


def test_twenty_started_at_once_are_one(free_port: int) -> None:
    command = [sys.executable, "-P", "-m", "omar_daemon.main", "up", "--json"]
    starting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(20)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in starting]
    assert {process.returncode for process in starting} == {0}
    assert len({answer["pid"] for answer in answers}) == 1
    assert sum(answer["started"] for answer in answers) == 1


def test_after_kill_9_the_next_up_starts_a_new_one() -> None:
    pid = json.loads(omar("up", "--json").stdout)["pid"]
    os.kill(pid, signal.SIGKILL)
    again = json.loads(omar("up", "--json").stdout)
    assert again["started"] is True
    assert again["pid"] != pid


def test_a_daemon_of_another_version_is_replaced() -> None:
    pid = json.loads(omar("up", "--json").stdout)["pid"]
    record = json.loads(paths.pid_file().read_text())
    paths.pid_file().write_text(json.dumps({**record, "version": "0.0.1"}))
    done = omar("up")
    assert done.returncode == 0
    assert "0.0.1 was replaced" in done.stderr
    now = local_daemon.running()
    assert now is not None
    assert now.pid != pid


def test_a_taken_port_is_one_sentence_and_69(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        for verb in ("up", "serve"):
            done = omar(verb)
            assert done.returncode == 69, done.stderr
            assert f"port {free_port}" in done.stderr
            assert "Traceback" not in done.stderr
    assert omar("up").returncode == 0


def test_a_broken_configuration_is_78_with_its_line() -> None:
    path = paths.config_file("omar")
    path.parent.mkdir(parents=True)
    path.write_text("[api]\nport = = 1\n")
    for verb in ("up", "serve", "status"):
        done = omar(verb)
        if verb != "status":
            assert done.returncode == 78, (verb, done.stderr)
            assert "line 2" in done.stderr
        assert "Traceback" not in done.stderr
    path.write_text("[api]\nenabled = false\n")
    done = omar("up")
    assert done.returncode == 78
    assert "api.enabled" in done.stderr


def test_a_home_that_cannot_be_written_is_one_sentence() -> None:
    done = omar("up", OMA_HOME="/proc/nowhere")
    assert done.returncode == 1
    assert "/proc/nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_none_is_a_usage_error() -> None:
    assert omar("up", "--port", "99999").returncode == 2
    assert omar("up", "--port", "many").returncode == 2
    assert omar("up", OMAR_PORT="many").returncode == 78


def test_sigterm_drains_with_a_stream_open_and_leaves_0(daemon: Daemon) -> None:
    with socket.create_connection(("127.0.0.1", daemon.port)) as half:
        half.sendall(b"POST /api/agents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
        started = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - started < 5.5
    assert "Traceback" not in daemon.log, daemon.log


def test_the_log_can_be_read_and_holds_no_key() -> None:
    omar("up")
    assert omar("logs", "-n", "5").returncode == 0
    key = omar("keys", "create", "probe").stdout.strip()
    assert key.startswith("oma_")
    assert key not in paths.daemon_log().read_text()
    omar("down")


def test_keys_are_listed_without_their_text_and_can_be_revoked() -> None:
    omar("up")
    key = omar("keys", "create", "laptop", "--scope", "anchors", "--expires", "30d").stdout.strip()
    listed = omar("keys", "list", "--json")
    [entry] = json.loads(listed.stdout)["keys"]
    assert (entry["name"], entry["user"], entry["scopes"]) == ("laptop", "laptop", ["anchors"])
    assert key not in listed.stdout
    assert omar("keys", "revoke", entry["id"]).returncode == 0
    assert omar("keys", "revoke", entry["id"]).returncode == 1
    assert omar("keys", "create", "x", "--scope", "everything").returncode == 2
    assert "/api/keys/../agents" in omar("keys", "revoke", "../agents").stderr
    assert omar("keys", "create", "x", "--expires", "soon").returncode == 2


def test_keys_are_listed_without_a_daemon_and_none_is_started() -> None:
    assert json.loads(omar("keys", "list", "--json").stdout) == {"keys": []}
    assert local_daemon.running() is None and not paths.daemon_database().exists()
    omar("keys", "create", "laptop")
    asked = omar("keys", "list", "--json").stdout
    omar("down")
    assert omar("keys", "list", "--json").stdout == asked and '"laptop"' in asked
    assert local_daemon.running() is None


def test_env_prints_working_exports_and_keeps_one_key() -> None:
    first, second = omar("env", "--json"), omar("env", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert json.loads(first.stdout)["OMA_API_KEY"].startswith("oma_")


def test_doctor_says_what_stands_and_how_to_mend_the_rest() -> None:
    done = omar("doctor", "--json")
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0
    assert found["tmux"]["outcome"] == "ok"
    assert found["daemon"] == {"name": "daemon", "outcome": "warning", "detail": "not running", "fix": "omar up"}
    done = omar("doctor", "--json", PATH="/nowhere")
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert found["tmux"]["outcome"] == "failed"
    assert found["tmux"]["fix"]


def test_an_address_that_is_none_of_this_machine_s_is_told_as_such(free_port: int) -> None:
    for host in ("no.such.host.invalid", "192.0.2.1"):
        refused = omar("up", "--host", host)
        assert refused.returncode == 69 and f"Cannot listen on {host}" in refused.stderr
        assert "--host or api.host" in refused.stderr and "port with" not in refused.stderr


def test_a_database_that_is_none_is_told_with_the_way_out(free_port: int) -> None:
    file = paths.daemon_database()
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database" * 1000)
    for verb in ("up", "list"):
        refused = omar(verb)
        assert refused.returncode == 78 and f"mv {file} {file}.broken" in refused.stderr, verb
    told = omar("doctor")
    assert told.returncode == 1 and f"FAIL  store: The database {file} cannot be used" in told.stdout
    file.unlink()
    assert "ok    store: made at the daemon's first start" in omar("doctor").stdout


def test_doctor_says_which_programs_are_too_old(tmp_path: Path) -> None:
    for name, said in (("tmux", "tmux 2.8"), ("git", "git version 2.20.1")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {said}\n")
        (tmp_path / name).chmod(0o755)
    done = omar("doctor", "--json", PATH=f"{tmp_path}:/usr/bin:/bin")
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert found["tmux"]["outcome"] == "failed" and "3.0 or newer is needed" in found["tmux"]["detail"]
    assert found["git"]["outcome"] == "failed" and "2.31 or newer is needed" in found["git"]["detail"]


def test_doctor_says_once_that_the_configuration_is_broken() -> None:
    path = paths.config_file("omar")
    path.parent.mkdir(parents=True)
    path.write_text("[api\n")
    done = omar("doctor")
    assert done.returncode == 1 and done.stdout.count("is not valid TOML") == 1


def test_a_symlinked_package_in_the_working_directory_is_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "omar_daemon"
    trap.mkdir()
    (trap / "__init__.py").write_text("open('caught', 'w')")
    (tmp_path / "shared").symlink_to(trap)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("omar")), "up"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "caught").exists()
