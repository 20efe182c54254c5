"""Following a file from edit to edit costs what its lines cost."""

from __future__ import annotations

from oobo_hooks.anchor.attribution import _swaps
from oobo_hooks.anchor.edit import Edit, Passage
from oobo_hooks.anchor.replay import Replay
from tests.oobo_hooks.anchor.growth import growth


def program(count: int, name: bytes = b"value") -> bytes:
    return b"".join(b"%s_%d = compute(first, %d)\n" % (name, number, number) for number in range(count))


def edit(number: int, **what: object) -> Edit:
    return Edit("s", "claude", f"e{number}", number, "a.py", **what)  # type: ignore[arg-type]


def reformatted(count: int) -> None:
    """An agent writes a file, a formatter breaks each line in three, a part of it is committed."""
    replay = Replay(b"", ignores_returns=True)
    replay.apply(edit(0, before=b"", after=program(count)))
    replay.follow(program(count).replace(b"(", b"(\n    ").replace(b")", b"\n)"))
    lines, _ = replay.staged(b"".join(line.text for line in replay.lines[: 2 * count]))
    assert all(line.origin is not None for line in lines)


def renamed(count: int) -> None:
    """An agent replaces a word everywhere, and once more at one of its many places."""
    replay = Replay(program(count), ignores_returns=True)
    replay.apply(edit(0, passages=(Passage(b"compute", b"count", everywhere=True),)))
    replay.apply(edit(1, passages=(Passage(b"count", b"number", line=count // 2),)))
    assert replay.lines[count // 2 - 1].origin is not None


def test_the_cost_of_a_reformatted_file_grows_as_its_lines() -> None:
    assert growth(reformatted, 1000, 4) < 10


def test_the_cost_of_a_word_replaced_everywhere_grows_as_the_lines() -> None:
    assert growth(renamed, 1500, 4) < 10


def brackets(count: int) -> None:
    """An agent writes brackets only, and git takes others of them for the new ones than stand there."""
    written = dict.fromkeys(range(count), b"}")
    assert len(_swaps(written, dict.fromkeys(range(count, 2 * count), b"}"))) == count


def test_the_cost_of_lines_that_read_the_same_grows_as_they() -> None:
    assert growth(brackets, 1500, 4) < 10


def test_the_nearest_of_lines_that_read_the_same_is_taken() -> None:
    assert _swaps({5: b"}", 9: b"}", 20: b"}"}, {3: b"}", 7: b"}", 8: b"{"}) == [(5, 3), (9, 7)]


def test_both_places_of_a_line_are_replaced() -> None:
    replay = Replay(b"f(x, x)\ng(x)\n", ignores_returns=True)
    replay.apply(edit(0, passages=(Passage(b"x", b"long\nname", everywhere=True),)))
    assert b"".join(line.text for line in replay.lines) == b"f(long\nname, long\nname)\ng(long\nname)\n"
    assert all(line.origin is not None for line in replay.lines)
    assert set(replay.removed) == {1, 2}
