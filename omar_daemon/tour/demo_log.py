"""A session log in the form of Claude Code 2.1: one JSON line per content block and per tool result."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omar_daemon.tour.demo_job import Call, Response
from shared import durable

MODEL = "demo-agent"
VERSION = "2.1.0"
CHARACTERS_PER_TOKEN = 4
# Sessions under five minutes are neither averaged nor uploaded, and nobody waits that long for a demo.
PRETENDED_SECONDS = 420.0


class SessionLog:
    """Appends to $config_dir/projects/<folder>/<session>.jsonl as the work goes on.

    The clock of the log is pretended: its `steps` responses are spread over the seven minutes before now, so no
    line lies in the future.
    """

    def __init__(self, config_dir: Path, folder: Path, *, steps: int) -> None:
        self.session_id = str(uuid.uuid4())
        encoded = re.sub(r"[^A-Za-z0-9]", "-", str(folder))
        self.path = config_dir / "projects" / encoded / f"{self.session_id}.jsonl"
        self._folder = folder
        self._step_seconds = PRETENDED_SECONDS / steps
        self._now = time.time() - PRETENDED_SECONDS
        self._parent: str | None = None
        self._read_tokens = 0
        self._new_tokens = 0

    def person(self, text: str) -> None:
        """The task, as typed by a person."""
        said = {"origin": {"kind": "human"}, "promptSource": "typed", "permissionMode": "bypassPermissions"}
        self._new_tokens += _tokens(text)
        self._append("user", {"role": "user", "content": text}, said)

    def model(self, response: Response) -> list[str]:
        """One response: a line for its text and one for each call. Returns the calls' identities."""
        self._now += self._step_seconds
        identities = [f"toolu_{secrets.token_hex(12)}" for _ in response.calls]
        blocks: list[dict[str, Any]] = [{"type": "text", "text": response.text}]
        for identity, call in zip(identities, response.calls, strict=True):
            blocks.append({"type": "tool_use", "id": identity, "name": call.name, "input": self._full(call)})
        message = {
            "id": f"msg_{secrets.token_hex(12)}",
            "type": "message",
            "role": "assistant",
            "model": MODEL,
            "stop_reason": "tool_use" if response.calls else "end_turn",
            "usage": self._usage(blocks),
        }
        request = {"requestId": f"req_{secrets.token_hex(12)}"}
        for block in blocks:
            self._append("assistant", {**message, "content": [block]}, request)
        return identities

    def result(self, identity: str, call: Call, output: str) -> None:
        """What the tool answered to the call `identity`."""
        self._new_tokens += _tokens(output)
        block = {"tool_use_id": identity, "type": "tool_result", "content": output}
        if call.name == "Bash":
            details: dict[str, Any] = {"stdout": output, "stderr": "", "interrupted": False}
        else:
            details = {"filePath": self._full(call)["file_path"]}
        self._append("user", {"role": "user", "content": [block]}, {"toolUseResult": details})

    def _full(self, call: Call) -> dict[str, str]:
        """The call's input with the absolute path that Claude Code writes."""
        if "file_path" not in call.input:
            return call.input
        return {**call.input, "file_path": str(self._folder / call.input["file_path"])}

    def _usage(self, blocks: list[dict[str, Any]]) -> dict[str, int]:
        """Estimated: what came in since the last response, what was there before it, what is said."""
        new, before = self._new_tokens, self._read_tokens
        said = _tokens(json.dumps(blocks))
        self._read_tokens += new + said
        self._new_tokens = 0
        return {
            "input_tokens": new,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": before,
            "output_tokens": said,
        }

    def _append(self, kind: str, message: dict[str, Any], more: dict[str, Any]) -> None:
        identity = str(uuid.uuid4())
        moment = datetime.fromtimestamp(self._now, UTC).isoformat(timespec="milliseconds")
        line = {
            "parentUuid": self._parent,
            "isSidechain": False,
            "type": kind,
            "message": message,
            "uuid": identity,
            "timestamp": moment.replace("+00:00", "Z"),
            **more,
            "userType": "external",
            "entrypoint": "cli",
            "cwd": str(self._folder),
            "sessionId": self.session_id,
            "version": VERSION,
        }
        durable.append_line(self.path, line)
        self._parent = identity


def _tokens(text: str) -> int:
    return max(1, len(text) // CHARACTERS_PER_TOKEN)
