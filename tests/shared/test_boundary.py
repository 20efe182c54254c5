"""The boundary is tested as a process: what it prints and how it leaves is the point."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared import paths

PROGRAM = """
import sys
from shared.cli import boundary
from shared.cli.standard import VersionOption, new_app
from shared import errors
app = new_app("A command.")

@app.callback()
def main(version: VersionOption = False) -> None: ...

@app.command()
def fail(kind: str) -> int:
    raise getattr(errors, kind)("It broke because of x.", hint="Do y.")

@app.command()
def bug(secret: str) -> int:
    raise ValueError(secret)

@app.command()
def code(number: int) -> int:
    return number

@app.command()
def wait() -> int:
    print("ready", flush=True)
    import time; time.sleep(30)
    return 0

@app.command()
def talk() -> int:
    for _ in range(20000): print("x" * 80)
    return 0

sys.exit(boundary.run("omas", app))
"""


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False, **options
    )  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("OmaError", 1), ("UsageError", 2), ("UnavailableError", 69), ("QueuedError", 75),
        ("NotAuthorisedError", 77), ("ConfigError", 78),
    ],
)  # fmt: skip
def test_a_known_error_is_two_lines_and_the_code_of_its_class(kind: str, code: int) -> None:
    done = run("fail", kind)
    assert done.returncode == code
    assert done.stderr == "omas: It broke because of x.\n  Do y.\n"
    assert done.stdout == ""


def test_a_bug_leaves_3_and_a_report_that_holds_no_argument_or_value() -> None:
    done = run("bug", "oma_secretvalue")
    assert done.returncode == 3
    assert "oma_secretvalue" not in done.stderr
    [report] = paths.reports_dir("omas").iterdir()
    assert str(report) in done.stderr
    text = report.read_text()
    assert "ValueError" in text
    assert "oma_secretvalue" not in text
    assert report.stat().st_mode & 0o077 == 0


def test_debug_shows_the_traceback_wherever_it_stands() -> None:
    for arguments in (("--debug", "fail", "OmaError"), ("fail", "OmaError", "--debug")):
        done = run(*arguments)
        assert done.returncode == 1
        assert "Traceback" in done.stderr


def test_the_commands_number_is_the_exit_code() -> None:
    assert run("code", "75").returncode == 75


@pytest.mark.parametrize("arguments", [("nothing",), ("code", "x"), ("code",), ("code", "1", "2"), ("--what",)])
def test_a_wrong_command_line_leaves_2_and_points_to_the_help(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_command_prints_the_help() -> None:
    done = run()
    assert done.stderr.startswith("Usage:") and "See `" not in done.stderr
    assert done.returncode in (0, 2)


def test_version_is_one_line() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, "omas 0.1.0\n")


def test_interrupt_leaves_130() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_a_reader_that_leaves_early_is_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" talk | head -1', sys.executable, PROGRAM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_full_disk_behind_stdout_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "talk"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_written_still_gives_the_sentence() -> None:
    done = run("bug", "x", env={**os.environ, "OMA_HOME": "/proc/nowhere"})
    assert done.returncode == 3
    assert "--debug" in done.stderr
