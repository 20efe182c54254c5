"""The tour itself: what is done, in which order, and what is put away afterwards."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

from omar_daemon.client import daemon_client
from omar_daemon.tour.demo_job import TASK
from omar_daemon.tour.narrator import Narrator, Step
from omar_daemon.tour.stage import Stage
from omar_daemon.tour.story import Story, told_line
from shared import local_daemon, paths
from shared.errors import OmaError, UnavailableError
from shared.http import Client, raise_for

DEMO = "demo"
DEMO_SECONDS, AGENT_SECONDS = 30.0, 300.0
ANCHOR_SECONDS = 15.0
LATE_SPAWN_SECONDS, LATE_LOG_SECONDS = 2.0, 1.5
POLL_SECONDS = 0.1
DEMO_COMMAND = shlex.join([sys.executable, "-P", "-m", "omar_daemon.tour.demo_agent"])


class Guide:
    """One tour. `backend` is `demo` or the name of an installed backend."""

    def __init__(self, stage: Stage, narrator: Narrator, backend: str) -> None:
        self.stage = stage
        self._narrator = narrator
        self._backend = backend
        self._key = ""
        self._spawned = False
        self._answered: set[str] = set()
        self.story = Story(backend=backend, agent=stage.name, task=TASK, repository=str(stage.repository))

    def take(self) -> Story:
        """The whole tour; what it made is on the stage's list of things to undo."""
        if self._backend == DEMO:
            self._narrator.say("The agent of this tour is omar's own demo agent. It is no AI; its commit and its")
            self._narrator.say("log are real, but for the log's clock: it runs fast, as sessions under 5 minutes")
            self._narrator.say("do not count.")
        self._start_daemon()
        self._count_own_sessions()
        self._make_repository()
        self._make_key()
        self._install_hook()
        self._spawn_agent()
        self._await_commit()
        self._fetch_anchor()
        self._score_session()
        self._upload_session()
        return self.story

    def _start_daemon(self) -> None:
        with self._narrator.step("The daemon runs") as step:
            self._run(step, ["omar", "up"])
            self.story.url = local_daemon.base_url()
            step.note(self.story.url)

    def _count_own_sessions(self) -> None:
        with self._narrator.step("Your own AI sessions, counted and left alone") as step:
            from shared import transcripts

            for source in transcripts.discover():
                self.story.own_sessions[source.tool] = self.story.own_sessions.get(source.tool, 0) + 1
            told = ", ".join(f"{count} of {tool}" for tool, count in sorted(self.story.own_sessions.items()))
            step.note(f"{told}: `omas scan` scores them" if told else "none yet on this machine")

    def _make_repository(self) -> None:
        with self._narrator.step("A throw-away git repository") as step:
            for words in self.stage.make_repository():
                step.command(words)
            step.note(str(self.stage.repository))

    def _make_key(self) -> None:
        """A key and a user of the tour's own: its rows on the daemon are never mixed with the user's."""
        with self._narrator.step("A key for oobo and omas, good for an hour") as step:
            # Put away in the reverse order: once the key is gone, no late worker can send its anchor again.
            self.stage.on_leaving("the anchor", self._delete_anchors)
            self.stage.on_leaving("the key", self._forget_keys)
            words = ["omar", "keys", "create", self.stage.name, "--scope", "anchors", "--scope", "metrics"]
            self._key = json.loads(self._run(step, [*words, "--expires", "1h", "--json"]))["key"]
            self.stage.on_leaving("the uploaded scores", self._delete_scores)

    def _install_hook(self) -> None:
        with self._narrator.step("oobo's hook in the repository") as step:
            folder = self.stage.repository
            step.command(["oobo", "install"])
            self.stage.runner.run(["oobo", "install", "--yes"], folder=folder)
            login = ["oobo", "auth", "login", "--server", "local", "--key-stdin"]
            step.command(login)
            self.stage.runner.run(login, folder=folder, typed=self._key)

    def _spawn_agent(self) -> None:
        with self._narrator.step("An agent in tmux, with a task") as step:
            chosen = ["--command", DEMO_COMMAND] if self._backend == DEMO else ["--backend", self._backend]
            passed = [word for pair in self.stage.homes().items() for word in ("--env", "=".join(pair))]
            words = ["omar", "spawn", self.stage.name, "--workdir", str(self.stage.repository), "--task", TASK]
            step.command([*words, *chosen])
            if self._backend != DEMO:
                self.stage.on_leaving("the agent's log", self._forget_logs)
            self.stage.on_leaving("the agent", self._kill_agent)
            self.stage.runner.run([*words, *chosen, *passed])
            self._spawned = True
            step.note(f"look over its shoulder: omar attach {self.stage.name}")

    def _await_commit(self) -> None:
        seconds = DEMO_SECONDS if self._backend == DEMO else AGENT_SECONDS
        with self._narrator.step("The agent works, and commits") as step:
            self.story.commit = self._poll(seconds, self._second_commit, self._why_no_commit)
            if "trust" in self._answered:
                step.note(f"{self._backend} asked whether it may work in the throw-away folder: yes")
            step.command(["git", "log", "-1", "--oneline"])
            step.note(self.stage.runner.run(["git", "log", "-1", "--oneline"], folder=self.stage.repository).strip())

    def _second_commit(self) -> str | None:
        newest, *earlier = self.stage.commits()
        if earlier:
            return newest
        agent = self._agent()
        if agent["health"] == "dead":
            raise OmaError("The agent ended without a commit.", hint=str(agent.get("last_output") or ""))
        if agent["health"] == "waiting":
            self._answer(agent["output_tail"])
        return None

    def _answer(self, screen: str) -> None:
        """Who let the agent into the tour lets it into the tour's folder; any other question is the user's."""
        kind = "trust" if re.search(r"\btrust\b", screen, re.IGNORECASE) else "other"
        if kind in self._answered:
            return
        self._answered.add(kind)
        if kind == "other":
            self._narrator.say(
                f"\n{self._backend} asks something; answer it in a second terminal: omar attach {self.stage.name}"
            )
            return
        with daemon_client() as client:
            body = {"text": "\r", "raw": True}
            raise_for(client.request("POST", f"/api/agents/{self.stage.name}/send", json=body), "Answering the agent")

    def _why_no_commit(self) -> str:
        agent = self._agent()
        return f"the agent is {agent['health']}, its last line: {agent.get('last_output') or 'none'}"

    def _fetch_anchor(self) -> None:
        with self._narrator.step("Its anchor, sent by the hook, fetched back") as step:
            path = f"/anchors/{self.story.commit}"
            step.command(["curl", "-H", "Authorization: Bearer oma_…", self.story.url + path])
            with self._client(self._key) as client:
                found = self._poll(
                    ANCHOR_SECONDS, lambda: _found(client, path), lambda: "the daemon has no anchor of it"
                )
            self.story.anchor = found["anchor"]
            self.story.line = told_line(self.story.anchor, self._contents())

    def _contents(self) -> dict[str, list[str]]:
        shown = {}
        for path in self.story.anchor.get("files_changed") or []:
            words = ["git", "show", f"{self.story.commit}:{path}"]
            shown[path] = self.stage.runner.run(words, folder=self.stage.repository, accept=(0, 128)).splitlines()
        return shown

    def _score_session(self) -> None:
        with self._narrator.step("Its session, read from the agent's log and scored") as step:
            self._run(step, ["omas", "scan", "--project", str(self.stage.repository)])
            session = self.story.link.get("session_id")
            if session is None:
                step.note("no session is linked to the commit")
                return
            self.story.session = json.loads(self._run(step, ["omas", "show", session, "--json"]))

    def _upload_session(self) -> None:
        with self._narrator.step("Scores uploaded to the daemon, and asked back") as step:
            self._run(step, ["omas", "auth", "login", "--server", "local", "--token-stdin"], typed=self._key)
            self._run(step, ["omas", "upload", "--server", "local", "--include-active"])
            mine = json.loads(self._run(step, ["omas", "me", "--json"]))
            self.story.uploaded = mine["total_sessions"]
            step.note(self._told_upload())

    def _told_upload(self) -> str:
        if self.story.uploaded:
            return f"{self.story.uploaded} session of user {self.stage.name} is there"
        return "too short to count: sessions under 5 minutes or 10 tool calls stay here"

    def _run(self, step: Step, words: list[str], *, typed: str | None = None) -> str:
        step.command(words)
        return self.stage.runner.run(words, typed=typed)

    def _agent(self) -> dict[str, Any]:
        with daemon_client() as client:
            answer = client.request("GET", f"/api/agents/{self.stage.name}", params={"lines": "20"})
        raise_for(answer, "Looking at the agent")
        found: dict[str, Any] = answer.json()
        return found

    def _client(self, key: str) -> Client:
        return Client(self.story.url, user_agent="omar-tour", token=key)

    def _kill_agent(self) -> None:
        """Interrupted while it was being spawned, the agent may come up a moment later."""
        deadline = time.monotonic() + (0 if self._spawned else LATE_SPAWN_SECONDS)
        while not self._delete(f"/api/agents/{self.stage.name}", params={"force": "true"}):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        # From here on nothing commits any more; the hook's worker loses its folder before its anchor is deleted.
        self.stage.remove_folder()

    def _forget_logs(self) -> None:
        """Remove what a real agent logged of the throw-away folder, known by its random name, among its user's logs.

        An agent that is ended still writes its last lines, so it is looked for a while.
        """
        mark = re.sub("[^A-Za-z0-9]", "-", self.stage.root.name)
        deadline = time.monotonic() + LATE_LOG_SECONDS
        while time.monotonic() < deadline:
            for folder in paths.claude_dirs():
                for logs in (folder / "projects").glob(f"*{mark}*"):
                    shutil.rmtree(logs, ignore_errors=True)
            time.sleep(POLL_SECONDS)

    def _delete_scores(self) -> None:
        self._delete("/api/v1/metrics/me", self._key)

    def _forget_keys(self) -> None:
        """By its name: a ^C may have come before the key was told."""
        with daemon_client() as client:
            answer = client.request("GET", "/api/keys")
        raise_for(answer, "Looking for the tour's key")
        for key in answer.json()["keys"]:
            if key["name"] == self.stage.name:
                self._delete(f"/api/keys/{key['id']}", params={"forget": "true"})

    def _delete_anchors(self) -> None:
        with daemon_client() as client:
            answer = client.request("GET", "/anchors", params={"project": self.stage.name, "limit": "100"})
        raise_for(answer, "Looking for the tour's anchors")
        for anchor in answer.json()["anchors"]:
            self._delete(f"/anchors/{anchor['commit_hash']}")

    def _delete(self, path: str, key: str | None = None, *, params: dict[str, str] | None = None) -> bool:
        """DELETE on the daemon, with the owner's key unless told; False when there was nothing."""
        with self._client(key) if key else daemon_client() as client:
            answer = client.request("DELETE", path, params=params)
        if answer.status == 404:
            return False
        raise_for(answer, f"DELETE {path}")
        return True

    def _poll(self, seconds: float, look: Callable[[], Any], why: Callable[[], str]) -> Any:
        deadline = time.monotonic() + seconds
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise UnavailableError(f"Nothing came within {seconds:.0f} s: {why()}.")
            time.sleep(POLL_SECONDS)
        return found


def _found(client: Client, path: str) -> Any:
    answer = client.request("GET", path)
    if answer.status == 404:
        return None
    raise_for(answer, "Fetching the anchor")
    return answer.json()
