"""Text arrives in a pane whole, once and exactly, and is submitted."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import pytest

from omar_daemon.fleet import spool
from omar_daemon.fleet.backends import BUILT_IN
from omar_daemon.fleet.delivery import Courier, Shot
from omar_daemon.fleet.errors import AgentDead, InvalidRequest
from shared import paths
from tests.omar_daemon.fleet.conftest import RECORDER, Running, pane_of, tmux, until

AWKWARD = {
    "a leading dash": "-n -t %0 --",
    "a trailing semicolon": "ls ;",
    "only a semicolon": ";",
    "formats and substitutions": "#{pane_id} #(touch /tmp/x) $(id) `id` $HOME %0",
    "quotes and backslashes": 'it\'s "so" \\n \\\\ \\;',
    "many lines": "one\n\n  two\nthree\n",
    "tabs": "a\tb\t\tc",
    "unicode": "Grüße 🚀 日本語 é",
    "end of paste in words": "[201~ and ~",
}


def recorder(running: Running, home: Path, name: str, *flags: str) -> Path:
    record = home / f"{name}.bytes"
    running.spawn(name, command=" ".join([RECORDER, *flags]), env={"RECORD": str(record)})
    until(lambda: "recording" in running.detail(name)["output_tail"])
    return record


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_bytes_arrive_exactly_and_enter_is_a_key_of_its_own(running: Running, home: Path, text: str) -> None:
    record = recorder(running, home, "rec", "--echo")
    running.send("rec", text)
    until(lambda: record.read_bytes() == text.encode() + b"\r")


def test_without_enter_nothing_is_submitted(running: Running, home: Path) -> None:
    record = recorder(running, home, "rec", "--echo")
    running.send("rec", "only pasted", enter=False)
    assert until(record.read_bytes) == b"only pasted"


def test_a_program_that_asked_for_brackets_gets_one_paste(running: Running, home: Path) -> None:
    record = recorder(running, home, "rec", "--echo", "--brackets")
    running.send("rec", "one\ntwo")
    until(lambda: record.read_bytes() == b"\x1b[200~one\ntwo\x1b[201~\r")


def test_a_megabyte_arrives_exactly(running: Running, home: Path) -> None:
    record = recorder(running, home, "rec", "--brackets")
    text = "".join(f"line {number}; #{{x}} -\n" for number in range(60_000))
    assert len(text) > 1_000_000
    running.send("rec", text, enter=False)
    until(lambda: record.stat().st_size >= len(text) + 12, 20)
    assert record.read_bytes() == b"\x1b[200~" + text.encode() + b"\x1b[201~"


def test_a_program_without_echo_gets_enter_only_once(running: Running, home: Path) -> None:
    record = recorder(running, home, "rec")
    running.send("rec", "secret")
    running.send("rec", "next")
    until(lambda: record.read_bytes() == b"secret\rnext\r")


@pytest.mark.parametrize("text", ["a\x1b[201~b", "\x03", "a\rb", "nul\x00", "del\x7f", "c1 \x9b"])
def test_control_characters_are_refused_and_nothing_is_typed(running: Running, home: Path, text: str) -> None:
    record = recorder(running, home, "rec", "--echo")
    with pytest.raises(InvalidRequest, match="control character"):
        running.send("rec", text)
    assert record.read_bytes() == b""


def test_raw_types_control_characters_as_keys(running: Running, home: Path) -> None:
    record = recorder(running, home, "rec", "--brackets")
    running.send("rec", "\x1b\x03", enter=False, raw=True)
    until(lambda: record.read_bytes() == b"\x1b\x03")


def test_copy_mode_takes_nothing_of_the_text(running: Running, home: Path) -> None:
    record = recorder(running, home, "rec", "--echo", "--brackets")
    tmux("copy-mode", "-t", pane_of("rec"))
    running.send("rec", "q\nstill here")
    until(lambda: record.read_bytes() == b"\x1b[200~q\nstill here\x1b[201~\r")


def test_deliveries_to_many_agents_run_side_by_side_and_none_gets_another_s_text(running: Running) -> None:
    count = 30
    for number in range(count):
        running.spawn(f"shell{number}", command="cat")
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda number: running.send(f"shell{number}", f"for you, {number}."), range(count)))
    for number in range(count):
        tail = running.detail(f"shell{number}")["output_tail"].splitlines()
        assert tail == [f"for you, {number}."] * 2


def test_texts_to_one_agent_keep_their_order(running: Running) -> None:
    running.spawn("one", command="cat > got")
    for number in range(10):
        running.send("one", f"text {number}")
    got = Path(running.detail("one")["workdir"]) / "got"
    until(lambda: got.read_text().splitlines() == [f"text {number}" for number in range(10)])


def test_an_agent_whose_name_begins_like_another_s_is_not_touched(running: Running) -> None:
    running.spawn("auth2", command="cat")
    running.spawn("auth", command="cat")
    running.send("auth", "for auth only")
    running.do(running.fleet.kill("auth"))
    assert running.names() == ["auth2"]
    assert running.detail("auth2")["output_tail"] == ""


def test_a_dead_agent_takes_no_text(running: Running) -> None:
    running.spawn("brief", command="sleep 0.5")
    until(lambda: running.line("brief")["health"] == "dead")
    with pytest.raises(AgentDead, match="dead"):
        running.send("brief", "hello")


@pytest.mark.parametrize("verb", ["kill-session", "kill-server"])
def test_an_agent_that_is_killed_while_a_text_is_typed_is_said_to_be_dead(running: Running, verb: str) -> None:
    running.spawn("brief", command="cat")

    async def kill(_phase: str) -> None:
        tmux(verb, *(("-t", "=omar-agent-brief") if verb == "kill-session" else ()))

    with pytest.raises(AgentDead, match="ended"):
        running.do(running.fleet.deliver("brief", "hello", kill))


@pytest.mark.parametrize("name", ["claude", "codex", "opencode"])
def test_a_text_that_stands_in_the_box_is_not_submitted_although_the_screen_moves(name: str) -> None:
    backend = next(one for one in BUILT_IN if one.name == name)
    rule = "─" * 40
    box = {
        "claude": [rule, "❯ hello", "  there", rule, "  ? for shortcuts"],
        "codex": ["› hello", "  there", "", "  stub default · ~/project"],
        "opencode": [
            "  ┃",
            "  ┃  hello",
            "  ┃  there",
            "  ┃",
            "  ┃  Build · Stub Fake",
            "  ╹▀▀▀▀▀▀",
            "  ctrl+p commands",
        ],
    }[name]
    empty = [line.replace("hello", "").replace("there", "") for line in box]

    def shot(time: str, rows: list[str]) -> Shot:
        return Shot((f"✻ Working {time}", "", *rows), "0,0", dead=False)

    before = shot("1s", box)
    assert not Courier._submitted(shot("2s", box), before, "hello\nthere", backend)
    assert Courier._submitted(shot("2s", empty), before, "hello\nthere", backend)


def test_no_text_stays_behind_in_files_or_buffers(running: Running) -> None:
    running.spawn("one", command="cat")
    running.send("one", "a secret text")
    assert tmux("list-buffers") == ""
    assert not [path for path in paths.spool_dir().iterdir() if b"a secret text" in path.read_bytes()]


def test_files_on_their_way_are_private(home: Path) -> None:
    path = spool.put("text", b"x")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
