"""Random histories of one file: agents' edits, a person's, commits of a part; each line keeps its true writer.

An oracle knows who wrote each line. What nobody can tell apart is not asked: a line typed again where the same one
stood, and lines that could as well have been put in one place further up or down.
"""

from __future__ import annotations

import difflib
import subprocess
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oobo_hooks import repository as repositories
from oobo_hooks.anchor import facts as git_facts
from oobo_hooks.anchor.attribution import FileAttribution, attribute
from oobo_hooks.anchor.contents import Contents
from oobo_hooks.anchor.edit import Edit, Passage
from oobo_hooks.anchor.facts import FileFacts
from oobo_hooks.anchor.writer import Writer

SHARED = ("}", "", "return None", "    pass")
HUMAN = "a person"
SESSIONS = ("session 1", "session 2")
STEPS = st.sampled_from(["recorded", "log", "person", "copy", "copy", "part", "part"])


@dataclass(frozen=True)
class TrueLine:
    """A line as only the oracle sees it: one of its own, whatever others read the same."""

    number: int
    text: str
    writer: str


@dataclass
class History:
    """A repository with one file, and who wrote it."""

    folder: Path
    data: st.DataObject
    now: list[TrueLine] = field(default_factory=list)
    committed: list[TrueLine] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    taken: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    removers: dict[int, str] = field(default_factory=dict)
    made: int = 0

    def begin(self) -> None:
        subprocess.run(["git", "init", "-q", str(self.folder)], check=True)
        self.now = [self._line(HUMAN) for _ in range(self._number(1, 6))]
        self.commit(self.now)

    def step(self, kind: str) -> None:
        if kind == "part":
            self.commit(self._part())
            return
        writer = HUMAN if kind in ("person", "copy") else self.data.draw(st.sampled_from(SESSIONS))
        start = self._number(0, len(self.now))
        end = min(len(self.now), start + self._number(0, 2))
        new = [self._line(writer) for _ in range(self._number(0 if end > start else 1, 3))]
        if kind == "copy":
            new = self._copied(new)
        if self._can_be_told(start, end, new, writer):
            self._change(kind, start, end, new, writer)

    def _change(self, kind: str, start: int, end: int, new: list[TrueLine], writer: str) -> None:
        before, after = self.now, self.now[:start] + new + self.now[end:]
        about: dict[str, Any] = {"session_id": writer, "tool": "claude", "id": f"edit {len(self.edits)}", "path": "f"}
        low, high = max(0, start - 2), end + 2
        old, put = _text(before[low:high]), _text(before[low:start] + new + before[end:high])
        if writer != HUMAN:
            # A tool that replaces a text wants to find it once.
            by_text = kind == "log" and old.strip() and _text(before).count(old) == 1
            what: dict[str, Any] = {"passages": (Passage(old, put),)} if by_text else {"after": _text(after)}
            self.edits.append(Edit(**about, at_ms=len(self.edits), before=_text(before), **what))
        self.removers |= {line.number: writer for line in before[start:end]}
        self.now = after
        (self.folder / "f").write_bytes(_text(after))

    def _copied(self, new: list[TrueLine]) -> list[TrueLine]:
        """A person types what an agent has written elsewhere."""
        texts = sorted({line.text for line in self.now if line.writer in SESSIONS})
        if not texts or not new:
            return new
        return [TrueLine(new[0].number, self.data.draw(st.sampled_from(texts)), HUMAN), *new[1:]]

    def _can_be_told(self, start: int, end: int, new: list[TrueLine], writer: str) -> bool:
        gone, texts = self.now[start:end], [line.text for line in new]
        if {line.text for line in gone} & set(texts):
            return False
        if any(line.writer in SESSIONS for line in gone) and writer == HUMAN:
            return False
        above, below = self.now[start - 1 : start], self.now[end : end + 1]
        around = {line.text for line in above + below}
        return not new or (texts[-1] not in around and texts[0] not in around)

    def _part(self) -> list[TrueLine]:
        """What is committed with some of the changes: one writer's lines go together."""
        old, new = [line.number for line in self.committed], [line.number for line in self.now]
        part: list[TrueLine] = []
        for kind, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind == "equal" or not self.data.draw(st.booleans()):
                part += self.committed[i:j]
                continue
            chosen = {writer for writer in (HUMAN, *SESSIONS) if self.data.draw(st.booleans())}
            part += [line for line in self.now[k:m] if line.writer in chosen]
        return part

    def commit(self, lines: list[TrueLine]) -> None:
        """Commit exactly `lines`, and compare what is said of them with the truth."""
        blob = self._git("hash-object", "-w", "--stdin", stdin=_text(lines))
        self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},f")
        self._git("commit", "-q", "--allow-empty", "-m", "work")
        repository = repositories.discover(self.folder)
        facts = git_facts.read_commit(repository, self._git("rev-parse", "HEAD"), "main")
        git_facts.read_lines(repository, facts)
        found = attribute(
            facts,
            self.edits,
            {},
            lambda session: {edit: set(lines) for edit, lines in self.taken[session].items()},
            Contents(repository, facts.commit, str(self.folder)),
        )
        for session, edits in found.taken.items():
            for edit, taken in edits.items():
                self.taken[session][edit] |= taken
        old, self.committed = self.committed, lines
        for file in facts.files:
            self._compare(file, found.files.get(file.path, FileAttribution()), old, lines)

    def _compare(self, file: FileFacts, found: FileAttribution, old: list[TrueLine], new: list[TrueLine]) -> None:
        before, after = {line.number for line in old}, {line.number for line in new}
        kept = {line.text for line in new if line.number in before}
        came = Counter((line.text, line.writer) for line in new if line.number not in before)
        went = Counter((line.text, self.removers[line.number]) for line in old if line.number not in after)
        _compare(_said(file.added_lines, found.written), came, kept)
        _compare(_said(file.removed_lines, found.removed), went, kept)

    def _line(self, writer: str) -> TrueLine:
        self.made += 1
        shared = self.data.draw(st.booleans())
        return TrueLine(self.made, self.data.draw(st.sampled_from(SHARED)) if shared else f"line {self.made}", writer)

    def _number(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))

    def _git(self, *arguments: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, input=stdin, capture_output=True, check=True)
        return done.stdout.decode().strip()


def _text(lines: list[TrueLine]) -> bytes:
    return "".join(line.text + "\n" for line in lines).encode()


def _said(lines: dict[int, bytes], writers: dict[int, Writer]) -> Counter[tuple[str, str]]:
    return Counter((text.decode(), writers[n].session_id if n in writers else HUMAN) for n, text in lines.items())


def _compare(said: Counter[tuple[str, str]], true: Counter[tuple[str, str]], old: set[str]) -> None:
    """git may show an old line as new, and one that went and came as neither; apart from that all is as it was."""
    for text in {text for text, _ in said}:
        for writer in (HUMAN, *SESSIONS):
            if text not in old or writer != HUMAN:
                assert said[text, writer] <= true[text, writer], (text, writer)
        if text not in old and _of(said, text) == _of(true, text):
            assert all(said[text, writer] == true[text, writer] for writer in SESSIONS), text


def _of(counted: Counter[tuple[str, str]], text: str) -> int:
    return sum(number for key, number in counted.items() if key[0] == text)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data(), st.lists(STEPS, min_size=3, max_size=8))
def test_each_line_keeps_its_true_writer(home: Path, data: st.DataObject, steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), data)
        history.begin()
        for kind in steps:
            history.step(kind)
        history.commit(history.now)
