"""Installing, chaining and taking out hooks, with every byte that stood there before."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from oobo_hooks import repository as repositories
from oobo_hooks.hook import installation, scripts
from tests.oobo_hooks.scene import Repository, oobo, oobo_json, until


@pytest.fixture
def bare_of_hooks(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


@pytest.fixture
def quick_bare(bare_of_hooks: Repository) -> Repository:
    """The same; its hooks will start no worker."""
    bare_of_hooks.in_background = False
    return bare_of_hooks


def _uninstall(made: Repository) -> None:
    installation.uninstall(repositories.discover(made.path))


def _hooks(made: Repository) -> Path:
    return made.path / ".git" / "hooks"


def _snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Name → bytes and mode (or link target) of everything in a folder."""
    return {
        str(path.relative_to(folder)): (
            (os.readlink(path).encode(), 0)
            if path.is_symlink()
            else (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        )
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _hook(made: Repository, name: str, body: str, mode: int = 0o755) -> Path:
    path = _hooks(made) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(body)
    path.chmod(mode)
    return path


def test_installing_twice_is_installing_once(bare_of_hooks: Repository) -> None:
    oobo("install", cwd=bare_of_hooks.path)
    once = _snapshot(_hooks(bare_of_hooks))
    told = oobo_json("install", cwd=bare_of_hooks.path)
    assert _snapshot(_hooks(bare_of_hooks)) == once
    assert {hook["action"] for hook in told["hooks"]} == {"unchanged"}
    assert set(scripts.HOOKS) <= set(once)


def test_uninstalling_restores_bytes_and_modes_of_what_was_there(bare_of_hooks: Repository) -> None:
    _hook(bare_of_hooks, "post-commit", "#!/bin/sh\necho mine\r\n\xff", 0o700)
    _hook(bare_of_hooks, "post-merge", "#!/usr/bin/env python3\nprint('m')\n", 0o755)
    _hook(bare_of_hooks, "post-rewrite", "not executable", 0o644)
    target = _hook(bare_of_hooks, "shared", "#!/bin/sh\nexit 0\n")
    (_hooks(bare_of_hooks) / "pre-push").symlink_to(target.name)
    before = _snapshot(_hooks(bare_of_hooks))
    bare_of_hooks.install()
    oobo("install", cwd=bare_of_hooks.path)
    assert _snapshot(_hooks(bare_of_hooks)) != before
    _uninstall(bare_of_hooks)
    assert _snapshot(_hooks(bare_of_hooks)) == before


def test_uninstalling_without_earlier_hooks_leaves_nothing(bare_of_hooks: Repository) -> None:
    before = _snapshot(_hooks(bare_of_hooks))
    oobo("install", cwd=bare_of_hooks.path)
    _uninstall(bare_of_hooks)
    assert _snapshot(_hooks(bare_of_hooks)) == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(bare_of_hooks: Repository) -> None:
    before = _snapshot(bare_of_hooks.path)
    told = oobo("install", "--dry-run", cwd=bare_of_hooks.path)
    assert "would be written" in told.stderr
    assert _snapshot(bare_of_hooks.path) == before


@pytest.mark.parametrize("shebang", ["#!/bin/sh", "#!/bin/sh -e", "#!/usr/bin/env bash", "#!/bin/bash", ""])
def test_an_earlier_shell_hook_runs_first_and_finds_itself_by_its_old_name(
    quick_bare: Repository, tmp_path: Path, shebang: str
) -> None:
    out = tmp_path / "out"
    _hook(quick_bare, "post-commit", f'{shebang}\necho "$(basename "$0") $(dirname "$0") $#" >> {out}\n')
    quick_bare.install()
    quick_bare.commit()
    assert out.read_text() == "post-commit .git/hooks 0\n"
    quick_bare.anchor()


def test_an_earlier_program_hook_finds_its_own_name_too(quick_bare: Repository, tmp_path: Path) -> None:
    out = tmp_path / "out"
    body = f"#!/usr/bin/env python3\nimport os, sys\nopen({str(out)!r}, 'a').write(os.path.basename(sys.argv[0]))\n"
    _hook(quick_bare, "post-commit", body)
    quick_bare.install()
    quick_bare.commit()
    assert out.read_text() == "post-commit"


def test_an_earlier_hook_that_is_not_executable_stays_asleep(quick_bare: Repository, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _hook(quick_bare, "post-commit", f"#!/bin/sh\ntouch {out}\n", 0o644)
    quick_bare.install()
    quick_bare.commit()
    quick_bare.anchor()
    assert not out.exists()


def test_an_earlier_pre_push_gets_its_stdin_and_its_refusal_stands(quick_bare: Repository, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _hook(quick_bare, "pre-push", f'#!/bin/sh\necho "$1 $2" > {out}\ncat >> {out}\nexit 7\n')
    quick_bare.install()
    commit = quick_bare.commit()
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    quick_bare.git("remote", "add", "origin", str(remote))
    done = quick_bare.try_git("push", "-q", "origin", "main")
    assert done.returncode != 0
    assert out.read_text() == f"origin {remote}\nrefs/heads/main {commit} refs/heads/main {'0' * 40}\n"


def test_an_earlier_post_rewrite_gets_every_pair_byte_for_byte(quick_bare: Repository, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _hook(quick_bare, "post-rewrite", f"#!/bin/sh\ncat > {out}\nexit 3\n")
    quick_bare.install()
    quick_bare.commit()
    pairs = "".join(f"{n:040x} {n + 100:040x}\n" for n in range(30))
    hook = _hooks(quick_bare) / "post-rewrite"
    for text in (pairs, pairs[:82], ""):
        done = subprocess.run([hook, "rebase"], cwd=quick_bare.path, input=text, text=True, capture_output=True)
        assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
        assert out.read_text() == text


def test_husky_hooks_are_written_only_with_consent_and_go_on_working(bare_of_hooks: Repository, tmp_path: Path) -> None:
    """The layout of husky 9: `.husky/_/<hook>` finds `.husky/<hook>` by its own folder and name."""
    out = tmp_path / "out"
    folder = bare_of_hooks.path / ".husky" / "_"
    folder.mkdir(parents=True)
    (folder / "h").write_text(
        'n=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n'
    )
    for name in ("post-commit", "pre-push"):
        (folder / name).write_text('#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
        (folder / name).chmod(0o755)
    (bare_of_hooks.path / ".husky" / "post-commit").write_text(f"echo husky >> {out}\n")
    bare_of_hooks.git("config", "core.hooksPath", ".husky/_")
    before = _snapshot(folder)

    refused = oobo("install", cwd=bare_of_hooks.path, code=2)
    assert "files of the project" in refused.stderr and "--yes" in refused.stderr
    assert _snapshot(folder) == before

    oobo("install", "--yes", cwd=bare_of_hooks.path)
    bare_of_hooks.commit()
    assert out.read_text() == "husky\n"
    bare_of_hooks.anchor()
    oobo("uninstall", cwd=bare_of_hooks.path)
    assert _snapshot(folder) == before


def test_a_hooks_path_outside_the_worktree_is_used_without_asking(quick_bare: Repository, tmp_path: Path) -> None:
    elsewhere = tmp_path / "hooks of mine"
    quick_bare.git("config", "core.hooksPath", str(elsewhere))
    quick_bare.install()
    quick_bare.commit()
    quick_bare.anchor()


def test_a_linked_worktree_and_a_submodule_get_their_anchors(quick_bare: Repository, tmp_path: Path) -> None:
    quick_bare.install()
    quick_bare.write("a", "1\n")
    quick_bare.commit()
    other = tmp_path / "other"
    quick_bare.git("worktree", "add", "-q", "-b", "side", str(other))
    (other / "b").write_text("2\n")
    quick_bare.git("add", "b", cwd=other)
    quick_bare.git("commit", "-q", "-m", "in the worktree", cwd=other)
    found = quick_bare.anchor(quick_bare.git("rev-parse", "side"))
    assert (found["branch"], found["files_changed"]) == ("side", ["b"])

    quick_bare.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(quick_bare.path), "sub")
    inside = Repository.__new__(Repository)
    inside.path = quick_bare.path / "sub"
    inside.in_background = False
    inside.install()
    inside.write("c", "3\n")
    inside.commit("in the submodule")
    assert inside.anchor()["files_changed"] == ["c"]


def test_another_programs_hook_over_ours_is_left_and_ours_from_before_is_named(bare_of_hooks: Repository) -> None:
    mine = _hook(bare_of_hooks, "post-commit", "#!/bin/sh\n# mine\n")
    bare_of_hooks.install()
    mine.write_text("#!/bin/sh\n# somebody else\n")
    told = oobo("uninstall", cwd=bare_of_hooks.path)
    assert mine.read_text() == "#!/bin/sh\n# somebody else\n"
    assert "post-commit.before-oobo" in told.stderr


def test_a_manager_that_installs_itself_again_is_chained_again_and_leaves_no_copies(
    bare_of_hooks: Repository, tmp_path: Path
) -> None:
    """What lefthook 2 does: it renames a hook that is not its own, and writes its own beside."""
    out = tmp_path / "out"
    body = f'#!/bin/sh\n\ncall() {{ echo "managed $1" >> {out}; }}\n\ncall "post-commit" "$@"\n'
    hook = _hook(bare_of_hooks, "post-commit", body)
    (bare_of_hooks.path / "lefthook.yml").write_text("post-commit:\n  jobs:\n    - run: echo\n")
    before = _snapshot(_hooks(bare_of_hooks))
    assert "lefthook install" in oobo("install", cwd=bare_of_hooks.path).stderr
    hook.rename(f"{hook}.old")
    _hook(bare_of_hooks, "post-commit", body)
    oobo("install", cwd=bare_of_hooks.path)
    bare_of_hooks.anchor(bare_of_hooks.commit())
    assert out.read_text() == "managed post-commit\n"
    oobo("uninstall", cwd=bare_of_hooks.path)
    Path(f"{hook}.old").unlink()
    assert _snapshot(_hooks(bare_of_hooks)) == before


def test_outside_a_repository_one_sentence_says_so(tmp_path: Path) -> None:
    done = oobo("install", cwd=tmp_path, code=2)
    assert "there is no git repository" in done.stderr
    assert done.stdout == ""


def test_a_hooks_folder_that_cannot_be_written_is_told(bare_of_hooks: Repository) -> None:
    hooks = _hooks(bare_of_hooks)
    for sample in hooks.iterdir():
        sample.unlink()
    hooks.rmdir()
    hooks.write_text("a file")
    done = oobo("install", cwd=bare_of_hooks.path, code=1)
    assert "cannot be written" in done.stderr


def test_only_files_of_ours_are_taken_for_ours() -> None:
    assert scripts.is_ours(scripts.render("post-commit", None))
    assert not scripts.is_ours(b"#!/bin/sh\n# calls oobo install by hand\n")


def test_the_inspection_sees_each_state(bare_of_hooks: Repository) -> None:
    _hook(bare_of_hooks, "post-merge", "#!/bin/sh\n")
    bare_of_hooks.install()
    hook = _hooks(bare_of_hooks) / "post-commit"
    hook.write_bytes(hook.read_bytes().replace(b"Version 2.", b"Version 1."))
    (_hooks(bare_of_hooks) / "pre-push").unlink()
    found = {h.name: h.state for h in installation.inspect(repositories.discover(bare_of_hooks.path))}
    assert found == {"post-commit": "outdated", "post-merge": "ours", "post-rewrite": "ours", "pre-push": "absent"}


def test_a_removed_suite_leaves_a_commit_that_works(bare_of_hooks: Repository) -> None:
    bare_of_hooks.install()
    hook = _hooks(bare_of_hooks) / "post-commit"
    text = hook.read_text()
    python = next(line for line in text.split("\n") if line.startswith("oobo_python="))
    hook.write_text(text.replace(python, "oobo_python='/removed by hand/python'"))
    bare_of_hooks.write("a", "1\n")
    bare_of_hooks.git("add", "a")
    done = bare_of_hooks.try_git("commit", "-q", "-m", "still fine")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    hook.write_text(text)
    second = bare_of_hooks.commit("the next worker catches up")
    until(lambda: bare_of_hooks.count() == 2, "both anchors")
    assert bare_of_hooks.anchor(second)


def test_a_path_with_newlines_and_other_letters(tmp_path: Path, home: Path) -> None:
    made = Repository(tmp_path / "sp ace\nnew ünï")
    made.in_background = False
    made.install()
    made.write("a", "1\n")
    made.commit()
    made.work()
    assert made.count() == 1
    assert made.anchor()["files_changed"] == ["a"]
