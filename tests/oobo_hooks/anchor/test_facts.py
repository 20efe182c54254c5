"""Git's facts against git's own words, for every odd kind of commit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from oobo_hooks import repository as repositories
from oobo_hooks.anchor import facts as git_facts
from oobo_hooks.anchor.facts import CommitFacts, FileFacts
from oobo_hooks.repository import Repository as Checkout
from tests.oobo_hooks.scene import Repository


@pytest.fixture
def plain(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "plain")


def _checkout(made: Repository) -> Checkout:
    return repositories.discover(made.path)


def _facts(made: Repository, commit: str | None = None, branch: str = "main") -> CommitFacts:
    checkout = _checkout(made)
    found = git_facts.read_commit(checkout, commit or made.head, branch)
    git_facts.read_lines(checkout, found)
    if not found.is_merge:
        counted = made.git("diff-tree", "--root", "--no-commit-id", "-r", "-M", "--numstat", found.commit)
        told = [line.split("\t")[:2] for line in counted.split("\n") if line]
        assert told == [["-", "-"] if f.binary else [str(f.added), str(f.deleted)] for f in found.files]
    return found


def _one(found: CommitFacts) -> FileFacts:
    (file,) = found.files
    return file


def test_a_root_commit_counts_all_its_lines(plain: Repository) -> None:
    plain.write("a.txt", "one\ntwo\n")
    plain.write("b/c.txt", "three")
    plain.commit("root\n\nwith a body\n")
    found = _facts(plain)
    assert (found.added, found.deleted, found.parents) == (3, 0, ())
    assert [file.path for file in found.files] == ["a.txt", "b/c.txt"]
    assert found.files[0].added_lines == {1: b"one", 2: b"two"}
    assert found.message == "root\n\nwith a body"
    assert str(found.author) == "Test Person <person@example.org>"


def test_the_committers_time_is_the_anchors_time(plain: Repository) -> None:
    plain.commit(env={"GIT_AUTHOR_DATE": "1700000000 +0100", "GIT_COMMITTER_DATE": "1750000000 -0800"})
    found = _facts(plain)
    assert (found.author.at, found.committer.at) == (1700000000, 1750000000)


def test_an_empty_commit_has_no_files(plain: Repository) -> None:
    plain.commit()
    assert _facts(plain).files == []


def test_lines_stand_where_the_commit_puts_them(plain: Repository) -> None:
    plain.write("f", "1\n2\n3\n4\n5\n")
    plain.commit()
    plain.write("f", "0\n1\n2\nthree\n4\n")
    plain.commit()
    file = _one(_facts(plain))
    assert file.added_lines == {1: b"0", 4: b"three"}
    assert file.removed_lines == {3: b"3", 5: b"5"}


def test_content_that_looks_like_a_patch_stays_content(plain: Repository) -> None:
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n\\ No newline at end of file\n"
    plain.write("patch.txt", text)
    plain.write("z.txt", "last\n")
    plain.commit()
    found = _facts(plain)
    assert found.files[0].added_lines == dict(enumerate(text.encode().split(b"\n")[:-1], start=1))
    assert found.files[1].added_lines == {1: b"last"}


def test_a_binary_file_has_no_lines(plain: Repository) -> None:
    plain.write("image.bin", bytes(range(256)))
    plain.commit()
    file = _one(_facts(plain))
    assert (file.binary, file.added, file.deleted) == (True, 0, 0)


def test_a_rename_with_changes_is_one_file_under_its_new_name(plain: Repository) -> None:
    plain.write("old name.txt", "".join(f"line {n}\n" for n in range(20)))
    plain.commit()
    plain.git("mv", "old name.txt", "new name.txt")
    plain.write("new name.txt", "".join(f"line {n}\n" for n in range(20)) + "added\n")
    plain.commit()
    file = _one(_facts(plain))
    assert (file.path, file.old_path, file.status) == ("new name.txt", "old name.txt", "R")
    assert file.added_lines == {21: b"added"}


def test_a_mode_change_alone_has_no_lines(plain: Repository) -> None:
    path = plain.write("run.sh", "x\n")
    plain.commit()
    path.chmod(0o755)
    plain.write("other", "y\n")
    plain.commit()
    found = _facts(plain)
    assert [(file.path, file.added) for file in found.files] == [("other", 1), ("run.sh", 0)]


def test_a_file_that_becomes_a_link_keeps_the_order_of_the_others(plain: Repository) -> None:
    plain.write("a", "text\n")
    plain.write("b", "1\n")
    plain.commit()
    (plain.path / "a").unlink()
    (plain.path / "a").symlink_to("b")
    plain.write("b", "2\n")
    plain.commit()
    found = _facts(plain)
    assert found.files[1].added_lines == {1: b"2"}


@pytest.mark.parametrize("name", ["ümläut 漢字.txt", "new\nline\ttab", 'quote"back\\slash', " leading", "-dash", "a:b"])
def test_odd_paths_come_through_as_they_are(plain: Repository, name: str) -> None:
    plain.write(name, "x\n")
    plain.commit()
    assert _one(_facts(plain)).path == name


def test_a_path_that_is_not_utf8_is_replaced_not_fatal(plain: Repository) -> None:
    with open(os.fsencode(plain.path) + b"/bad\xff\xfename", "wb") as file:
        file.write(b"x\n")
    plain.commit()
    assert _one(_facts(plain)).path == "bad\ufffd\ufffdname"


def test_a_message_in_another_encoding_is_read_by_its_header(plain: Repository) -> None:
    message = plain.path / "message"
    message.write_bytes("grüße".encode("latin-1"))
    plain.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F", str(message))
    assert _facts(plain).message == "grüße"


def _merge(plain: Repository, *, conflict: bool) -> None:
    plain.write("f", "base\n")
    plain.commit()
    plain.git("checkout", "-q", "-b", "side")
    plain.write("f" if conflict else "side", "side\n")
    plain.commit()
    plain.git("checkout", "-q", "main")
    plain.write("f" if conflict else "main", "main\n")
    plain.commit()
    done = plain.try_git("merge", "-q", "--no-edit", "side")
    assert (done.returncode != 0) == conflict


def test_a_clean_merge_owns_nothing(plain: Repository) -> None:
    _merge(plain, conflict=False)
    found = _facts(plain)
    assert (found.is_merge, found.files, found.added) == (True, [], 0)


def test_a_resolved_merge_owns_the_lines_no_parent_has(plain: Repository) -> None:
    _merge(plain, conflict=True)
    plain.write("f", "main\nside\nresolved by hand\n")
    plain.commit()
    file = _one(_facts(plain))
    assert file.added_lines == {3: b"resolved by hand"}
    assert file.deleted == 0


def test_an_octopus_merge_owns_nothing(plain: Repository) -> None:
    plain.commit("base")
    for name in ("one", "two", "three"):
        plain.git("checkout", "-q", "-b", name, "main")
        plain.write(name, "x\n")
        plain.commit(name)
    plain.git("checkout", "-q", "main")
    plain.git("merge", "-q", "--no-edit", "one", "two", "three")
    found = _facts(plain)
    assert (len(found.parents), found.files) == (4, []) or (len(found.parents), found.files) == (3, [])


def test_a_sha256_repository_is_read_like_any_other(tmp_path: Path) -> None:
    made = Repository(tmp_path / "sha256", "--object-format=sha256")
    made.write("a", "1\n")
    commit = made.commit()
    assert len(commit) == 64
    assert _one(_facts(made)).added_lines == {1: b"1"}


def test_a_shallow_clone_counts_only_what_its_new_commit_did(plain: Repository, tmp_path: Path) -> None:
    for number in range(3):
        plain.write("f", "".join(f"{n}\n" for n in range(number + 1)))
        plain.commit()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{plain.path}", str(clone)], check=True)
    made = Repository.__new__(Repository)
    made.path = clone
    made.write("g", "new\n")
    made.commit()
    assert _one(_facts(made)).path == "g"


def test_inherited_git_variables_point_nowhere(
    plain: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.write("a", "1\n")
    plain.commit()
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    checkout = repositories.discover(plain.path)
    monkeypatch.delenv("GIT_DIR")
    assert checkout.git_text("log", "-1", "--format=%s") == "work"


def test_the_users_diff_settings_change_nothing(plain: Repository) -> None:
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("color.ui", "always"),
        ("diff.renames", "false"),
        ("diff.interHunkContext", "9"),
        ("diff.algorithm", "patience"),
        ("diff.submodule", "log"),
        ("diff.wordRegex", "."),
    ):
        plain.git("config", key, value)
    plain.write("old", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n")
    plain.commit()
    plain.git("mv", "old", "new")
    plain.write("new", "1\n2\n3\nfour\n5\nsix\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n")
    plain.commit()
    file = _one(_facts(plain))
    assert (file.path, file.old_path, file.added_lines) == ("new", "old", {4: b"four", 6: b"six"})


@pytest.mark.parametrize(
    ("ref", "rebasing", "branch"),
    [
        ("refs/heads/main", None, "main"),
        ("refs/heads/feature/x", None, "feature/x"),
        ("", None, "HEAD"),
        ("", "refs/heads/topic", "topic"),
        ("", "detached HEAD", "HEAD"),
    ],
)
def test_the_branch_is_the_one_a_person_would_name(ref: str, rebasing: str | None, branch: str) -> None:
    assert git_facts.branch_of(ref, rebasing) == branch
