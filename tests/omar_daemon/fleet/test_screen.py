"""What a screen says: the agent's own last line, its questions, its errors."""

from __future__ import annotations

import pytest

from omar_daemon.fleet import screen
from omar_daemon.fleet.backends import Registry
from omar_daemon.fleet.boxes import is_asked
from omar_daemon.fleet.delivery import has_markers
from omar_daemon.fleet.options import DEFAULT_ERRORS, error_patterns

REGISTRY = Registry()
ERRORS = error_patterns(DEFAULT_ERRORS)
RULE = "─" * 40

CLAUDE_READY = ["● I wrote the file.", "", RULE, "❯ ", RULE, "  ? for shortcuts · ← for agents"]
CLAUDE_BYPASS = ["● Done.", RULE, "❯ Try something", RULE, "  ⏵⏵ bypass permissions on (shift+tab to cycle)"]
CLAUDE_BUSY = ["● Reading.", "", "✽ Cascading… (3s · ↓ 54 tokens)", "", RULE, "❯ ", RULE, "  esc to interrupt"]
CLAUDE_ASKS = [
    "  Bash command", "", "   git push", "", " This command requires approval", "", " Do you want to proceed?",
    " ❯ 1. Yes", "   2. Yes, and don't ask again", "   3. No", "", " Esc to cancel · Tab to amend",
]  # fmt: skip
CODEX_READY = ["• I wrote the file.", "", "› Ask Codex to do anything", "", "  stub default · /work"]
CODEX_ASKS = [
    "  Would you like to run the following command?", "", "  $ git push", "", "› 1. Yes, proceed (y)",
    "  2. No", "", "  Press enter to confirm or esc to cancel",
]  # fmt: skip
CODEX_REVIEW = ["  Hooks need review", "  1 hook is new or changed", "› 1. Review", "  2. Trust all and continue"]
OPENCODE_READY = ["", "  ┃  Ask anything…", "  ┃", "  ┃  Build  stub", "   tab agents  ctrl+p commands"]
OPENCODE_ASKS = [
    "  △ Permission required", "    # Shell command", "  $ git push", "", "   Allow once   Allow always   Reject",
    "   ⇆ select  enter confirm",
]  # fmt: skip

CURSOR_READY = [
    "  Cursor Agent",
    "  v2026.09.26",
    "",
    "  → Plan, search, build anything",
    "",
    "  Auto",
    "  ~/work · main",
]
CURSOR_BARE = ["  Cursor Agent", "", "  All done.", "", "  →", "", "  Auto · 3.7%", "  ~/work · main"]
CURSOR_BUSY = [
    "  Cursor Agent", "", "  I look at it.", "", " ⠀⠞ Working", "    Tip: Use /run-everything.", "",
    "  → Add a follow-up                           ctrl+c to stop", "", "  Auto", "  ~/work · main",
]  # fmt: skip
CURSOR_ASKS = [
    "  Cursor Agent", "", " Run this command?", " Not in allowlist: echo", "  → Run (once) (y)",
    "    Add Shell(echo) to allowlist? (tab)", "    Run Everything (shift+tab)",
    "    Skip & tell the agent what to do instead (esc or n)", "", "            ctrl+r to review changed files",
]  # fmt: skip
CURSOR_ASKS_TO_WRITE = [
    "  Cursor Agent", "┌──────┐", "│ Write to this file?    │", "│ src/parser.rs          │",
    "│  → Proceed (y) (enter) │", "│    Reject & propose changes (esc or n or p) │", "└──────┘",
    "  Waiting for approval...",
]  # fmt: skip


def read(lines: list[str], backend: str | None, cursor: tuple[int, int] = (0, 0)) -> screen.Reading:
    return screen.read(lines, cursor, REGISTRY.get(backend), ERRORS)


@pytest.mark.parametrize(
    ("lines", "backend", "last"),
    [
        (CLAUDE_READY, "claude", "● I wrote the file."),
        (CLAUDE_BYPASS, "claude", "● Done."),
        (CLAUDE_BUSY, "claude", "● Reading."),
        (CODEX_READY, "codex", "• I wrote the file."),
        (CURSOR_BARE, "cursor", "All done."),
        (CURSOR_BUSY, "cursor", "I look at it."),
    ],
)
def test_the_last_output_is_not_the_input_box_nor_a_hint(lines: list[str], backend: str, last: str) -> None:
    assert read(lines, backend).last_output == last


def test_a_shell_s_empty_prompt_is_no_output_but_a_percentage_is() -> None:
    assert read(["built in 3 s", "user@host:~$", ""], None, cursor=(13, 1)).last_output == "built in 3 s"
    assert read(["loading", "100%", ""], None, cursor=(4, 1)).last_output == "100%"
    assert read(["done", "", ""], None, cursor=(0, 1)).last_output == "done"


def test_control_characters_of_a_screen_never_leave_it() -> None:
    assert read(["a\x1b]0;x\x07b\x9b"], None).last_output == "a]0;xb"


@pytest.mark.parametrize(
    ("lines", "backend"),
    [
        (CLAUDE_ASKS, "claude"),
        (CODEX_ASKS, "codex"),
        (CODEX_REVIEW, "codex"),
        (OPENCODE_ASKS, "opencode"),
        (CURSOR_ASKS, "cursor"),
        (CURSOR_ASKS_TO_WRITE, "cursor"),
    ],
)
def test_a_standing_question_is_seen_and_no_input_box_is_believed(lines: list[str], backend: str) -> None:
    assert read(lines, backend).question is not None
    found = REGISTRY.get(backend)
    assert found is not None and is_asked(lines, found)
    assert not has_markers(tuple(lines), found)


@pytest.mark.parametrize(
    ("lines", "backend"),
    [
        (CLAUDE_READY, "claude"),
        (CLAUDE_BYPASS, "claude"),
        (CODEX_READY, "codex"),
        (OPENCODE_READY, "opencode"),
        (CURSOR_READY, "cursor"),
        (CURSOR_BARE, "cursor"),
        (CURSOR_BUSY, "cursor"),
    ],
)
def test_a_waiting_input_box_is_ready_and_no_question(lines: list[str], backend: str) -> None:
    found = REGISTRY.get(backend)
    assert found is not None and has_markers(tuple(lines), found)
    assert read(lines, backend).question is None


@pytest.mark.parametrize(
    "line",
    ["Overwrite? [y/N]", "Continue (yes/no)?", "Password:", "[sudo] password for ada:", "Press Enter to continue",
     "Are you sure you want to go on?", "Proceed? (Y/n)"],
)  # fmt: skip
def test_a_general_question_counts_only_as_the_last_line(line: str) -> None:
    assert read(["some output", line, "", ""], None).question == line
    assert read([line, "y", "went on"], None).question is None


def test_an_error_counts_near_the_end_and_as_a_whole_word() -> None:
    assert read(["fatal Error: disk full", "$"], None, cursor=(2, 1)).error == "fatal Error: disk full"
    assert read(["rate limit reached"], None).error is not None
    assert read(["Error: old", *[f"fine {number}" for number in range(6)]], None).error is None
    assert read(["terror and failedness"], None).error is None


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("All tests pass: 12 passed, 0 failed. I improved the error handling.", False),
        ("no errors found", False),
        ("errors: 0", False),
        ("Error: rate limit exceeded", True),
        ("3 passed, 2 failed", True),
        ("10 failed", True),
        ("error handling failed", True),
    ],
)
def test_a_word_of_an_error_that_tells_of_none_is_none(line: str, is_error: bool) -> None:
    assert (screen.find_error(["working", line], ERRORS) is not None) is is_error


def test_an_agent_that_says_it_is_done_is_done_and_the_prompt_that_asks_for_it_says_nothing() -> None:
    for end, done in (["● [TASK COMPLETE] all of it"], True), (["then print `[TASK COMPLETE]` and a summary"], False):
        assert screen.read(end, (0, 5), None, ERRORS).done is done
