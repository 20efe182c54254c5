"""API responses, their tool calls and results, and sub-agents, as Claude Code 2.1.x writes them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.corpus_log import Json, Log, dumps
from tests.bench.corpus_text import MODELS, WORDS, Filler, pick_tool
from tests.bench.corpus_truth import Truth

Wanted = list[tuple[str, Json | None]]


def tool_input(rng: random.Random, filler: Filler, name: str, cwd: str, size: int) -> Json:
    path = f"{cwd}/src/{rng.choice(WORDS)}_{rng.choice(WORDS)}.py"
    if name == "Bash":
        return {"command": f"pytest -q tests/test_{rng.choice(WORDS)}.py", "description": "Run tests"}
    if name == "Read":
        return {"file_path": path}
    if name == "Write":
        return {"file_path": path, "content": filler.take(rng, size)}
    if name == "Edit":
        return {
            "file_path": path,
            "old_string": filler.take(rng, size // 4),
            "new_string": filler.take(rng, size // 3),
        }
    if name == "MultiEdit":
        edits = [{"old_string": filler.take(rng, 60), "new_string": filler.take(rng, size // 6)} for _ in range(3)]
        return {"file_path": path, "edits": edits}
    return {"pattern": rng.choice(WORDS), "path": cwd}


class Turns:
    """Writes responses and results into a log and keeps the true counts."""

    def __init__(self, log: Log, rng: random.Random, filler: Filler, model: str, truth: Truth) -> None:
        self.log, self.rng, self.filler, self.model, self.truth = log, rng, filler, model, truth
        self.context = rng.randint(9000, 20000)

    def response(self, when: datetime, blocks: list[Json]) -> datetime:
        """One message: a line per block, the same id, a usage that grows; returns the time after it."""
        rng, truth = self.rng, self.truth
        message_id = f"msg_01{rng.getrandbits(88):022x}"
        request_id = f"req_01{rng.getrandbits(88):022x}"
        tokens_in, tokens_out = rng.randint(2, 40), rng.randint(60, 900)
        cache_new = rng.randint(200, 4000)
        self.context += cache_new
        # Now and then a line stands twice.
        repeat = 1 if rng.random() < 0.97 else 2
        truth.add_event(when, "response")
        for index, block in enumerate(blocks):
            is_last = index == len(blocks) - 1
            seen = tokens_out if is_last else max(1, tokens_out * (index + 1) // (len(blocks) + 1))
            body = self._body(message_id, block, is_last, tokens_in, cache_new, seen)
            if block["type"] == "tool_use":
                truth.add_event(when, "tool")
            for _ in range(repeat if is_last else 1):
                more: dict[str, Any] = {"message": body}
                if rng.random() < 0.9:
                    more["requestId"] = request_id
                self.log.entry("assistant", when, **more)
                truth.assistant_lines += 1
            when += timedelta(milliseconds=rng.randint(20, 900))
        truth.assistant_messages += 1
        truth.input_tokens += tokens_in
        truth.output_tokens += tokens_out
        truth.cache_read_tokens += self.context
        truth.cache_creation_tokens += cache_new
        return when

    def _body(
        self, message_id: str, block: Json, is_last: bool, tokens_in: int, cache_new: int, tokens_out: int
    ) -> Json:
        reason = "tool_use" if block["type"] == "tool_use" else "end_turn"
        return {
            "model": self.model,
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "content": [block],
            "stop_reason": reason if is_last else None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": tokens_in,
                "cache_creation_input_tokens": cache_new,
                "cache_read_input_tokens": self.context,
                "cache_creation": {"ephemeral_5m_input_tokens": cache_new, "ephemeral_1h_input_tokens": 0},
                "output_tokens": tokens_out,
                "service_tier": "standard",
            },
        }

    def thinking(self) -> Json:
        text = self.filler.take(self.rng, self.rng.randint(80, 900))
        return {"type": "thinking", "thinking": text, "signature": f"{self.rng.getrandbits(1600):0400x}"}

    def text(self) -> Json:
        return {"type": "text", "text": self.filler.take(self.rng, self.rng.randint(40, 700))}

    def result(
        self, when: datetime, call_id: str, size: float, *, agent_id: str | None = None, error: bool = False
    ) -> None:
        text = self.filler.take(self.rng, int(size))
        details: Json = {"stdout": text[: int(size) // 2], "stderr": "", "interrupted": False}
        if agent_id:
            details = {
                "status": "completed",
                "agentId": agent_id,
                "totalToolUseCount": 5,
                "content": [{"type": "text", "text": text[:400]}],
            }
        block: Json = {"tool_use_id": call_id, "type": "tool_result", "content": text}
        if error:
            block["is_error"] = True
        self.log.entry("user", when, message={"role": "user", "content": [block]}, toolUseResult=details)

    def calls(self, when: datetime, wanted: Wanted) -> tuple[datetime, list[str]]:
        """One response with these tool calls; returns the time after it and the calls' ids."""
        rng = self.rng
        blocks: list[Json] = []
        if rng.random() < 0.35:
            blocks.append(self.thinking())
        if rng.random() < 0.55:
            blocks.append(self.text())
        ids: list[str] = []
        for name, given in wanted:
            ids.append(f"toolu_01{rng.getrandbits(88):022x}")
            if given is None:
                given = tool_input(rng, self.filler, name, self.log.cwd, rng.randint(200, 3000))
            blocks.append({"type": "tool_use", "id": ids[-1], "name": name, "input": given})
            self.truth.add_tool(name)
        self.truth.peak_parallel_tools = max(self.truth.peak_parallel_tools, len(wanted))
        return self.response(when, blocks), ids


class Agents:
    """Writes the logs of a session's sub-agents."""

    def __init__(
        self, folder: Path, rng: random.Random, filler: Filler, log: Log, truth: Truth, result_size: int
    ) -> None:
        self._folder, self._rng, self._filler, self._main, self._truth = folder, rng, filler, log, truth
        self._size = result_size

    def run(self, agent_id: str, start: datetime, prompt: str, *, nested: bool) -> datetime:
        """One agent from its prompt to its last answer; returns when it ended."""
        rng = self._rng
        self._folder.mkdir(parents=True, exist_ok=True)
        kind = rng.choice(["general-purpose", "Explore", "Plan"])
        path = self._folder / f"agent-{agent_id}.jsonl"
        log = Log(path, rng, self._main.session, self._main.cwd, self._main.version, 0.002, agent=agent_id)
        inner = Truth()
        turns = Turns(log, rng, self._filler, rng.choice(MODELS), inner)
        when = start
        log.entry("user", when, promptId=log.new_id(), message={"role": "user", "content": prompt})
        for step in range(rng.randint(3, 12)):
            when = self._step(turns, when, prompt, spawns=nested and step == 1)
        when = turns.response(when + timedelta(seconds=4), [turns.text()])
        log.close()
        meta = {"agentType": kind, "description": prompt[:40]}
        path.with_suffix(".meta.json").write_text(dumps(meta), encoding="utf-8")
        self._truth.add_agent(log, inner)
        return when

    def _step(self, turns: Turns, when: datetime, prompt: str, *, spawns: bool) -> datetime:
        rng, log = self._rng, turns.log
        when += timedelta(seconds=rng.randint(3, 25))
        wanted: Wanted = [(pick_tool(rng), None)]
        child: str | None = None
        if spawns:
            child = f"{rng.getrandbits(68):017x}"
            asked = {"description": "deeper look", "prompt": "Check " + prompt[:60], "subagent_type": "Explore"}
            wanted = [("Agent", asked)]
        when, ids = turns.calls(when, wanted)
        if child:
            self._truth.agents.append(child)
            end = self.run(child, when, "Check " + prompt[:60], nested=False)
            data = {"type": "agent_progress", "agentId": child, "prompt": "Check"}
            log.entry("progress", when + timedelta(seconds=1), data=data, toolUseID=ids[0], parentToolUseID=ids[0])
            when = max(when, end)
        for call_id in ids:
            when += timedelta(seconds=rng.randint(1, 8))
            turns.result(when, call_id, self._size, agent_id=child)
        return when
