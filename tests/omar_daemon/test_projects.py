"""The list of projects: a file that people edit and programs change, without losing a line or using an id twice."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import pytest

from omar_daemon.projects import InvalidProject, Projects, UnknownProject

BY_HAND = (
    "# Mine\r\n\r\n1. First\r\n    2. a note below it\r\n<!-- 9. none -->\r\n7. Seventh  \r\n\r\nThe end, no line feed"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "omar" / "tasks.md"


def listed(projects: Projects) -> list[tuple[int, str]]:
    return [(project.id, project.name) for project in projects.all()]


def test_without_a_file_there_are_none_and_the_first_is_one_private_line(file: Path) -> None:
    projects = Projects(file)
    assert projects.all() == []
    assert projects.add("  Build it ").id == 1
    assert file.read_text() == "1. Build it\n" and file.stat().st_mode & 0o777 == 0o600


def test_what_a_person_wrote_stays_byte_for_byte(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(BY_HAND.encode())
    projects = Projects(file)
    assert listed(projects) == [(1, "First"), (7, "Seventh")]
    added = projects.add("Eighth")
    assert added.id == 8
    assert file.read_bytes() == BY_HAND.replace("7. Seventh  \r\n", "7. Seventh  \r\n8. Eighth\r\n").encode()
    projects.complete(8)
    assert file.read_bytes() == BY_HAND.encode()
    projects.complete(1)
    assert file.read_bytes() == BY_HAND.replace("1. First\r\n", "").encode()


def test_bytes_that_are_no_text_survive(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe note\n3. caf\xe9\n")
    projects = Projects(file)
    assert [project.id for project in projects.all()] == [3]
    projects.add("next")
    assert file.read_bytes() == b"\xff\xfe note\n3. caf\xe9\n4. next\n"


def test_a_number_is_not_used_again_even_when_the_last_one_left(file: Path) -> None:
    projects = Projects(file)
    for name in ("a", "b", "c"):
        projects.add(name)
    projects.complete(3)
    assert projects.add("d").id == 4
    file.write_text("")
    assert projects.add("e").id == 5
    with pytest.raises(UnknownProject):
        projects.complete(3)


def test_a_number_is_not_used_again_by_the_next_daemon_either(file: Path) -> None:
    Projects(file).add("a")
    file.write_text("1. a\n40. by hand\n")
    Projects(file).complete(40)
    assert Projects(file).add("b").id == 41
    file.unlink()
    assert Projects(file).add("c").id == 42


def test_a_record_of_the_last_number_that_cannot_be_read_is_no_harm(file: Path) -> None:
    Projects(file).add("a")
    [record] = [path for path in file.parent.iterdir() if path.name.endswith(".last")]
    for content in (b"", b"\xff\xfe", b"-3", b"9" * 5000):
        record.write_bytes(content)
        assert Projects(file).add("b").id <= 10
    assert record.stat().st_mode & 0o777 == 0o600


def test_a_large_number_of_a_person_s_own_leaves_room(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("999999999. large\n")
    added = Projects(file).add("next")
    assert listed(Projects(file)) == [(999_999_999, "large"), (added.id, "next")]


def test_doubled_numbers_get_their_own_that_stay(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("1. a\n1. b\n1. b\n2. c\n")
    projects = Projects(file)
    first = listed(projects)
    assert first == [(1, "a"), (3, "b"), (4, "b"), (2, "c")] == listed(projects)
    projects.complete(3)
    assert file.read_text() == "1. a\n4. b\n2. c\n"
    assert listed(projects) == [(1, "a"), (4, "b"), (2, "c")]


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    real = tmp_path / "dotfiles.md"
    real.write_text("1. a\n")
    file.symlink_to(real)
    Projects(file).add("b")
    assert file.is_symlink() and real.read_text() == "1. a\n2. b\n"


@pytest.mark.parametrize("name", ["", "   ", "x" * 501, "a\nb", "a\rb", "a\x1bb", "a\u2028b", "half \ud800"])
def test_what_is_not_one_line_is_refused_and_nothing_is_written(file: Path, name: str) -> None:
    with pytest.raises(InvalidProject):
        Projects(file).add(name)
    assert not file.exists()


def test_many_at_once_get_numbers_of_their_own(file: Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: Projects(file).add(f"p{number}").id, range(30)))
    assert sorted(ids) == list(range(1, 31))
    assert sorted(name for _, name in listed(Projects(file))) == sorted(f"p{number}" for number in range(30))
