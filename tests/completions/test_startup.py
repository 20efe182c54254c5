"""The marked block in a start-up file: put in once, taken out to the byte."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cli.completions.startup import add_block, remove_block
from shared.errors import OmaError

BODIES = st.binary(max_size=200) | st.text(alphabet="a#>< \n", max_size=60).map(str.encode)


@given(body=BODIES, lines=st.lists(st.sampled_from(["load me", "x 'y'", ""]), max_size=3))
def test_adding_and_removing_gives_back_the_same_bytes(body: bytes, lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rc"
        path.write_bytes(body)
        assert add_block(path, "omar completions", lines)
        assert not add_block(path, "omar completions", lines)
        assert add_block(path, "omas completions", lines)
        assert remove_block(path, "omar completions")
        assert remove_block(path, "omas completions")
        assert path.read_bytes() == body
        assert not remove_block(path, "omas completions")


def test_a_block_whose_lines_change_is_replaced_and_not_doubled(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    add_block(path, "x", ["old"])
    add_block(path, "x", ["new"])
    assert path.read_text() == "# >>> x >>>\nnew\n# <<< x <<<\n"


def test_a_linked_start_up_file_stays_a_link_and_keeps_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles-rc"
    real.write_text("mine\n")
    real.chmod(0o640)
    link = tmp_path / "rc"
    link.symlink_to(real)
    add_block(link, "x", ["load"])
    assert link.is_symlink()
    assert "load" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    path.mkdir()
    with pytest.raises(OmaError, match="Cannot read"):
        add_block(path, "x", ["load"])
