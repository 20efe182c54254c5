from __future__ import annotations

import json
import multiprocessing
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared import durable
from shared.errors import OmaError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_0600_and_directories_0700_under_any_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        target = tmp_path / "a" / "b" / "state.json"
        durable.write_atomic(target, "{}")
        durable.append_line(tmp_path / "a" / "spool.jsonl", {"n": 1})
        assert durable.create_private(tmp_path / "a" / "key", "secret")
        with durable.locked(tmp_path / "a" / "lock"):
            pass
    finally:
        os.umask(old)
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    for name in ("b/state.json", "spool.jsonl", "key", "lock"):
        assert mode(tmp_path / "a" / name) == 0o600, name


def test_a_planted_symlink_is_replaced_or_refused_but_never_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("state", "spool", "lock", "key"):
        (tmp_path / name).symlink_to(victim)
    durable.write_atomic(tmp_path / "state", "new")
    assert not (tmp_path / "state").is_symlink()
    with pytest.raises(OmaError):
        durable.append_line(tmp_path / "spool", {"n": 1})
    with pytest.raises(OmaError), durable.locked(tmp_path / "lock"):
        pass
    assert durable.create_private(tmp_path / "key", "new") is False
    assert victim.read_text() == "mine"


def test_a_spool_cut_at_any_byte_of_its_last_record_keeps_all_earlier_ones(tmp_path: Path) -> None:
    spool = tmp_path / "spool.jsonl"
    for number in range(3):
        durable.append_line(spool, {"number": number, "text": "naïve ☃ line\n"})
    whole = spool.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last, len(whole)):
        spool.write_bytes(whole[:cut])
        contents = durable.read_spool(spool)
        found = [record["number"] for record in contents.records]
        complete = cut == len(whole) - 1
        assert found == ([0, 1, 2] if complete else [0, 1]), cut
        assert contents.torn == (0 if complete or cut == last else 1), cut
        durable.append_line(spool, {"number": 9})
        assert durable.read_spool(spool).records[-1] == {"number": 9}, cut


def test_a_full_disk_leaves_the_old_content_and_says_so(tmp_path: Path) -> None:
    program = (
        "import resource, signal, sys; from pathlib import Path; from shared import durable, errors\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: durable.write_atomic(Path(sys.argv[1]), b'x' * 5000)\n"
        "except errors.OmaError as error: print(error.message); sys.exit(error.exit_code)\n"
    )
    target = tmp_path / "state"
    target.write_text("old")
    done = subprocess.run([sys.executable, "-c", program, str(target)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Cannot write" in done.stdout
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["state"]


def test_an_unreadable_file_is_set_aside_with_one_line_and_never_replaced_silently(tmp_path: Path) -> None:
    target = tmp_path / "queue.json"
    target.write_bytes(b'{"pending": [')
    said: list[str] = []
    assert durable.read_json(target, dict, warn=said.append) == {}
    kept = [name for name in os.listdir(tmp_path) if name.startswith("queue.json.corrupt-")]
    assert len(kept) == len(said) == 1
    assert (tmp_path / kept[0]).read_bytes() == b'{"pending": ['


def _count_up(counter: str, lock: str) -> None:
    for _ in range(50):
        with durable.locked(Path(lock)):
            value = json.loads(Path(counter).read_text())
            durable.write_atomic(Path(counter), json.dumps(value + 1))


def test_read_modify_write_under_the_lock_loses_no_update(tmp_path: Path) -> None:
    counter, lock = tmp_path / "counter", tmp_path / "lock"
    counter.write_text("0")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count_up, args=(str(counter), str(lock))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert json.loads(counter.read_text()) == 150


def test_the_lock_of_a_killed_holder_is_free_at_once(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    program = (
        "import sys, time; from pathlib import Path; from shared import durable\n"
        "with durable.locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(lock)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == "held\n"
        with durable.locked(lock, wait=False) as got:
            assert got is False
        holder.kill()
        holder.wait()
    with durable.locked(lock, wait=False) as got:
        assert got is True


def test_a_file_in_the_place_of_a_directory_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(OmaError, match="home"):
        durable.write_atomic(tmp_path / "home" / "state", "x")


KILL_POINTS = ("write", "fsync", "replace", "fsync_dir")


@pytest.mark.parametrize("point", KILL_POINTS)
def test_a_kill_at_each_step_of_a_write_leaves_the_file_wholly_old_or_wholly_new(tmp_path: Path, point: str) -> None:
    program = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shared import durable
point, target = sys.argv[1], Path(sys.argv[2])
def die(*args, **kwargs): os._exit(9)
if point == "write": os.write = die
if point == "fsync": os.fsync = die
if point == "replace": Path.replace = die
if point == "fsync_dir": durable.sync_dir = die
durable.write_atomic(target, b"new" * 1000)
"""
    target = tmp_path / "state"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", program, point, str(target)], check=False)
    assert done.returncode == 9
    assert target.read_bytes() == (b"new" * 1000 if point == "fsync_dir" else b"old")


def test_a_pipe_or_device_that_a_person_names_is_written_into_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        durable.write_named(pipe, b"whole")
        assert read.result(timeout=10) == b"whole"
    assert pipe.is_fifo()


def test_a_file_that_a_person_names_is_replaced_and_a_link_to_it_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(file)
    for body in (b"new", b"newer"):
        durable.write_named(link, body)
        assert file.read_bytes() == body and link.is_symlink()
    with pytest.raises(OmaError, match=str(tmp_path)):
        durable.write_named(tmp_path, b"")
