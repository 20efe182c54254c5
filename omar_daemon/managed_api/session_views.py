"""How sessions and their threads look in answers."""

from __future__ import annotations

import json
from typing import Any

from omar_daemon.managed_api.session_bodies import resource_shown
from omar_daemon.store.managed import clock
from omar_daemon.store.managed.documents import Document


def shown(session: Document) -> dict[str, Any]:
    body = session.body
    return {
        "id": session.id,
        "type": "session",
        "status": session.columns["status"],
        "agent": body["agent"],
        "agent_id": body["agent"]["id"],
        "environment_id": session.columns["environment_id"],
        "title": body["title"],
        "metadata": body["metadata"],
        "vault_ids": body["vault_ids"],
        "resources": [resource_shown(resource) for resource in body["resources"]],
        "outcome_evaluations": [_evaluation(evaluation) for evaluation in body["outcome_evaluations"]],
        "budget": body["budget"],
        "deployment_id": None,
        "usage": usage(session),
        "stats": stats(session),
        **session.times(),
    }


def _evaluation(evaluation: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in evaluation.items() if name not in ("rubric", "max_iterations")}


def usage(session: Document) -> dict[str, Any]:
    """The tokens of all model requests so far."""
    total = json.loads(session.columns["usage"])
    return {
        "input_tokens": total.get("input_tokens", 0),
        "output_tokens": total.get("output_tokens", 0),
        "cache_read_input_tokens": total.get("cache_read_input_tokens", 0),
        "cache_creation": {
            "ephemeral_5m_input_tokens": total.get("cache_creation_input_tokens", 0),
            "ephemeral_1h_input_tokens": 0,
        },
        "active_seconds": _active(session),
    }


def stats(session: Document) -> dict[str, Any]:
    """Seconds in which a turn ran, and since the session was made (until it ended)."""
    end = session.columns["ended_at"] or clock.now()
    return {"active_seconds": _active(session), "duration_seconds": round((end - session.created_at) / 1e6, 6)}


def _active(session: Document) -> float:
    since = session.columns["running_since"]
    running = max(0, clock.now() - since) if since is not None else 0
    return round(int(session.columns["active_microseconds"] + running) / 1e6, 6)


def thread_shown(session: Document) -> dict[str, Any]:
    """The primary thread, which is there from the start."""
    agent = {name: value for name, value in session.body["agent"].items() if name != "multiagent"}
    return {
        "id": session.columns["thread_id"],
        "type": "session_thread",
        "session_id": session.id,
        "parent_thread_id": None,
        "agent": agent,
        "status": session.columns["status"],
        "stats": {**stats(session), "startup_seconds": 0},
        "usage": usage(session),
        **session.times(),
    }
