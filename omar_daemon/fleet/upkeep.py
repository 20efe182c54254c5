"""Keeping records and tmux in step: adopting sessions, noticing deaths, forgetting what is a day dead."""

from __future__ import annotations

import asyncio
import logging
import time

from omar_daemon.fleet import screen, worktrees
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.ending import Later
from omar_daemon.fleet.launch import checked_name
from omar_daemon.fleet.roster import Agent, Roster
from omar_daemon.fleet.spawner import exit_words, remove_files
from omar_daemon.fleet.watch import View, Watch
from omar_daemon.store.agents import AgentRecord
from shared.errors import OmaError

log = logging.getLogger("omar.fleet")

ROUND_SECONDS = 1.0
KEPT_SECONDS = 24 * 3600.0
SESSION_GONE = "its tmux session is gone"
LAST_SCREEN_LINES = 200


class Upkeep:
    """`later` runs a chore that must not hold up the next look."""

    def __init__(self, roster: Roster, watch: Watch, reader: Channel, actor: Channel, later: Later, umask: int) -> None:
        self._roster = roster
        self._watch = watch
        self._reader = reader
        self._actor = actor
        self._later = later
        self._umask = umask

    async def run(self) -> None:
        """One look per second, for ever: deaths are seen with nobody asking."""
        said: str | None = None
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self._watch.refresh(ROUND_SECONDS / 2)
                await self.notice()
                await self._forget_old()
                said = None
            except OmaError as error:
                # The same trouble every second is one line in the log.
                if error.message != said:
                    log.warning("%s", error.message)
                said = error.message
            except Exception:
                log.exception("upkeep failed")

    async def adopt(self) -> None:
        """At the daemon's start: sessions without a record become agents, unfinished spawns are settled."""
        for view in list(self._watch.views.values()):
            if self._roster.find(view.pane.name) is None:
                await self._adopt_session(view)
        for agent in self._roster.all():
            if agent.record.stage != "starting":
                continue
            if self._watch.view(agent.name) is not None:
                await self._roster.change(agent, stage="running")
            else:
                # Its client never got an answer: there is nothing to keep.
                await self._roster.remove(agent)
        await self.notice()

    async def _adopt_session(self, view: View) -> None:
        try:
            name = checked_name(view.pane.session)
        except OmaError:
            log.warning("a session with an unusable name is left alone")
            return
        command, workdir = await self._origin(view)
        record = AgentRecord(
            name=name, stage="running", created_at=float(view.pane.created), workdir=workdir, command=command
        )
        await self._roster.add(record)

    async def _origin(self, view: View) -> tuple[str, str]:
        shown = ("display-message", "-p", "-t", view.pane.pane_id, "#{pane_start_command}\t#{pane_start_path}")
        reply = (await self._reader.batch([shown]))[0]
        command, _, workdir = (reply.lines[0] if reply.lines else "").partition("\t")
        return command, workdir

    async def notice(self) -> None:
        """Write down which agents have ended since the last look."""
        for agent in self._roster.all():
            view = self._watch.view(agent.name)
            if agent.ending or agent.record.stage == "starting":
                continue
            if agent.record.stage == "ended":
                await self._revive(agent, view)
            elif view is None:
                await self._record_end(agent, exit_status=None, exit_signal=None, end_reason=SESSION_GONE)
            elif view.pane.dead:
                await self._record_death(agent, view)

    async def _revive(self, agent: Agent, view: View | None) -> None:
        """A server that could not be reached for a moment had not lost its sessions."""
        if view is not None and not view.pane.dead and agent.record.end_reason == SESSION_GONE:
            await self._roster.change(agent, stage="running", ended_at=None, end_reason=None)

    async def _record_death(self, agent: Agent, view: View) -> None:
        capture = ("capture-pane", "-p", "-J", "-S", f"-{LAST_SCREEN_LINES}", "-t", view.pane.pane_id)
        reply = (await self._reader.batch([capture]))[0]
        lines = screen.trim_blank_end(reply.lines or view.reading.lines)[-LAST_SCREEN_LINES:]
        status, signal = view.pane.exit_status, view.pane.exit_signal
        await self._record_end(
            agent,
            exit_status=status,
            exit_signal=signal,
            end_reason=exit_words(status, signal),
            last_screen="\n".join(screen.printable(line.rstrip()) for line in lines),
        )

    async def _record_end(self, agent: Agent, **values: object) -> None:
        if agent.record.stage == "running":
            await self._roster.change(agent, stage="ended", ended_at=time.time(), **values)
            log.info("agent %s: %s", agent.name, agent.record.end_reason)

    async def _forget_old(self) -> None:
        oldest = time.time() - KEPT_SECONDS
        for agent in self._roster.all():
            if agent.record.stage == "ended" and (agent.record.ended_at or 0.0) < oldest:
                view = self._watch.view(agent.name)
                if view is not None:
                    await self._actor.batch([("kill-session", "-t", view.pane.session_id)])
                    self._watch.forget(agent.name)
                await self._roster.remove(agent)
                await asyncio.to_thread(remove_files, agent.name)
                if agent.record.repository is not None:
                    self._later(self._remove_worktree(agent))

    async def _remove_worktree(self, agent: Agent) -> None:
        """The last that knew of it is forgotten: one that is kept is at least named in the log."""
        try:
            left = await asyncio.to_thread(worktrees.remove, agent.record, self._umask)
        except Exception:
            log.exception("the worktree of agent %s in %s is kept", agent.name, agent.record.workdir)
            return
        if not left["removed"]:
            log.warning(
                "agent %s is forgotten; its worktree %s and branch %s are kept: %s",
                agent.name,
                left["path"],
                left["branch"],
                left["reason"],
            )
