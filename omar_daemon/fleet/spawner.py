"""Starting an agent truthfully: it is said to run only when it still runs 300 ms later."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from omar_daemon.fleet import (
    environment,
    launch,
    live_state,
    panes,
    processes,
    prompts,
    screen,
    server,
    spool,
    worktrees,
)
from omar_daemon.fleet.backends import Backend, first_program
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.connection import NoServer, SubprocessConnection, literal_path
from omar_daemon.fleet.errors import InvalidRequest, NameTaken, SpawnFailed, TmuxError, TooManyAgents
from omar_daemon.fleet.launch import SpawnRequest
from omar_daemon.fleet.options import Options
from omar_daemon.fleet.roster import Agent, Roster
from omar_daemon.fleet.watch import View, Watch
from omar_daemon.store.agents import AgentRecord, Delivery
from shared import paths

log = logging.getLogger("omar.fleet")

WATCH_SECONDS = 0.3
LOOK_SECONDS = 0.06
GLANCE_SECONDS = 0.004
LAST_LINES = 10
_FAREWELL_LENGTH = 2000


@dataclass(frozen=True)
class Plan:
    """A checked request: what is stored, and what the pane will run."""

    record: AgentRecord
    command: str
    variables: dict[str, str]
    files: Mapping[Path, str]


class Spawner:
    def __init__(
        self, options: Options, roster: Roster, watch: Watch, actor: Channel, connection: SubprocessConnection
    ) -> None:
        self._options = options
        self._roster = roster
        self._watch = watch
        self._actor = actor
        self._connection = connection
        self._set_up = asyncio.Lock()
        self._reserved: set[str] = set()

    async def spawn(self, request: SpawnRequest) -> Agent:
        """A running agent. Raises InvalidRequest, NameTaken, TooManyAgents, SpawnFailed or TmuxError; then
        nothing of it is left."""
        with self._named(request) as name:
            plan = await asyncio.to_thread(self._plan, request, name)
            self._check_room()
            await self._clear_manager(name)
            agent = await self._roster.add(plan.record)
        try:
            if request.worktree:
                plan = await self._give_worktree(agent, plan)
            await self._start(agent, plan)
            await self._roster.change(agent, stage="running")
        except BaseException:
            await self._undo(agent, agent.session_id)
            raise
        finally:
            agent.decided.set()
        return agent

    async def _clear_manager(self, name: str) -> None:
        """A manager that has ended makes room: nobody may kill it, so nobody else could."""
        ended = self._roster.find(name)
        if name == panes.MANAGER and ended is not None and ended.record.stage == "ended" and not ended.ending:
            view = self._watch.view(name)
            await self._undo(ended, view.pane.session_id if view is not None else None)

    async def _give_worktree(self, agent: Agent, plan: Plan) -> Plan:
        made = await asyncio.to_thread(worktrees.create, plan.record.workdir, agent.name, self._options.umask)
        await self._roster.change(agent, workdir=made.workdir, repository=made.repository, branch=made.branch)
        return replace(plan, record=agent.record)

    @contextlib.contextmanager
    def _named(self, request: SpawnRequest) -> Iterator[str]:
        """The agent's name: the one asked for, or the smallest free number, kept free for this request."""
        if request.name is not None:
            yield launch.checked_name(request.name)
            return
        number = self._roster.free_number(self._reserved)
        self._reserved.add(number)
        try:
            yield number
        finally:
            self._reserved.discard(number)

    def _plan(self, request: SpawnRequest, name: str) -> Plan:
        if request.backend is not None and request.command is not None:
            raise InvalidRequest("Cannot specify both 'backend' and 'command'. Use one or the other.")
        parent = launch.checked_name(request.parent, "parent") if request.parent else None
        if parent is not None and parent == name:
            raise InvalidRequest("An agent cannot be its own parent.")
        variables = environment.agent_environment(launch.checked_environment(request.env))
        command, backend = self._command(request, variables)
        if request.task is not None:
            launch.checked_text(request.task, "task")
        record = AgentRecord(
            name=name,
            stage="starting",
            created_at=time.time(),
            workdir=launch.checked_workdir(request.workdir, self._options.default_workdir),
            command=command,
            backend=backend.name if backend else None,
            model=request.model,
            parent=parent,
            role=request.role,
            task=request.task,
            state_dir=live_state.directory(variables) if backend and backend.name == "claude" else None,
        )
        return self._introduced(record, variables, backend, request.briefing)

    def _command(self, request: SpawnRequest, variables: dict[str, str]) -> tuple[str, Backend | None]:
        """The command line with its model, and the backend it starts."""
        registry = self._options.registry
        model = f" --model {launch.checked_model(request.model)}" if request.model is not None else ""
        if request.command is not None:
            if not request.command.strip():
                raise InvalidRequest("command must not be empty.")
            launch.checked_text(request.command, "command")
            return request.command + model, registry.of_command(request.command)
        wanted = request.backend if request.backend is not None else self._options.default_backend
        if request.backend is None and not wanted:
            backend = self._first_installed(variables)
            return backend.command + model, backend
        found = registry.get(wanted)
        if found is None:
            raise InvalidRequest(f"Unknown backend '{wanted}'. Supported: {', '.join(registry.names())}")
        self._check_installed(found, variables)
        return found.command + model, found

    def _first_installed(self, variables: dict[str, str]) -> Backend:
        """The first backend in the registry's order whose program is there."""
        for backend in self._options.registry.all():
            program = first_program(backend.command)
            if program is not None and shutil.which(program, path=variables.get("PATH")):
                return backend
        raise InvalidRequest(
            f"None of the backends is installed: {', '.join(self._options.registry.names())}."
            " Install one, or give a command (`--command bash` starts any program)."
        )

    def _check_installed(self, backend: Backend, variables: dict[str, str]) -> None:
        program = first_program(backend.command)
        if program is None or shutil.which(program, path=variables.get("PATH")):
            return
        raise InvalidRequest(
            f"Backend '{backend.name}' is not installed: there is no program '{program}' on the PATH."
            " Install it, choose another backend (`omar backends`), or give a command."
        )

    def _introduced(
        self, record: AgentRecord, variables: dict[str, str], backend: Backend | None, briefing: str
    ) -> Plan:
        """The plan with what the agent is told: OMAR_ variables, the prompt and the first message."""
        name, url = record.name, self._options.url
        manages = name == panes.MANAGER
        parent = record.parent or (prompts.PERSON if manages else panes.MANAGER)
        variables = {**variables, "OMAR_AGENT": name, "OMAR_URL": url}
        if record.parent or not manages:
            variables["OMAR_PARENT"] = parent
        if record.task is None and record.role not in prompts.PROMPTED_ROLES and not manages:
            return Plan(record, record.command, variables, {})
        template = prompts.template("manager.md" if manages else "agent.md")
        task = prompts.NO_TASK if record.task is None else record.task
        state = briefing if manages else None
        prompt = prompts.fill(template, name=name, parent=parent, task=task, url=url, state=state)
        message = "" if record.task is None else prompts.first_message(name=name, parent=parent, task=task)
        told = prompts.introduce(name, record.command, backend, prompt, message, variables)
        delivery: Delivery = "pending" if told.first_message else "none"
        record = replace(record, first_message=told.first_message or None, delivery=delivery)
        return Plan(record, record.command + told.arguments, variables, told.files)

    def _check_room(self) -> None:
        living = sum(1 for agent in self._roster.all() if agent.record.stage != "ended")
        if living >= self._options.max_agents:
            raise TooManyAgents(f"There are {living} agents already; api.max_agents allows {self._options.max_agents}.")

    async def _start(self, agent: Agent, plan: Plan) -> None:
        start = await asyncio.to_thread(self._write_files, plan)
        try:
            await self._watch_start(agent, await self._new_session(agent, start))
        finally:
            spool.remove(start)

    def _write_files(self, plan: Plan) -> Path:
        prompts.write_files(plan.record.name, plan.files)
        command = launch.as_one_process(plan.command) if plan.record.backend else plan.command
        return launch.start_file(command, plan.record.workdir, plan.variables, self._options.umask)

    async def _new_session(self, agent: Agent, start: Path) -> int:
        """Make the session; the pid of its program."""
        command = (
            "new-session", "-d", "-P", "-F", "#{session_id} #{pane_pid}", "-s", panes.PREFIX + agent.name,
            "-x", str(server.WIDTH), "-y", str(server.HEIGHT), "-c", literal_path(agent.record.workdir),
            f"exec /bin/sh {shlex.quote(str(start))}",
        )  # fmt: skip
        try:
            printed = await self._actor.run(*command)
        except NoServer:
            await self.ensure_server()
            printed = await self._actor.run(*command)
        except TmuxError as error:
            if "duplicate session" in error.message:
                raise NameTaken(f"Agent '{agent.name}' already exists.") from error
            raise
        agent.session_id, pid = printed[0].split()
        return int(pid)

    async def ensure_server(self) -> None:
        """The private tmux server, set up; TmuxMissing or TmuxError when it cannot be."""
        async with self._set_up:
            await asyncio.to_thread(server.ensure, self._connection)

    async def _watch_start(self, agent: Agent, pid: int) -> None:
        """Return when the agent has lived for 300 ms, or sleeps at its terminal; SpawnFailed when it ended."""
        deadline = time.monotonic() + WATCH_SECONDS
        sleeps = False
        while not sleeps and time.monotonic() < deadline:
            # A glance at the process costs nothing; tmux is asked only now and then, and at the end.
            look = min(deadline, time.monotonic() + LOOK_SECONDS)
            while not (sleeps := processes.waits_at_terminal(pid)) and time.monotonic() < look:
                await asyncio.sleep(GLANCE_SECONDS)
            await self._watch.refresh(0.0)
            self._check_alive(agent)

    def _check_alive(self, agent: Agent) -> None:
        view = self._watch.view(agent.name)
        if view is None:
            raise SpawnFailed(f"Agent '{agent.name}' could not be started: its session ended at once.")
        if view.pane.dead:
            raise SpawnFailed(_farewell(agent.name, view))

    async def _undo(self, agent: Agent, session_id: str | None) -> None:
        """Leave nothing of an agent; a session of its name that is not `session_id` is somebody else's."""
        agent.ending = True
        try:
            if session_id is not None:
                await self._actor.batch([("kill-session", "-t", session_id)])
                self._watch.forget(agent.name)
        except TmuxError as error:
            # What is left of it is adopted at the next start; its name must not stay taken until then.
            log.warning("what was left of agent %s: %s", agent.name, error.message)
        await self._roster.remove(agent)
        await asyncio.to_thread(remove_files, agent.name)
        if agent.record.repository is not None:
            await asyncio.to_thread(worktrees.remove, agent.record, self._options.umask)


def remove_files(name: str) -> None:
    """What omar wrote for one agent: its prompt and its status file."""
    prompts.remove_files(name)
    spool.remove(paths.status_dir() / f"{panes.PREFIX}{name}.md")


def exit_words(status: int | None, signal: int | None) -> str:
    """How a program ended, for people."""
    if signal:
        return f"was killed by signal {signal}"
    return f"ended with exit code {status}" if status is not None else "ended"


def _farewell(name: str, view: View) -> str:
    lines = screen.trim_blank_end(view.reading.lines)[-LAST_LINES:]
    said = "\n".join(screen.printable(line) for line in lines).strip()[-_FAREWELL_LENGTH:]
    how = exit_words(view.pane.exit_status, view.pane.exit_signal)
    return f"Agent '{name}' {how} right after its start" + (f": {said}" if said else " and printed nothing.")
