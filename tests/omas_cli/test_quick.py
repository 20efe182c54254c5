"""`omas scan` without a parser does what `omas scan` with one does, and loads little."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from omas_cli.__main__ import is_bare_scan
from tests.shared.transcripts.claude_lines import human, write_session

OMAS = Path(sys.executable).with_name("omas")


def omas(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(OMAS), *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("words", "bare"),
    [
        ("scan", True),
        ("scan --json --force -v", True),
        ("scan --verbose", True),
        ("scan --help", False),
        ("scan --debug", False),
        ("scan --since 7d", False),
        ("scan --forc", False),
        ("scan scan", False),
        ("--json scan", False),
        ("", False),
    ],
)
def test_only_a_scan_with_bare_flags_needs_no_parser(words: str, bare: bool) -> None:
    assert is_bare_scan(words.split()) is bare


@pytest.mark.parametrize("flags", [(), ("--json",), ("--force", "-v"), ("--verbose", "--force", "--json")])
def test_both_ways_say_the_same(home: Path, flags: tuple[str, ...]) -> None:
    write_session(home, [human(0), b"{torn"])
    omas("scan")
    quick, parsed = omas("scan", *flags), omas("scan", "--tool", "claude", *flags)
    assert quick.returncode == parsed.returncode == 0
    assert quick.stdout == parsed.stdout != ""


def test_an_error_is_a_sentence_and_a_code_as_everywhere(home: Path) -> None:
    (home / "oma").write_text("not a folder")
    quick, parsed = omas("scan"), omas("scan", "--tool", "claude")
    assert quick.returncode == parsed.returncode != 0
    assert quick.stderr == parsed.stderr and quick.stderr.startswith("omas: ") and "Traceback" not in quick.stderr


def test_a_scan_with_little_to_do_loads_no_parser_and_no_table(home: Path) -> None:
    path = write_session(home, [human(0)])
    program = (
        "import sys; sys.argv = ['omas', 'scan', '--json']\n"
        "from omas_cli.__main__ import main\n"
        "assert main() == 0\n"
        "unwanted = {'typer', 'rich', 'inspect', 'typing_extensions', 'concurrent.futures', 'multiprocessing'}\n"
        "print(*sorted(unwanted & set(sys.modules)), file=sys.stderr)\n"
    )
    omas("scan")
    path.write_bytes(path.read_bytes() + json.dumps(human(9)).encode() + b"\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["read"] == 1
    assert done.stderr.split() == []


def test_what_was_kept_from_loading_can_be_loaded_afterwards() -> None:
    program = "import omas_cli.quick, sys, typing_extensions; assert sys.modules['typing_extensions'].TypedDict"
    subprocess.run([sys.executable, "-c", program], check=True)
