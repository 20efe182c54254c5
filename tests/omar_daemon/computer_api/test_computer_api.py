"""The computer's routes on a real daemon and a real X server, with windows that are clicked and typed into."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import paths
from tests.daemon import Daemon
from tests.fakes.x_server import HEIGHT, MISSING, WHY_SKIPPED, WIDTH, Window, XServer, until

pytestmark = pytest.mark.skipif(bool(MISSING), reason=WHY_SKIPPED)
ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("screenshot", {}),
    ("mouse", {"action": "move", "x": 1, "y": 1}),
    ("keyboard", {"action": "key", "text": "a"}),
)
RELEASED, NOT_HELD = {"status": "released"}, {"status": "not_held"}


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as running:
        yield running


@pytest.fixture
def window(server: XServer) -> Iterator[Window]:
    with server.window() as shown:
        yield shown


@pytest.fixture(scope="module")
def shared_daemon(server: XServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    patch = pytest.MonkeyPatch()
    patch.setenv("OMA_HOME", str(tmp_path_factory.mktemp("computer")))
    socket = paths.tmux_socket()
    with Daemon(environment={"DISPLAY": server.display}) as daemon:
        patch.undo()
        yield daemon
    subprocess.run(["tmux", "-L", socket, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def desk(shared_daemon: Daemon) -> Iterator[Desk]:
    """The computer, held by nobody before and after."""
    found = Desk(shared_daemon)
    yield found
    holder = found.holder()
    if holder is not None:
        found.release(holder)


class Desk:
    """Short calls of the computer's routes."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def ask(self, method: str, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        sent = {"json": body} if method == "POST" else {"params": body}
        answer = self.daemon.client.request(method, f"/api/computer/{path}", **sent)  # type: ignore[arg-type]
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        assert status == 200 or set(found) == {"error"}
        return found

    def lock(self, agent: str, status: int = 200) -> dict[str, Any]:
        return self.ask("POST", "lock", status, agent=agent)

    def release(self, agent: str, status: int = 200) -> dict[str, Any]:
        return self.ask("DELETE", "lock", status, agent=agent)

    def holder(self) -> Any:
        return self.ask("GET", "status")["held_by"]

    def type(self, agent: str, text: str, status: int = 200) -> dict[str, Any]:
        return self.ask("POST", "keyboard", status, agent=agent, action="type", text=text)

    def mouse(self, agent: str, action: str, x: int, y: int, status: int = 200, **more: Any) -> dict[str, Any]:
        return self.ask("POST", "mouse", status, agent=agent, action=action, x=x, y=y, **more)


def test_the_lock_answers_as_the_contract_s_table_says(desk: Desk, server: XServer) -> None:
    state = desk.ask("GET", "status")
    assert state == {
        "available": True, "xdotool": True, "screenshot": True, "screen_size": {"width": WIDTH, "height": HEIGHT},
        "display": server.display, "held_by": None, "held_seconds": 0, "reason": None,
    }  # fmt: skip
    for path, body in ACTIONS:
        desk.ask("POST", path, 412, agent="a", **body)
    assert desk.release("a") == NOT_HELD
    assert desk.lock("omar-agent-a") == {"status": "acquired", "held_by": "a"}
    assert desk.lock("a") == {"status": "already_held", "held_by": "a"}
    assert "locked by 'a'" in desk.lock("ea", 409)["error"]
    for path, body in ACTIONS:
        assert "'a'" in desk.ask("POST", path, 409, agent="ea", **body)["error"]
    assert "not 'ea'" in desk.release("ea", 403)["error"]
    time.sleep(0.1)
    state = desk.ask("GET", "status")
    assert state["held_by"] == "a" and 0 < state["held_seconds"] < 10
    answer = desk.daemon.client.request("DELETE", "/api/computer/lock", json={"agent": "a"})
    assert answer.json() == RELEASED
    assert desk.release("a") == NOT_HELD and desk.lock("ea")["status"] == "acquired"


BAD: list[tuple[str, dict[str, Any], int]] = [
    ("mouse", {"action": "poke", "x": 1, "y": 1}, 400),
    ("mouse", {"action": "move", "x": WIDTH, "y": 1}, 400),
    ("mouse", {"action": "move", "x": 1, "y": -1}, 400),
    ("mouse", {"action": "move", "x": 10**30, "y": 1}, 400),
    ("mouse", {"action": "click", "x": 1, "y": 1, "button": 0}, 400),
    ("mouse", {"action": "click", "x": 1, "y": 1, "button": 256}, 400),
    ("mouse", {"action": "drag", "x": 1, "y": 1}, 400),
    ("mouse", {"action": "drag", "x": 1, "y": 1, "to_x": 5}, 400),
    ("mouse", {"action": "drag", "x": 1, "y": 1, "to_x": 5, "to_y": HEIGHT}, 400),
    ("mouse", {"action": "scroll", "x": 1, "y": 1}, 400),
    ("mouse", {"action": "scroll", "x": 1, "y": 1, "scroll_direction": "away"}, 400),
    ("mouse", {"action": "scroll", "x": 1, "y": 1, "scroll_direction": "up", "scroll_amount": 4_000_000}, 400),
    ("mouse", {"action": "move", "x": 1, "y": 1, "scale": 0}, 400),
    ("mouse", {"action": "move", "x": "left", "y": 1}, 422),
    ("mouse", {"action": "move", "y": 1}, 422),
    ("keyboard", {"action": "press", "text": "a"}, 400),
    ("keyboard", {"action": "key", "text": "nokey"}, 400),
    ("keyboard", {"action": "key", "text": ""}, 400),
    ("keyboard", {"action": "type", "text": "\x1b[A"}, 400),
    ("keyboard", {"action": "type", "text": "x" * 20_001}, 413),
    ("keyboard", {"action": "type", "text": 5}, 422),
    ("keyboard", {"action": "type"}, 422),
    ("screenshot", {"max_width": 0}, 400),
    ("screenshot", {"max_height": -5}, 400),
    ("screenshot", {"max_width": "wide"}, 422),
    ("lock", {"agent": "../../etc"}, 400),
    ("lock", {"agent": ""}, 400),
    ("lock", {"agent": None}, 422),
]


def test_what_cannot_be_done_is_refused_in_one_sentence(desk: Desk, window: Window) -> None:
    desk.lock("a")
    for path, body, status in BAD:
        assert desk.ask("POST", path, status, **{"agent": "a", **body})["error"], body
    desk.ask("DELETE", "lock", 422)
    broken = desk.daemon.client.post("/api/computer/mouse", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400 and set(broken.json()) == {"error"}
    assert desk.daemon.client.put("/api/computer/lock").status_code == 405
    assert desk.daemon.client.get("/api/computer/nothing").json().keys() == {"error"}
    assert window.seen("button") == window.seen("key") == []


def test_a_window_is_clicked_dragged_and_scrolled_where_the_screenshot_shows_it(desk: Desk, window: Window) -> None:
    from PIL import Image

    desk.lock("a")
    shot = desk.ask("POST", "screenshot", agent="a", max_width=300)
    image = Image.open(io.BytesIO(base64.b64decode(shot.pop("image_base64"))))
    assert shot == {
        "width": 300, "height": 200, "format": "png", "screen_width": WIDTH, "screen_height": HEIGHT, "scale": 0.25,
    }  # fmt: skip
    assert image.size == (300, 200) and image.format == "PNG"
    assert image.getpixel((40, 20)) == (255, 0, 0) and image.getpixel((200, 150)) != (255, 0, 0)
    assert desk.mouse("a", "click", 40, 20, scale=0.25)["message"] == "mouse click at (162, 82)"
    assert desk.ask("GET", "mouse-position") == {"x": 162, "y": 82}
    clicks = until(lambda: len(found := window.seen("button")) == 2 and found, "a click")
    assert [(one["number"], one["x"], one["y"]) for one in clicks] == [(1, 162, 82)] * 2
    assert [one["down"] for one in clicks] == [True, False]
    window.forget()
    desk.mouse("a", "double_click", 110, 60, button=3)
    desk.mouse("a", "scroll", 110, 60, scroll_direction="up", scroll_amount=2)
    until(lambda: len(window.seen("button")) == 8, "two clicks and two notches")
    assert [b["number"] for b in window.seen("button")] == [3, 3, 3, 3, 4, 4, 4, 4]
    window.forget()
    desk.mouse("a", "drag", 110, 60, to_x=310, to_y=160)
    down, up = until(lambda: len(found := window.seen("button")) == 2 and found, "a drag")
    assert (down["x"], down["y"], up["x"], up["y"]) == (110, 60, 310, 160) and len(window.seen("motion")) > 5
    assert desk.ask("GET", "screen-size") == {"width": WIDTH, "height": HEIGHT}


def test_a_full_screenshot_is_the_screen_pixel_by_pixel(desk: Desk, window: Window) -> None:
    from PIL import Image

    desk.lock("a")
    shot = desk.ask("POST", "screenshot", agent="a")
    assert (shot["width"], shot["height"], shot["scale"]) == (WIDTH, HEIGHT, 1.0)
    image = Image.open(io.BytesIO(base64.b64decode(shot["image_base64"])))
    inside, outside = [(100, 50), (399, 249)], [(99, 50), (100, 49), (400, 249), (399, 250)]
    assert [image.getpixel(place) == (255, 0, 0) for place in inside + outside] == [True] * 2 + [False] * 4


TEXT = "-n --help; $HOME `x` \"q\" 'p' \\ ÄÖÜß é ł € 漢字 русский 😀👩‍🚀 ~^|#{}\n\tLast\n"


def test_any_text_typed_into_a_terminal_arrives_byte_by_byte(desk: Desk, server: XServer, home: Path) -> None:
    received = home / "received"
    terminal = subprocess.Popen(
        ["xterm", "-u8", "-e", "sh", "-c", f"stty -echo; touch {received}.ready; exec cat > {received}"],
        env={**os.environ, "DISPLAY": server.display, "LC_ALL": "C.UTF-8"}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(Path(f"{received}.ready").exists, "xterm runs")
        desk.lock("a")
        desk.mouse("a", "move", 100, 100)
        desk.type("a", TEXT)
        desk.ask("POST", "keyboard", agent="a", action="key", text="ctrl+d")
        until(lambda: terminal.poll() is not None, "xterm ends at ^D")
        assert received.read_text(encoding="utf-8") == TEXT
    finally:
        terminal.kill()
        terminal.wait()


def test_more_new_characters_than_free_keys_all_arrive_in_order(desk: Desk, window: Window) -> None:
    text = "".join(chr(0x4E00 + number) for number in range(60))
    desk.lock("a")
    desk.type("a", text)
    until(lambda: len(window.pressed()) >= 60, "60 keys")
    assert [chr(symbol - 0x01000000) for symbol in window.pressed()] == list(text)


def test_chords_press_and_release_in_order_and_caps_lock_is_put_back(desk: Desk, window: Window) -> None:
    desk.lock("a")
    desk.ask("POST", "keyboard", agent="a", action="key", text="ctrl+s")
    keys = until(lambda: len(found := window.seen("key")) == 4 and found, "ctrl and s")
    assert [(key["keysym"], key["down"]) for key in keys] == [
        (0xFFE3, True),
        (115, True),
        (115, False),
        (0xFFE3, False),
    ]
    desk.ask("POST", "keyboard", agent="a", action="key", text="Caps_Lock")
    window.forget()
    desk.type("a", "aB")
    typed = until(lambda: len(found := [k for k in window.pressed() if k < 256]) == 2 and found, "a and B")
    assert typed == [ord("a"), ord("B")]
    window.forget()
    desk.ask("POST", "keyboard", agent="a", action="key", text="Escape")
    state = until(lambda: window.seen("key"), "Escape")
    assert any(key["keysym"] == 0xFF1B and key["state"] & 2 == 0 for key in state)
    desk.ask("POST", "keyboard", agent="a", action="key", text="Caps_Lock")


def spawn(desk: Desk, name: str, command: str = "cat") -> None:
    answer = desk.daemon.client.post("/api/agents", json={"name": name, "command": command})
    assert answer.status_code == 200, answer.text


def test_the_lock_of_an_agent_is_free_when_it_dies_or_is_killed(desk: Desk) -> None:
    spawn(desk, "w", "read line")
    spawn(desk, "w-2")
    desk.lock("w")
    desk.lock("w-2", 409)
    desk.daemon.client.post("/api/agents/w/send", json={"text": "", "enter": True}).raise_for_status()
    until(lambda: desk.daemon.client.get("/api/agents/w").json()["health"] == "dead", "w ends")
    assert desk.lock("w-2") == {"status": "acquired", "held_by": "w-2"}
    assert "dead" in desk.lock("w", 409)["error"]
    assert desk.daemon.client.delete("/api/agents/w").status_code == 200
    assert desk.holder() == "w-2"
    assert desk.daemon.client.delete("/api/agents/w-2").status_code == 200
    assert desk.holder() is None
    desk.mouse("w-2", "move", 1, 1, 412)


def test_killing_an_agent_stops_what_it_is_typing(desk: Desk, window: Window) -> None:
    spawn(desk, "w")
    desk.lock("w")
    outcome: list[dict[str, Any]] = []
    typing = threading.Thread(target=lambda: outcome.append(desk.type("w", "x" * 5000, 409)))
    typing.start()
    until(lambda: len(window.pressed()) > 20, "typing began")
    assert desk.daemon.client.delete("/api/agents/w").status_code == 200
    typing.join(5)
    assert "of 5000 characters" in outcome[0]["error"]
    done = len(window.pressed())
    assert desk.lock("other")["status"] == "acquired" and done < 4000
    desk.type("other", "yy")
    until(lambda: window.pressed()[-2:] == [ord("y")] * 2, "the next holder types")
    assert set(window.pressed()[:-2]) == {ord("x")}


def test_holders_that_compete_never_mix_their_keys(desk: Desk, window: Window) -> None:
    def work(agent: str) -> None:
        for _ in range(4):
            until(lambda: self_made("POST", agent).status_code == 200, "the lock")
            desk.type(agent, agent * 12)
            self_made("DELETE", agent)

    def self_made(method: str, agent: str) -> Any:
        return desk.daemon.client.request(method, "/api/computer/lock", json={"agent": agent})

    threads = [threading.Thread(target=work, args=(agent,)) for agent in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    until(lambda: len(window.pressed()) == 144, "all keys")
    typed = "".join(chr(symbol) for symbol in window.pressed())
    assert all(len(set(typed[start : start + 12])) == 1 for start in range(0, 144, 12)), typed


def test_an_idle_holder_loses_the_lock_after_the_configured_time(home: Path, server: XServer) -> None:
    paths.config_file("omar").parent.mkdir(parents=True, exist_ok=True)
    paths.config_file("omar").write_text(f'[computer]\nlock_timeout = 0.4\ndisplay = "{server.display}"\n')
    with Daemon() as daemon:
        desk = Desk(daemon)
        desk.lock("a")
        began = time.monotonic()
        until(lambda: desk.holder() is None, "the lock is free")
        assert time.monotonic() - began >= 0.35
        assert desk.lock("b")["status"] == "acquired"
        desk.mouse("a", "move", 1, 1, 409)


def test_without_a_display_every_action_is_503_and_status_says_why(home: Path) -> None:
    with Daemon(environment={"DISPLAY": ":987"}) as daemon:
        desk = Desk(daemon)
        state = desk.ask("GET", "status")
        assert not any(state[part] for part in ("available", "xdotool", "screenshot"))
        assert state["screen_size"] is state["display"] is None
        assert ":987" in state["reason"]
        assert ":987" in desk.lock("a", 503)["error"]
        desk.ask("POST", "screenshot", 503, agent="a")
        desk.mouse("a", "move", 1, 1, 503)
        desk.type("a", "x", 503)
        desk.ask("GET", "screen-size", 503)
        desk.ask("GET", "mouse-position", 503)
        assert desk.release("a") == NOT_HELD


def test_without_display_in_the_environment_an_x_server_of_this_machine_is_found(home: Path, server: XServer) -> None:
    with Daemon(environment={"DISPLAY": ""}) as daemon:
        state = Desk(daemon).ask("GET", "status")
        assert state["available"] is True and state["display"].startswith(":")


def test_an_x_server_that_dies_is_said_and_a_new_one_is_used(home: Path) -> None:
    with XServer() as first, Daemon(environment={"DISPLAY": first.display}) as daemon:
        desk = Desk(daemon)
        desk.lock("a")
        desk.mouse("a", "move", 5, 5)
        first.process.kill()
        first.process.wait()
        desk.mouse("a", "move", 6, 6, 503)
        assert desk.ask("GET", "status")["available"] is False
        assert desk.release("a") == RELEASED
        with XServer(first.display) as second:
            assert desk.lock("a")["status"] == "acquired"
            assert desk.mouse("a", "move", 7, 8)["status"] == "ok"
            assert desk.ask("GET", "mouse-position") == {"x": 7, "y": 8}
            # A server that hangs is answered for, holds up nothing else, and not the daemon's end.
            second.process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            assert "did not answer" in desk.lock("b", 503)["error"]
            assert time.monotonic() - began < 5
            assert daemon.client.get("/api/agents").status_code == 200
            began = time.monotonic()
            assert daemon.stop() == 0 and time.monotonic() - began < 5
        assert "Traceback" not in daemon.log


def test_the_command_shows_the_same_with_and_without_a_daemon(home: Path, server: XServer) -> None:
    def omar(status: int, **extra: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "omar_daemon.main", "computer", "status", "--json"],
            capture_output=True, text=True, check=False, env={**os.environ, **extra},
        )  # fmt: skip
        assert done.returncode == status and done.stderr == ""
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    alone = omar(0, DISPLAY=server.display)
    assert alone["available"] is True and alone["held_by"] is None
    assert omar(1, DISPLAY=":987")["available"] is False
    with Daemon(environment={"DISPLAY": server.display}) as daemon:
        assert omar(0) == alone
        Desk(daemon).lock("ea")
        assert omar(0)["held_by"] == "ea"
