"""`oobo share ID`: one redacted session, uploaded or written to a file."""

from __future__ import annotations

import json as json_module
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oobo_hooks import payload, sessions, settings
from oobo_hooks.delivery import USER_AGENT
from oobo_hooks.settings import LOCAL, Server
from shared import __version__, credentials, durable, output, redact
from shared.errors import NotAuthorisedError, OmaError, UnavailableError
from shared.http import Client, raise_for
from shared.transcripts import Session
from shared.wire.anchors import SharePayload, ShareStats

SHARE = "/anchors/share"
TOTAL_SECONDS = 30.0


def run(*, session_id: str, out: Path | None, local: bool, anonymous: bool, dry_run: bool, json: bool) -> int:
    """Share a session with its secrets and places taken out; the address of the page is the only thing on stdout."""
    shared = build(sessions.find(session_id))
    if dry_run:
        output.print_json(shared)
        output.say("That would be shared; nothing was sent.")
        return 0
    if out is not None:
        return _save(shared, out, json)
    body = _upload(shared, _server(local, anonymous))
    if json:
        output.print_json(body)
        return 0
    url = body.get("url") if isinstance(body, dict) else None
    if isinstance(url, str):
        output.print_text(url)
        output.say("Whoever has this address can read the session.")
    else:
        output.say("Shared.")
    return 0


def build(session: Session) -> dict[str, Any]:
    """The body of POST /anchors/share: what was said, redacted, and some numbers."""
    places = payload.places_of([session.cwd] if session.cwd else [])
    said = [message for message in sessions.messages(session) if message.text]
    if not said:
        raise OmaError(f"Nothing was said in session {session.id[:8]}.")
    cleaned = [{"role": message.role, "text": redact.clean(message.text, places)} for message in said]
    usage = session.total_usage
    known = usage.total or usage.cache_read_tokens
    stats = ShareStats(
        input_tokens=usage.input_tokens if known else None,
        output_tokens=usage.output_tokens if known else None,
        duration_secs=sessions.duration(session),
    )
    shared = SharePayload(
        session_id=session.id,
        source=session.tool,
        model=redact.clean(session.model, places),
        stats=stats,
        shared_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        oobo_version=__version__,
    ).model_dump()
    return {**shared, "messages": cleaned}


def _server(local: bool, anonymous: bool) -> Server:
    """Where to: the server that anchors go to. Without a key only one the user has named himself, or if he says so."""
    loaded = settings.load()
    if local:
        return Server(LOCAL, credentials.read("oobo", settings.credential_name(LOCAL)), "oobo auth login", True)
    server = settings.server(loaded)
    if anonymous:
        return Server(server.url, None, "none", server.sync)
    if server.key is None and loaded.origin("server.url") == "default":
        raise NotAuthorisedError(
            f"There is no key for {server.shown}, and nothing was sent.",
            hint="Run `oobo auth login`, or share with --anonymous, --local or --out FILE.",
        )
    return server


def _upload(shared: dict[str, Any], server: Server) -> Any:
    with Client(server.base_url(), user_agent=USER_AGENT, token=server.key, total_seconds=TOTAL_SECONDS) as client:
        answer = client.request("POST", SHARE, json=shared)
    if answer.status in (404, 405, 501):
        raise UnavailableError(f"{server.url} takes no shared sessions ({answer.status}).", hint="Write --out FILE.")
    raise_for(answer, f"Sharing with {server.url}")
    try:
        return answer.json()
    except ValueError:
        return {"success": True}


def _save(shared: dict[str, Any], out: Path, json: bool) -> int:
    durable.write_named(out, _rendered(shared, out.suffix.lower()).encode("utf-8", "replace"))
    told = {
        "status": "saved",
        "session_id": shared["session_id"],
        "path": str(out),
        "messages": len(shared["messages"]),
    }
    if json:
        output.print_json(told)
    else:
        output.say(f"{output.counted(told['messages'], 'message')} of session {shared['session_id']} saved to {out}.")
    return 0


def _rendered(shared: dict[str, Any], suffix: str) -> str:
    """JSON, one message a line, or a page of Markdown, as the file's name says."""
    if suffix == ".json":
        return json_module.dumps(shared, indent=2, ensure_ascii=False) + "\n"
    if suffix == ".jsonl":
        head = {name: shared[name] for name in ("session_id", "source", "model")}
        return "".join(
            json_module.dumps({**message, **head}, ensure_ascii=False) + "\n" for message in shared["messages"]
        )
    return _markdown(shared)


def _markdown(shared: dict[str, Any]) -> str:
    stats = shared["stats"]
    facts = {"Source": shared["source"], "Model": shared["model"], "Duration": _minutes(stats["duration_secs"])}
    if stats["input_tokens"] is not None:
        facts["Tokens"] = f"{stats['input_tokens']:,} in / {stats['output_tokens']:,} out"
    head = "\n".join(f"**{name}:** {value}  " for name, value in facts.items() if value)
    said = "\n\n---\n\n".join(f"**{one['role'].capitalize()}**\n\n{one['text']}" for one in shared["messages"])
    return f"# Session {shared['session_id']}\n\n{head}\n\n---\n\n{said}\n"


def _minutes(seconds: int | None) -> str | None:
    return None if seconds is None else f"{seconds // 60}m {seconds % 60}s"
