"""A table on a terminal, in which nothing that a person copies is broken in two.

Columns of words (ids, names, numbers, dates) keep their width, those of prose share what is left. Where that is too
little to be read well, each row is told as a block instead: its first cell, and below it the others with their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WORD_WIDTH, PHRASE_WIDTH = 40, 20
LEAST_PROSE_WIDTH, LEAST_CUT_WIDTH = 14, 10
EDGES_WIDTH, GAP_WIDTH = 2, 3
INDENT = "  "
BETWEEN_FACTS = "  ·  "


@dataclass(frozen=True)
class Table:
    """`colors` maps the index of a column to the colour of each of its cells; `cut_last` shortens the last column to
    one line, for a list in which it is only a reminder."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    colors: Mapping[int, Sequence[str]]
    cut_last: bool

    def print(self, console: Console) -> None:
        widths = self._widths(console.width)
        if widths is None or self._height(widths) > self._height_of_blocks(console.width):
            self._print_blocks(console)
        else:
            self._print_columns(console, widths)

    def _height(self, widths: Sequence[int]) -> int:
        """Lines of the rows when prose is folded into these widths."""
        last = len(widths) - 1
        folded = [index for index in range(len(widths)) if not (self.cut_last and index == last)]
        return sum(
            max((-(-len(row[index]) // max(widths[index], 1)) for index in folded), default=1) for row in self.rows
        )

    def _height_of_blocks(self, available: int) -> int:
        width = available - len(INDENT)
        lines = [line for number in range(len(self.rows)) for line in _packed(self._facts(number), width)]
        return len(self.rows) + sum(-(-line.cell_len // width) for line in lines)

    def _widths(self, available: int) -> list[int] | None:
        """The width of each column; None when prose would have too little."""
        from rich.cells import cell_len

        texts = [[row[index] for row in self.rows] for index in range(len(self.columns))]
        wanted = [
            max(cell_len(text) for text in (name, *column)) for name, column in zip(self.columns, texts, strict=True)
        ]
        cut = len(texts) - 1 if self.cut_last else None
        prose = [index for index, column in enumerate(texts) if index == cut or not _are_words(column)]
        room = available - EDGES_WIDTH - GAP_WIDTH * (len(wanted) - 1)
        left = room - sum(width for index, width in enumerate(wanted) if index not in prose)
        if left < sum(min(wanted[index], LEAST_CUT_WIDTH if index == cut else LEAST_PROSE_WIDTH) for index in prose):
            return None
        # The narrowest first: what it does not need is the others'.
        for done, index in enumerate(sorted(prose, key=wanted.__getitem__)):
            wanted[index] = min(wanted[index], left // (len(prose) - done))
            left -= wanted[index]
        return wanted

    def _print_columns(self, console: Console, widths: Sequence[int]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table as DrawnTable

        drawn = DrawnTable(box=SIMPLE_HEAD, pad_edge=False)
        last = len(self.columns) - 1
        for index, name in enumerate(self.columns):
            is_cut = self.cut_last and index == last
            drawn.add_column(
                name,
                width=widths[index],
                no_wrap=is_cut,
                overflow="ellipsis" if is_cut else "fold",
                justify="right" if self._holds_numbers(index) else "left",
            )
        for number in range(len(self.rows)):
            drawn.add_row(*self._cells(number))
        console.print(drawn)

    def _print_blocks(self, console: Console) -> None:
        from rich.padding import Padding

        width = console.width - len(INDENT)
        for number in range(len(self.rows)):
            console.print(self._cells(number)[0], overflow="fold", soft_wrap=True)
            facts = self._facts(number)
            if self.cut_last and facts:
                facts[-1].truncate(width, overflow="ellipsis")
            for line in _packed(facts, width):
                console.print(Padding(line, (0, 0, 0, len(INDENT))))

    def _facts(self, number: int) -> list[Text]:
        """The cells of a row beside the first one, each with the name of its column; empty ones are left out."""
        from rich.text import Text

        return [
            Text.assemble((f"{name} ", "dim"), value) if name else value
            for name, value in zip(self.columns[1:], self._cells(number)[1:], strict=True)
            if value.plain
        ]

    def _cells(self, number: int) -> list[Text]:
        from rich.text import Text

        styles = {index: told[number] for index, told in self.colors.items()}
        return [Text(value, styles.get(index, "")) for index, value in enumerate(self.rows[number])]

    def _holds_numbers(self, index: int) -> bool:
        return bool(self.rows) and all(_is_number(row[index]) for row in self.rows)


def _packed(facts: Sequence[Text], width: int) -> list[Text]:
    """The facts in as few lines as hold them whole; one that is wider than a line has lines of its own."""
    from rich.text import Text

    lines: list[Text] = []
    for fact in facts:
        if lines and lines[-1].cell_len + len(BETWEEN_FACTS) + fact.cell_len <= width:
            lines[-1] = Text.assemble(lines[-1], (BETWEEN_FACTS, "dim"), fact)
        else:
            lines.append(fact)
    return lines


def _are_words(texts: Sequence[str]) -> bool:
    """Whether none may be broken: an id, a name, a number, a date."""
    return all(len(text) <= (PHRASE_WIDTH if " " in text else WORD_WIDTH) for text in texts)


def _is_number(text: str) -> bool:
    """`12`, `-0.5`, `(3.20)`, `41 %`"""
    bare = text.strip("()").removesuffix(" %").removeprefix("-")
    return bare.replace(".", "", 1).isdecimal()
