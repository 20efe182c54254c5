"""What commands may write: a redirect into a file does, a reader that throws its errors away does not."""

from __future__ import annotations

import pytest

from oobo_hooks.anchor import evidence
from oobo_hooks.anchor.shell import written_names
from tests.oobo_hooks.scene import ClaudeSession, Repository, line_kinds


@pytest.mark.parametrize(
    "command",
    [
        'grep -n "import os" a.py 2>/dev/null',
        'grep -n "import os" a.py 2>errors.txt',
        'grep -n "import os" a.py >/dev/null 2>&1',
        'rg "a -> b" a.py',
        "awk '$1 > 3' a.py",
        'grep -n "def write" a.py',
        'grep "patch" a.py # > a.py',
        'python3 -c "print(1)" a.py',
        'git commit -m "x > a.py"',
        "pip install -r requirements.txt",
    ],
)
def test_who_reads_writes_nothing(command: str) -> None:
    assert written_names(command) == set()


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("cat > src/a.py <<'EOF'\nx > 1\nEOF", {"a.py"}),
        ("cat <<'EOF' >> 'a b.py'\nwrite\nEOF", {"a b.py"}),
        ("echo one 1> a.py; echo two >|b.py", {"a.py", "b.py"}),
        ("make &> log.txt", {"log.txt"}),
        ("bash -c \"echo 'x' > a.py\"", {"a.py"}),
        ("for f in a.py b.py; do cat > $f <<'EOF'\nx\nEOF\ndone", None),
        ("cat > new <<'EOF'\nx\nEOF\nmv new a.py", None),
        ("echo 'x' | sudo tee -a a.py >/dev/null", None),
        ("sed -n -i 's/a/b/' a.py", None),
        ("./tools/write_it.sh 'x' a.py", None),
        ("python3 - <<'EOF'\nopen('a.py', 'w').write('x')\nEOF", None),
        ("cat <<'EOF' | python3\nopen('a.py', 'w').write('x')\nEOF", None),
        ("node -e \"fs.writeFileSync('a.js', 'x')\"", None),
    ],
)
def test_what_a_redirect_or_a_program_may_write(command: str, names: set[str] | None) -> None:
    assert written_names(command) == names


def test_what_an_agent_looked_for_and_a_person_wrote_is_the_persons(repository: Repository) -> None:
    file = repository.write("a.py", "import sys\n")
    repository.commit()
    ClaudeSession(repository.path).uses("Bash", {"command": 'grep -n "import os" a.py 2>/dev/null'})
    file.write_text("import os\nimport sys\n")
    repository.commit()
    anchor = repository.anchor()
    assert (line_kinds(anchor, "a.py"), anchor["author_type"], anchor["sessions"]) == ({1: "human"}, "human", [])


def test_each_file_of_one_command_has_lines_of_its_own(repository: Repository) -> None:
    command = "for f in a.py b.py; do cat > $f <<'EOF'\nvalue = 1\nEOF\ndone"
    ClaudeSession(repository.path).uses("Bash", {"command": command})
    for name in ("a.py", "b.py"):
        repository.write(name, "value = 1\n")
        repository.git("add", name)
        repository.git("commit", "-q", "-m", name)
        assert line_kinds(repository.anchor(), name) == {1: "ai"}


def test_what_older_anchors_took_of_a_command_stays_taken(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    ClaudeSession(repository.path).uses("Bash", {"command": "cat > a.py <<'EOF'\nvalue = 1\nEOF"})
    repository.write("a.py", "value = 1\n")
    repository.commit()
    with monkeypatch.context() as older:
        older.setattr(evidence, "_shell_number", lambda path: "#sh")
        assert line_kinds(repository.anchor(), "a.py") == {1: "ai"}
    repository.write("a.py", "value = 1\nvalue = 1\n")
    repository.commit()
    assert line_kinds(repository.anchor(), "a.py") == {2: "human"}
