"""bash, zsh and fish load the files of completions/ and complete with them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.paths import completion_file
from tests.completions.shells import REPOSITORY, SHELLS, Shell, bare_shell, environment, require, users_shell
from tests.daemon import Daemon

FILES = REPOSITORY / "completions"
TOOLS = ("omar", "oobo", "omas")
PER_COMPLETION_SECONDS = 0.1


@pytest.fixture
def agents() -> Iterator[Daemon]:
    """A daemon with two agents whose names begin alike."""
    with Daemon() as daemon:
        for name in ("blue-whale", "blue-bird"):
            answer = daemon.client.post("/api/agents", json={"name": name, "command": "cat"})
            assert answer.status_code == 200, answer.text
        yield daemon


def run_tool(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool, *arguments], env=environment(), capture_output=True, text=True, timeout=30)


def test_the_files_of_the_checkout_are_the_ones_the_commands_print(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "shared.cli.completions", str(tmp_path)], check=True, timeout=60)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert sorted(made) == sorted(f"{tool}.{shell}" for tool in TOOLS for shell in SHELLS)
    assert made == {path.name: path.read_text() for path in FILES.iterdir()}, "run `make completions`"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_completes_subcommands_options_and_values(shell: Shell, tmp_path: Path) -> None:
    with bare_shell(shell, tmp_path, *[FILES / f"{tool}.{shell}" for tool in TOOLS]) as session:
        session.completes("omar stat", "omar status ")
        session.completes("omar keys rev", "omar keys revoke ")
        session.completes("oobo unins", "oobo uninstall ")
        session.completes("omas sca", "omas scan ")
        session.completes("omar status --js", "omar status --json ")
        session.completes("omas completions show fi", "omas completions show fish ")
        session.completes("omar spawn new --backend cur", "omar spawn new --backend cursor ")
        session.completes("omar list --health=wa", "omar list --health=waiting ")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_completes_the_name_of_a_living_agent(shell: Shell, tmp_path: Path, agents: Daemon) -> None:
    with bare_shell(shell, tmp_path, FILES / f"omar.{shell}") as session:
        for verb in ("show", "send", "attach", "kill"):
            session.completes(f"omar {verb} blue-w", f"omar {verb} blue-whale")
        session.completes("omar spawn --parent blue-b", "omar spawn --parent blue-bird")


@pytest.mark.parametrize("shell", SHELLS)
def test_with_the_daemon_down_a_tab_changes_nothing_on_the_screen(shell: Shell, tmp_path: Path) -> None:
    with bare_shell(shell, tmp_path, FILES / f"omar.{shell}") as session:
        session.type("omar show blue-")
        before = session.screen.wait_for("omar show blue-").rstrip()
        session.screen.tmux("send-keys", "-t", "=agent:", "Tab")
        session.type("x")
        assert session.screen.wait_for("omar show blue-x").rstrip() == before + "x"


@pytest.mark.parametrize("shell", SHELLS)
def test_install_puts_the_file_where_a_new_shell_finds_it_and_remove_takes_it_back(
    shell: Shell, tmp_path: Path, home: Path
) -> None:
    require(shell)
    start = home / f".{shell}rc"
    start.write_text("# mine, without an end")
    assert run_tool("omar", "completions", "install", shell).returncode == 0
    assert run_tool("omas", "completions", "install", shell).returncode == 0
    assert run_tool("omas", "completions", "install", shell).returncode == 0
    assert completion_file("omar", shell).is_file()
    with users_shell(shell, tmp_path) as session:
        session.completes("omar stat", "omar status ")
        session.completes("omas sca", "omas scan ")
    assert run_tool("omar", "completions", "remove", shell).returncode == 0
    assert run_tool("omas", "completions", "remove", shell).returncode == 0
    assert not completion_file("omar", shell).exists()
    assert start.read_text() == "# mine, without an end"


def test_where_bash_completion_is_loaded_the_start_up_file_is_left_alone(tmp_path: Path, home: Path) -> None:
    library = Path("/usr/share/bash-completion/bash_completion")
    if not library.exists():
        pytest.skip("NOT TESTED: bash-completion is not installed (Debian: apt-get install bash-completion)")
    start = home / ".bashrc"
    start.write_text(f". {library}\n")
    assert run_tool("omar", "completions", "install", "bash").returncode == 0
    assert start.read_text() == f". {library}\n"
    with users_shell("bash", tmp_path) as session:
        session.completes("omar stat", "omar status ")


def test_the_shell_is_taken_from_the_environment_and_an_unknown_one_is_a_usage_error() -> None:
    named = subprocess.run(
        ["oobo", "completions", "show"], env={**environment(), "SHELL": "/bin/zsh"}, capture_output=True, text=True
    )
    assert named.stdout == (FILES / "oobo.zsh").read_text()
    for wrong in (["completions", "show", "tcsh"], ["completions", "show"]):
        refused = run_tool("oobo", *wrong)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "bash, zsh and fish are known" in refused.stderr


TIMED = {
    "bash": (
        "source {file}; COMP_WORDS=(omar stat); COMP_CWORD=1; "
        'for i in 1 2 3 4 5 6 7 8 9 10; do _omar_completion omar; [[ "${{COMPREPLY[*]}}" == status ]] || exit 1; done'
    ),
    "fish": 'source {file}; for i in (seq 10); string match -q "status*" -- (complete -C "omar stat"); or exit 1; end',
}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_completing_a_subcommand_takes_less_than_a_tenth_of_a_second(shell: Shell) -> None:
    require(shell)
    flags = {"bash": ["--norc", "-c"], "fish": ["--no-config", "-c"]}[shell]
    command = [shell, *flags, TIMED[shell].format(file=FILES / f"omar.{shell}")]
    begun = time.monotonic()
    subprocess.run(command, env=environment(), check=True, timeout=30)
    assert (time.monotonic() - begun) / 10 < PER_COMPLETION_SECONDS
