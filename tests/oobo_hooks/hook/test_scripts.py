"""The hooks as sh runs them: what they write, and that nothing they meet can change the commit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from oobo_hooks.hook import scripts, spool
from tests.oobo_hooks.scene import Repository, until

SHELLS = [shell for shell in ("/bin/sh", "/bin/dash", "/bin/bash", "/bin/zsh", "/bin/busybox") if Path(shell).exists()]
ODD_VALUES = {
    "CLAUDE_CODE_SESSION_ID": 'quote " backslash \\ dollar $HOME `id` $(id)',
    "CODEX_SESSION_ID": "line\nbreak\ttab \x01 \x1f \x7f",
    "OMAR_AGENT": "ümlaut 漢字 '*' [a-z] ~",
    "OMAR_PARENT": "%s %d \\n",
    "AI_AGENT": "-n",
}


@pytest.fixture
def plain(tmp_path: Path) -> Repository:
    """A repository whose hook has no python to start: the spool stays as the hook leaves it."""
    made = Repository(tmp_path / "plain")
    _put_hook(made, "post-commit")
    return made


def _put_hook(made: Repository, name: str, shell: str = "/bin/sh") -> None:
    words = f"{shell} sh" if shell.endswith("busybox") else shell
    body = scripts.render(name, None).decode().replace("#!/bin/sh", f"#!{words}", 1)
    lines = ["oobo_python=/nowhere" if line.startswith("oobo_python=") else line for line in body.split("\n")]
    hook = made.path / ".git" / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("\n".join(lines))
    hook.chmod(0o755)


def _records(made: Repository, kind: str) -> list[dict]:
    lines = (made.state_dir / "spool.jsonl").read_bytes().split(b"\n")
    parsed = [json.loads(line) for line in lines if line.strip()]
    return [record for record in parsed if record["record"] == kind]


@pytest.mark.parametrize("shell", SHELLS)
def test_odd_values_reach_the_spool_as_they_are_in_every_shell(tmp_path: Path, shell: str) -> None:
    made = Repository(tmp_path / 'odd "name" \\ here')
    _put_hook(made, "post-commit", shell)
    made.commit(env=ODD_VALUES)
    (record,) = _records(made, "commit")
    assert record["environment"] == ODD_VALUES
    assert record["head"] == made.head
    assert record["ref"] == "refs/heads/main"
    assert os.path.samefile(record["directory"], made.path)
    assert os.path.samefile(record["git_dir"], made.path / ".git")


def test_the_spool_names_the_processes_above_git(plain: Repository) -> None:
    plain.commit()
    (commit,) = _records(plain, "commit")
    assert [level[1] for level in commit["chain"]] == ["git"]
    assert commit["above"] == os.getpid()
    above = until(lambda: _records(plain, "ancestry"), "what the child reads")[0]
    assert above["key"] == commit["key"]
    assert above["chain"][:1] == commit["chain"]
    assert [level[0] for level in above["chain"]][1:3] == [os.getpid(), os.getppid()]


def test_without_a_process_table_ps_is_asked(plain: Repository) -> None:
    hook = plain.path / ".git" / "hooks" / "post-commit"
    hook.write_text(hook.read_text().replace("/proc", "/nowhere"))
    # The child asks while git still runs: git waits here for the earlier hook's last word.
    hook.write_text(hook.read_text() + "wait\n")
    plain.commit()
    (above,) = _records(plain, "ancestry")
    assert [level[0] for level in above["chain"]][1:3] == [os.getpid(), os.getppid()]
    assert above["chain"][0][1] == "git"


def test_a_value_longer_than_any_id_is_left_out(plain: Repository) -> None:
    plain.commit(env={"OMAR_AGENT": "x" * 600, "CLAUDECODE": "1"})
    (record,) = _records(plain, "commit")
    assert record["environment"] == {"CLAUDECODE": "1"}


def test_a_torn_line_costs_only_itself(plain: Repository) -> None:
    plain.state_dir.mkdir()
    (plain.state_dir / "spool.jsonl").write_bytes(b'{"record":"commit","key":1,"he')
    plain.commit()
    taken = spool.Spool(plain.state_dir)
    heads = [raw["head"] for raw in taken.take() if raw["record"] == "commit"]
    assert heads == [plain.head]
    assert taken.torn == 1


def test_detached_head_packed_refs_and_worktrees_are_read_without_asking_git(plain: Repository) -> None:
    first = plain.commit("one")
    plain.git("pack-refs", "--all")
    plain.git("checkout", "-q", "--detach")
    second = plain.commit("two")
    other = plain.path.parent / "other"
    plain.git("worktree", "add", "-q", "-b", "side", str(other))
    plain.git("commit", "-q", "--allow-empty", "-m", "three", cwd=other)
    third = plain.git("rev-parse", "side")
    records = _records(plain, "commit")
    assert [record["head"] for record in records] == [first, second, third]
    assert [record["ref"] for record in records] == ["refs/heads/main", "", "refs/heads/side"]
    assert os.path.samefile(records[2]["directory"], other)


def test_a_rebase_names_the_branch_that_is_rebased(plain: Repository) -> None:
    plain.write("a", "1\n")
    plain.commit("base")
    plain.git("checkout", "-q", "-b", "feature")
    plain.write("b", "1\n")
    plain.commit("feature")
    plain.git("checkout", "-q", "main")
    plain.write("c", "1\n")
    plain.commit("main moves")
    plain.git("rebase", "-q", "main", "feature")
    assert _records(plain, "commit")[-1]["rebasing"] == "refs/heads/feature"


def test_post_rewrite_keeps_every_pair_of_a_long_rebase(tmp_path: Path) -> None:
    made = Repository(tmp_path / "long")
    _put_hook(made, "post-rewrite")
    made.commit("base")
    pairs = [(f"{number:040x}", f"{number + 5000:040x}") for number in range(501)]
    text = "".join(f"{old} {new}\n" for old, new in pairs)
    hook = made.path / ".git" / "hooks" / "post-rewrite"
    done = subprocess.run([hook, "rebase"], cwd=made.path, input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    records = _records(made, "rewrite")
    assert [tuple(pair) for record in records for pair in record["pairs"]] == pairs
    assert all(len(json.dumps(record)) < 4096 * 2 for record in records)


def test_many_hooks_at_once_never_mix_their_lines(plain: Repository) -> None:
    plain.commit()
    hook = plain.path / ".git" / "hooks" / "post-commit"
    running = [subprocess.Popen([hook], cwd=plain.path, env={**os.environ, "OMAR_AGENT": f"a{n}"}) for n in range(40)]
    assert {process.wait(timeout=20) for process in running} == {0}
    agents = {record["environment"].get("OMAR_AGENT") for record in _records(plain, "commit")}
    assert agents == {None, *(f"a{n}" for n in range(40))}


def _same_commit_as_without_hook(made: Repository, env: dict[str, str] | None = None) -> None:
    """The commit's exit code and output are those of a repository that never heard of oobo."""
    bare = Repository(made.path.parent / "never")
    outputs = []
    for one in (made, bare):
        one.write("file", "text\n")
        one.git("add", "-A")
        dates = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
        done = one.try_git("commit", "-m", "same", env={**(env or {}), **dates})
        outputs.append((done.returncode, done.stdout, done.stderr))
    assert outputs[0] == outputs[1]
    assert outputs[0][0] == 0


def test_a_full_disk_changes_nothing(plain: Repository) -> None:
    plain.state_dir.mkdir()
    (plain.state_dir / "spool.jsonl").symlink_to("/dev/full")
    _same_commit_as_without_hook(plain)


def test_a_state_folder_that_cannot_be_made_changes_nothing(plain: Repository) -> None:
    (plain.path / ".git" / "oobo").write_text("a file stands in the way")
    _same_commit_as_without_hook(plain)


def test_no_git_on_the_hooks_path_and_no_tools_at_all_change_nothing(plain: Repository, tmp_path: Path) -> None:
    plain.state_dir.mkdir()
    only_git = tmp_path / "bin"
    only_git.mkdir()
    (only_git / "git").symlink_to(shutil.which("git") or "git")
    _same_commit_as_without_hook(plain, {"PATH": str(only_git)})
    assert len(_records(plain, "commit")) == 1


def test_a_broken_suite_changes_nothing(plain: Repository) -> None:
    hook = plain.path / ".git" / "hooks" / "post-commit"
    hook.write_text(hook.read_text().replace("oobo_python=/nowhere", "oobo_python=/bin/false"))
    _same_commit_as_without_hook(plain)


def _fake_worker(plain: Repository, tmp_path: Path) -> Path:
    """Let the hook start a program that only leaves its arguments in the returned file."""
    started = tmp_path / "started"
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\necho "$@" > {started}\n')
    fake.chmod(0o755)
    hook = plain.path / ".git" / "hooks" / "post-commit"
    hook.write_text(hook.read_text().replace("oobo_python=/nowhere", f"oobo_python={fake}"))
    plain.state_dir.mkdir()
    return started


def _processes_begun(made: Repository, trace: Path) -> int:
    """How many processes the hook itself makes, by the kernel's word."""
    command = ["strace", "-f", "-qq", "-e", "trace=clone,clone3,fork,vfork", "-o", trace, ".git/hooks/post-commit"]
    subprocess.run(command, cwd=made.path, check=True, timeout=20)
    return len(trace.read_text().splitlines())


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts the processes")
@pytest.mark.parametrize("env", [{}, {"CLAUDE_CODE_SESSION_ID": "a1"}])
def test_with_a_living_worker_a_commit_begins_no_process(
    plain: Repository, tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = _fake_worker(plain, tmp_path)
    plain.commit("without a worker")
    until(started.exists, "the start of a worker")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with (plain.state_dir / "worker.lock").open("w") as lock:
        (plain.state_dir / "worker.pid").write_text(f"{os.getpid()} {lock.fileno()}\n")
        assert _processes_begun(plain, tmp_path / "trace") == 0
    assert _processes_begun(plain, tmp_path / "trace") > 0
    assert len(_records(plain, "commit")) == 3


def test_a_dead_worker_whose_number_lives_on_is_not_waited_for(plain: Repository, tmp_path: Path) -> None:
    started = _fake_worker(plain, tmp_path)
    (plain.state_dir / "worker.lock").touch()
    (plain.state_dir / "worker.pid").write_text(f"{os.getpid()} 1\n")
    plain.commit()
    until(started.exists, "the start of a worker")
    assert "oobo_hooks.hook.worker" in started.read_text()


def test_a_dead_worker_that_nobody_has_collected_is_not_waited_for(plain: Repository, tmp_path: Path) -> None:
    started = _fake_worker(plain, tmp_path)
    dead = subprocess.Popen(["true"])
    until(lambda: "Z" in Path(f"/proc/{dead.pid}/stat").read_text().rpartition(")")[2].split()[0], "its end")
    (plain.state_dir / "worker.lock").touch()
    (plain.state_dir / "worker.pid").write_text(f"{dead.pid} 3\n")
    plain.commit()
    until(started.exists, "the start of a worker")
    dead.wait()
