"""Outcomes: after a turn a judge compares what was done with the rubric, and sends the agent back to work.

One outcome is active at a time: the newest. The judge is the agent's own model with a prompt of its own.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.conversation import conversation, file_finder, read_log
from omar_daemon.harness.journal import Entry, Journal
from omar_daemon.harness.providers.choice import choose, open_provider
from omar_daemon.harness.providers.interface import Block, End, ModelError, ModelRequest, Usage
from omar_daemon.harness.setup import Setup
from omar_daemon.store.managed import clock, events, sessions

_JUDGE = """You judge whether an agent's work meets a rubric. Answer with one JSON object and nothing else:
{"result": "satisfied" or "needs_revision" or "failed", "explanation": "what is missing, in two sentences"}"""
_RESULTS = ("satisfied", "needs_revision", "failed")
_MAX_TOKENS = 1000


class OutcomeJudge:
    """Decides after each run of the loop whether the session's active outcome needs another one."""

    def __init__(self, journal: Journal, setup: Setup) -> None:
        self._journal = journal
        self._setup = setup
        self._session_id = setup.session.id

    async def wants_more(self, ended: Any) -> bool:
        """True when the agent was given feedback and should go on."""
        if ended.stop_reason.get("type") != "end_turn":
            return False
        active = await run_in_threadpool(self._active)
        if active is None:
            return False
        iteration = active["iteration"]
        named = {"outcome_id": active["outcome_id"], "iteration": iteration}
        start, _ = await self._journal.append(
            self._session_id,
            {"type": "span.outcome_evaluation_start", **named},
            {"type": "span.outcome_evaluation_ongoing", **named},
        )
        result, explanation, usage = await self._judge(active)
        if result == "needs_revision" and iteration + 1 >= active["max_iterations"]:
            result = "max_iterations_reached"
        end = {
            "type": "span.outcome_evaluation_end",
            **named,
            "outcome_evaluation_start_id": start.id,
            "result": result,
            "explanation": explanation,
            "usage": usage.counts(),
        }
        await self._journal.commit(self._session_id, lambda connection: self._keep(connection, active, end, usage))
        return result == "needs_revision"

    def _active(self) -> dict[str, Any] | None:
        with self._journal.store.read() as connection:
            session = sessions.sessions.get(connection, self._session_id)
        found = session.body["outcome_evaluations"] if session is not None else []
        return found[-1] if found and found[-1]["result"] in ("pending", "needs_revision") else None

    async def _judge(self, active: dict[str, Any]) -> tuple[str, str, Usage]:
        request, choice = await run_in_threadpool(self._request, active)
        provider = await run_in_threadpool(open_provider, choice)
        text, usage = "", Usage()
        try:
            async for part in provider.stream(request):
                if isinstance(part, Block):
                    text += part.content.get("text", "")
                elif isinstance(part, End):
                    usage = part.usage
        except ModelError as error:
            return "failed", f"The judge could not be asked: {error.message}", usage
        finally:
            await provider.close()
        return (*_verdict(text), usage)

    def _request(self, active: dict[str, Any]) -> tuple[ModelRequest, Any]:
        with self._journal.store.read() as connection:
            choice = choose(connection, self._setup.agent["model"]["id"])
            finder = file_finder(connection)
            messages = conversation(read_log(connection, self._session_id), finder).messages
            rubric = active["rubric"]
            text = rubric.get("content", "")
            if rubric["type"] == "file":
                found = finder(rubric["file_id"])
                text = found[1].decode("utf-8", "replace") if found else ""
        work = json.dumps(messages)[-100_000:]
        ask = f"Outcome: {active['description']}\n\nRubric:\n{text}\n\nThe agent's conversation as JSON:\n{work}"
        content = [{"role": "user", "content": [{"type": "text", "text": ask}]}]
        return ModelRequest(choice.model, _JUDGE, content, max_tokens=_MAX_TOKENS), choice

    def _keep(
        self, connection: Connection, active: dict[str, Any], end: dict[str, Any], usage: Usage
    ) -> Sequence[Entry]:
        """Store the verdict; feedback is a message that the agent finds at the end of its conversation."""
        session = sessions.sessions.get(connection, self._session_id, lock=True)
        if session is None:
            raise events.NoSession(self._session_id)
        evaluations = [dict(entry) for entry in session.body["outcome_evaluations"]]
        again = end["result"] == "needs_revision"
        evaluations[-1] |= {
            "result": end["result"],
            "explanation": end["explanation"],
            "iteration": active["iteration"] + 1 if again else active["iteration"],
            "completed_at": None if again else clock.iso(clock.now()),
        }
        sessions.sessions.change(connection, session, {**session.body, "outcome_evaluations": evaluations})
        sessions.add_usage(connection, self._session_id, usage.counts())
        values = [end]
        if again:
            feedback = f"The outcome is not reached yet: {end['explanation']}"
            values.append({"type": "user.message", "content": [{"type": "text", "text": feedback}]})
        return events.append(connection, self._session_id, values)


def _verdict(text: str) -> tuple[str, str]:
    found = re.search(r"\{.*\}", text, re.S)
    if found is not None:
        with contextlib.suppress(ValueError):
            value = json.loads(found[0])
            if value.get("result") in _RESULTS:
                return value["result"], str(value.get("explanation", ""))[:4000]
    return "failed", "The judge gave no verdict."
