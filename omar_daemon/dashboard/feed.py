"""What the dashboard asks the daemon, and how it finds it again after a restart. Blocking: called in threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from omar_daemon.client import daemon_client, owner_client
from omar_daemon.dashboard import tree
from omar_daemon.dashboard.tree import Agent
from shared.errors import OmaError, UnavailableError
from shared.http import Client
from shared.output import printable

ANSWER_SECONDS = 5.0
ACTION_SECONDS = 60.0
TASKS_A_ROUND = 20
ROUTE_UNKNOWN = 404


@dataclass
class Snapshot:
    """One look at the daemon. `problem` says why there is none; `events` and `projects` are None when not served."""

    problem: str | None = None
    url: str = ""
    agents: list[Agent] = field(default_factory=list)
    events: list[dict[str, Any]] | None = None
    projects: list[dict[str, Any]] | None = None
    chosen: dict[str, Any] | None = None


class Feed:
    """Keeps one connection; after any failure the daemon is looked for anew, it may have another port."""

    def __init__(self) -> None:
        # One look at a time: a connection is never closed while another thread reads from it.
        self._turn = threading.Lock()
        self._closed = False
        self._client: Client | None = None
        self._tasks: dict[tuple[str, str], str] = {}

    def look(self, chosen: str | None, lines: int) -> Snapshot:
        """Everything the dashboard shows, with the last `lines` lines of the agent `chosen`; never raises."""
        with self._turn:
            found = self._look(chosen, lines)
        if self._closed:
            self.close()
        return found

    def _look(self, chosen: str | None, lines: int) -> Snapshot:
        try:
            client = self._open()
            answer = self._get(client, "/api/agents")
            self._learn_tasks(client, answer)
            return Snapshot(
                url=client.base_url,
                agents=tree.agents_of(answer, self._tasks),
                events=self._list(client, "events"),
                projects=self._list(client, "projects"),
                chosen=self._chosen(client, chosen, lines) if chosen else None,
            )
        except OmaError as error:
            if isinstance(error, UnavailableError):
                self._forget()
            return Snapshot(problem=printable(error.message))

    def act(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """One request that changes something; OmaError with the daemon's sentence."""
        with daemon_client(seconds=ACTION_SECONDS) as client:
            answer = client.request(method, path, **request)
        if answer.status >= 400:
            raise OmaError(printable(answer.message()))
        found: dict[str, Any] = answer.json()
        return found

    def start(self) -> None:
        """Start the daemon when none runs."""
        with self._turn:
            self._forget()
        owner_client().close()

    def close(self) -> None:
        """Never waits: a look that goes on closes the connection when it is done."""
        self._closed = True
        if self._turn.acquire(blocking=False):
            try:
                self._forget()
            finally:
                self._turn.release()

    def _open(self) -> Client:
        if self._client is None:
            self._client = daemon_client(seconds=ANSWER_SECONDS)
        return self._client

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    @staticmethod
    def _get(client: Client, path: str) -> dict[str, Any]:
        answer = client.request("GET", path)
        if answer.status >= 400:
            raise OmaError(answer.message())
        found: dict[str, Any] = answer.json()
        return found

    @staticmethod
    def _list(client: Client, name: str) -> list[dict[str, Any]] | None:
        answer = client.request("GET", f"/api/{name}")
        if answer.status == ROUTE_UNKNOWN:
            return None
        if answer.status >= 400:
            raise OmaError(answer.message())
        found: list[dict[str, Any]] = answer.json()[name]
        return found

    def _chosen(self, client: Client, name: str, lines: int) -> dict[str, Any] | None:
        """The detail with the agent's own report; None when it is gone meanwhile."""
        answer = client.request("GET", f"/api/agents/{name}", params={"lines": str(lines)})
        if answer.status >= 400:
            return None
        summary = client.request("GET", f"/api/agents/{name}/summary")
        report = summary.json().get("status") if summary.status == 200 else None
        return {**answer.json(), "report": report}

    def _learn_tasks(self, client: Client, answer: dict[str, Any]) -> None:
        """The list has no tasks; each agent's is asked for once, some per round so that no round is long."""
        living = {(line["id"], line["created_at"]) for line in answer["agents"]}
        self._tasks = {key: task for key, task in self._tasks.items() if key in living}
        for key in sorted(living - self._tasks.keys())[:TASKS_A_ROUND]:
            found = client.request("GET", f"/api/agents/{key[0]}/summary")
            if found.status == 200:
                self._tasks[key] = found.json().get("task") or ""
