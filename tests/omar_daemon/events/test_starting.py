"""An agent may speak, and be spoken to, while its spawn still watches whether it lives (contract, "Agents")."""

from __future__ import annotations

import concurrent.futures
import json
import sys
import time
from pathlib import Path

from tests.omar_daemon.agent_stage import Stage, until

ASK = """
import http.client, json, os, sys, time

def ask(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ["OMAR_URL"].removeprefix("http://"), timeout=20)
    connection.request(method, path, json.dumps(body or {}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status

me = os.environ["OMAR_AGENT"]
"""
SPEAKS_OF_ITSELF = """
event = {"sender": me, "receiver": me, "payload": "hello"}
said = [
    ask("PUT", f"/api/agents/{me}/status", {"status": "here"}),
    ask("POST", "/api/events", event),
    ask("GET", f"/api/agents/{me}/summary"),
    ask("POST", f"/api/agents/{me}/send", {"text": "typed"}),
]
open("said", "w").write(json.dumps(said))
os.execvp("cat", ["cat"])
"""
HAS_A_CHILD = """
child = {"sender": "child", "receiver": me, "payload": "done", "allow_missing": True}
status = ask("POST", "/api/events", child)
time.sleep(0.2)
open("got", "w").close()
os.dup2(os.open("got", os.O_WRONLY), 1)
os.execvp("cat", ["cat"])
"""
GROWS = """
for number in range(200):
    ask("POST", "/api/agents", {"name": f"{me}-{number}", "parent": me, "command": "sleep 60"})
"""


def program(folder: Path, script: str) -> str:
    path = folder / "program.py"
    path.write_text(ASK + script)
    return f"exec {sys.executable} -S {path}"


def test_an_agent_that_speaks_of_itself_at_once_is_answered(scene: Stage) -> None:
    scene.spawn("early", command=program(scene.home, SPEAKS_OF_ITSELF), workdir=str(scene.home))
    said = scene.home / "said"
    until(said.exists)
    assert json.loads(said.read_text()) == [200, 200, 200, 200]
    assert scene.api.get("/api/agents/early/summary").json()["status"] == "here"
    until(lambda: "From early: hello" in scene.screen("early"))
    assert scene.api.get("/api/events?state=dead").json()["events"] == []


def test_what_is_told_to_an_agent_in_its_first_moments_reaches_it(scene: Stage) -> None:
    scene.spawn("parent", command=program(scene.home, HAS_A_CHILD), workdir=str(scene.home))
    until(lambda: "From child: done" in scene.got())
    assert scene.api.get("/api/events?state=dead").json()["events"] == []


def test_an_agent_whose_start_fails_is_not_found_by_those_who_waited_for_it(scene: Stage) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        spawn = pool.submit(
            scene.api.post, "/api/agents", json={"name": "short", "command": "sleep 0.2; touch gone; exit 3"}
        )
        until(lambda: "omar-agent-short" in scene.tmux("list-sessions"))
        asked = [pool.submit(scene.api.get, f"/api/agents/short{part}") for part in ("", "/summary", "/stream")]
        assert spawn.result().status_code == 500
        assert [one.result().status_code for one in asked] == [404, 404, 404]


def test_a_tree_that_still_grows_is_killed_whole(scene: Stage) -> None:
    scene.spawn("tree", command=program(scene.home, GROWS))
    until(lambda: len(scene.api.get("/api/agents").json()["agents"]) > 2)
    answer = scene.api.delete("/api/agents/tree?tree=true")
    assert answer.status_code == 200 and answer.json()["children_orphaned"] == 0
    time.sleep(0.5)
    assert scene.api.get("/api/agents").json()["agents"] == []
    assert "omar-agent-tree" not in scene.tmux("list-sessions")


def test_a_session_somebody_made_by_hand_is_not_ended_by_a_spawn_of_its_name(scene: Stage) -> None:
    scene.spawn("other")
    scene.tmux("new-session", "-d", "-s", "omar-agent-hand", "cat")
    for _ in range(2):
        assert scene.api.post("/api/agents", json={"name": "hand", "command": "cat"}).status_code == 409
    assert "omar-agent-hand" in scene.tmux("list-sessions")
    scene.tmux("kill-session", "-t", "=omar-agent-hand")
