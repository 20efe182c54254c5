"""The watch over running tools, where things happen in an unlucky order."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from omar_daemon.harness.sandbox import limits
from omar_daemon.harness.sandbox.limits import Limits
from omar_daemon.harness.sandbox.watch import Watch, Watched

GREEDY = "import time; time.sleep(0.6); x = bytearray(300 << 20); time.sleep(30)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GREEDY!r}])"


@pytest.fixture(autouse=True)
def bounds() -> Iterator[None]:
    limits.apply(Limits(memory_mb=100))
    yield
    limits.apply(Limits())


def ended_because(tool: Watched, program: str, *, told_after: float = 0.0) -> str:
    """Run a program as the tool; its process is known to the watch only after `told_after` seconds."""
    running = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
    time.sleep(told_after)
    tool.pid = running.pid
    try:
        running.wait(20)
    finally:
        tool.kill()
        running.wait()
    return tool.ended_because


def test_a_child_that_was_there_before_the_tools_process_was_told_is_counted() -> None:
    with Watch().over("MARK=late", leaves_orphans=False) as tool:
        assert "100 MB of memory" in ended_because(tool, PARENT, told_after=0.4)


def test_where_no_thread_can_be_started_no_tool_runs_and_the_next_one_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watch = Watch()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError), watch.over("MARK=none", leaves_orphans=False):
            pytest.fail("a tool began without a watch")
    with watch.over("MARK=next", leaves_orphans=False) as tool:
        assert "100 MB of memory" in ended_because(tool, GREEDY)
