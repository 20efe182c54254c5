"""Write a synthetic tree of Claude Code session logs, the same for the same seed.

    <root>/projects/<encoded cwd>/<session>.jsonl
    <root>/projects/<encoded cwd>/<session>/subagents/agent-<id>.jsonl, agent-<id>.meta.json
    <root>/manifest.json     what was written, per session: the truth a reader is held against

Sessions come in the profiles z, b, l, f, p, c, base, tiny (too small to qualify) and chat (no tool call). One API
response is one line per content block, each with the same message id and a usage that grows, as Claude Code does; a
small share of the lines is cut short or empty. `--hostile N` gives each of N sessions one nasty line.

    python -m tests.bench.claude_corpus --root corpus --sessions 200 --mb 100 --seed 1
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.corpus_log import NASTY, Json, Log, nasty_line, stamp
from tests.bench.corpus_text import ASKS, MODELS, PROFILES, PROJECTS, VERSIONS, WORDS, Filler, encode_path, pick_tool
from tests.bench.corpus_truth import Truth
from tests.bench.corpus_turns import Agents, Turns, Wanted

EPOCH = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Recipe:
    """What a corpus is made from. `broken` is the share of lines followed by a torn or empty one."""

    root: Path
    sessions: int = 200
    mb: float = 100.0
    seed: str = "1"
    projects: int = len(PROJECTS)
    per_day: int = 8
    broken: float = 0.003
    hostile: int = 0


@dataclass
class Cluster:
    """Sessions of profile p run at the same time in groups of four."""

    start: datetime = EPOCH
    members: int = field(default=4)


def write_corpus(recipe: Recipe) -> list[dict[str, Any]]:
    """Write the tree and its manifest; returns the manifest's sessions."""
    (recipe.root / "projects").mkdir(parents=True)
    filler = Filler(recipe.seed)
    rng = random.Random(f"sizes:{recipe.seed}")
    weights = [rng.lognormvariate(0, 0.8) for _ in range(recipe.sessions)]
    budget, written, rest = recipe.mb * 1e6, 0, 0.0
    cluster, manifest = Cluster(), []
    for index, weight in enumerate(weights):
        # What earlier sessions left over or took too much is shared by those to come.
        rest = sum(weights[index:]) if index % 50 == 0 else rest - weights[index - 1]
        target = max(4000.0, (budget - written) * weight / max(rest, 1e-9))
        found = _SessionWriter(recipe, index, filler, cluster).write(min(target, budget / 20 + 8e6))
        written += found["bytes"] + found["subagent_bytes"]
        manifest.append(found)
    body = json.dumps({"seed": recipe.seed, "sessions": manifest}, indent=1, ensure_ascii=False)
    (recipe.root / "manifest.json").write_text(body + "\n", encoding="utf-8")
    return manifest


class _SessionWriter:
    """Writes one session; the order of the random draws fixes the bytes."""

    def __init__(self, recipe: Recipe, index: int, filler: Filler, cluster: Cluster) -> None:
        self._recipe, self._index, self._filler, self._cluster = recipe, index, filler, cluster
        self._rng = rng = random.Random(f"{recipe.seed}:{index}")
        self._name = rng.choices(list(PROFILES), [profile.weight for profile in PROFILES.values()])[0]
        self._profile = PROFILES[self._name]
        self._cwd = PROJECTS[index % len(PROJECTS)]
        if recipe.projects > len(PROJECTS):
            self._cwd += f"/pkg-{index % recipe.projects}"
        self._session = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        self._version = rng.choice(VERSIONS)
        self._folder = recipe.root / "projects" / encode_path(self._cwd)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / f"{self._session}.jsonl"
        self._log = Log(self._path, rng, self._session, self._cwd, self._version, recipe.broken)
        self._truth = Truth()
        self._unspawned = 0

    def write(self, target: float) -> dict[str, Any]:
        """Write about `target` bytes; returns the session's entry in the manifest."""
        rng, profile = self._rng, self._profile
        tools = 0
        if profile.tools[1]:
            tools = int(min(profile.tools[1], max(profile.tools[0], rng.gauss(target / 5200.0, 8))))
        humans = rng.randint(*profile.humans)
        self._unspawned = rng.randint(*profile.agents)
        # What is left of the size goes into the results.
        self._size = int(min(max(200, (target - tools * 2600 - 3000) / max(1, tools) * 0.62), 60000))
        self._turns = Turns(self._log, rng, self._filler, rng.choice(MODELS), self._truth)
        side = self._folder / self._session / "subagents"
        self._agents = Agents(side, rng, self._filler, self._log, self._truth, max(200, self._size // 3))
        begin = when = self._start_time()
        self._write_head(when)
        for turn, part in enumerate(self._parts(tools, humans)):
            when = self._turn(when, part, is_last=turn == humans - 1)
        return self._finish(begin, when)

    def _start_time(self) -> datetime:
        day = self._index // max(1, self._recipe.per_day)
        when = EPOCH + timedelta(days=day, seconds=self._rng.randint(0, 36000))
        if self._name == "p":
            cluster = self._cluster
            if cluster.members < 4:
                when = cluster.start + timedelta(seconds=self._rng.randint(0, 240))
                cluster.members += 1
            else:
                cluster.members = 1
            cluster.start = when
        return when

    def _write_head(self, when: datetime) -> None:
        log, rng = self._log, self._rng
        if rng.random() < 0.3:
            log.line({"type": "summary", "summary": f"Work on {rng.choice(WORDS)}", "leafUuid": log.new_id()})
        snapshot = {"trackedFileBackups": {}, "timestamp": stamp(when)}
        message_id = log.new_id()
        log.line(
            {
                "type": "file-history-snapshot",
                "messageId": message_id,
                "isSnapshotUpdate": False,
                "snapshot": snapshot,
            }
        )
        log.line({"type": "permission-mode", "permissionMode": "acceptEdits", "sessionId": log.session})

    def _parts(self, tools: int, humans: int) -> list[int]:
        """How many tool calls follow each human message; in profile l one of them gets most."""
        share = [1.0] * humans
        if self._name == "l":
            share[self._rng.randrange(humans)] = 6.0
        left, parts = tools, []
        for turn in range(humans):
            part = left if turn == humans - 1 else min(int(tools * share[turn] / sum(share)), left)
            parts.append(part)
            left -= part
        return parts

    def _turn(self, when: datetime, part: int, *, is_last: bool) -> datetime:
        """A human message, sub-agents perhaps, `part` tool calls, a closing answer."""
        rng, log = self._rng, self._log
        self._human(when)
        if rng.random() < 0.25:
            lookalike_line(log, rng, when + timedelta(seconds=1))
        if rng.random() < 0.2:
            queued = {"type": "queue-operation", "operation": "enqueue", "sessionId": log.session}
            log.line({**queued, "timestamp": stamp(when), "content": "next"})
        spawn = self._how_many_agents(is_last)
        if spawn:
            when = self._spawn(when, spawn)
        when = self._work(when, part)
        when = self._turns.response(when + timedelta(seconds=rng.randint(2, 9)), [self._turns.text()])
        if rng.random() < 0.5:
            log.entry("system", when, subtype="turn_duration", durationMs=rng.randint(900, 600000))
        lively = 55 if self._name == "l" else 60
        when += timedelta(seconds=rng.randint(lively // 2, lively * 6))
        if rng.random() < 0.04:
            when += timedelta(hours=rng.randint(1, 9))
        return when

    def _human(self, when: datetime) -> None:
        rng, log = self._rng, self._log
        ask = rng.choice(ASKS)
        if len(ask) < 3:
            ask = "ok, go on"
        content: Any = ask
        if rng.random() < 0.25:
            opened = "<ide_opened_file>The user opened a.py</ide_opened_file>"
            content = [{"type": "text", "text": opened}, {"type": "text", "text": ask}]
        message = {"role": "user", "content": content}
        log.entry("user", when, promptId=log.new_id(), permissionMode="acceptEdits", message=message)
        self._truth.human_messages += 1
        self._truth.add_event(when, "human")

    def _how_many_agents(self, is_last: bool) -> int:
        spawn = 0
        if self._unspawned and is_last:
            spawn = self._unspawned
        elif self._unspawned and self._rng.random() < 0.4:
            spawn = self._rng.randint(0, self._unspawned)
        self._unspawned -= spawn
        return spawn

    def _spawn(self, when: datetime, count: int) -> datetime:
        """`count` agents started by one response, their progress, their results; returns when the last one ended."""
        rng, log = self._rng, self._log
        wanted, plan = self._tasks(count)
        when, ids = self._turns.calls(when + timedelta(seconds=3), wanted)
        ends: list[tuple[datetime, str, str]] = []
        for (agent_id, prompt), call_id in zip(plan, ids, strict=True):
            self._truth.agents.append(agent_id)
            start = when + timedelta(milliseconds=rng.randint(10, 900))
            deep = self._profile.is_nested and rng.random() < 0.6
            self._truth.max_depth = max(self._truth.max_depth, 2 if deep else 1)
            end = self._agents.run(agent_id, start, prompt, nested=deep)
            ends.append((end, agent_id, call_id))
            for _ in range(rng.randint(2, 6)):
                at = start + (end - start) * rng.random()
                data = {
                    "type": "agent_progress",
                    "agentId": agent_id,
                    "prompt": prompt[:80],
                    "message": {"type": "assistant"},
                }
                log.entry("progress", at, data=data, toolUseID=f"agent_{call_id}", parentToolUseID=call_id)
        for end, agent_id, call_id in sorted(ends):
            self._turns.result(end, call_id, max(200, self._size // 2), agent_id=agent_id)
        return max(end for end, _, _ in ends)

    def _tasks(self, count: int) -> tuple[Wanted, list[tuple[str, str]]]:
        rng = self._rng
        topic = rng.choice(ASKS)
        wanted: Wanted = []
        plan: list[tuple[str, str]] = []
        for index in range(count):
            if self._profile.has_alike_prompts:
                prompt = f"Review the module {rng.choice(WORDS)} for faults and list each with file and line"
            else:
                prompt = f"{topic} Part {index + 1}: {' '.join(rng.choices(WORDS, k=14))}"
            given: Json = {"description": f"part {index + 1}", "prompt": prompt, "subagent_type": "general-purpose"}
            agent_id = f"{rng.getrandbits(68):017x}"
            if rng.random() < 0.4:
                given["name"] = f"worker-{index + 1}"
            wanted.append((self._spawn_tool, given))
            plan.append((agent_id, prompt))
        return wanted, plan

    @property
    def _spawn_tool(self) -> str:
        """The tool that starts a sub-agent was called Task before 2.1.63."""
        return "Agent" if int(self._version.split(".")[2]) >= 63 else "Task"

    def _work(self, when: datetime, part: int) -> datetime:
        rng, log, gap = self._rng, self._log, self._profile.gap
        done = 0
        while done < part:
            when += timedelta(seconds=rng.uniform(*gap))
            batch = min(1 if rng.random() < 0.8 else rng.randint(2, 4), part - done)
            wanted: Wanted = [(pick_tool(rng), None) for _ in range(batch)]
            if rng.random() < 0.01:
                wanted[0] = ("AskUserQuestion", {"questions": [{"question": "Which one?"}]})
                self._truth.ask_user += 1
            when, ids = self._turns.calls(when, wanted)
            done += batch
            for call_id in ids:
                when += timedelta(seconds=rng.uniform(0.2, gap[0]))
                self._turns.result(when, call_id, self._size * rng.uniform(0.4, 1.6), error=rng.random() < 0.05)
            if rng.random() < 0.08:
                data = {"type": "bash_progress", "output": "..", "elapsedTimeSeconds": 3}
                log.entry("progress", when, data=data)
            if rng.random() < 0.02:
                self._compact(when)
        return when

    def _compact(self, when: datetime) -> None:
        log = self._log
        facts = {"trigger": "auto", "preTokens": 150000}
        log.entry("system", when, subtype="compact_boundary", content="Conversation compacted", compactMetadata=facts)
        text = "This session is being continued from a previous conversation that ran out of context. "
        message = {"role": "user", "content": text + self._filler.take(self._rng, 800)}
        log.entry("user", when, isCompactSummary=True, isVisibleInTranscriptOnly=True, message=message)

    def _finish(self, begin: datetime, when: datetime) -> dict[str, Any]:
        log, recipe = self._log, self._recipe
        log.line({"type": "last-prompt", "lastPrompt": "bye", "sessionId": log.session})
        nasty = None
        if self._index < recipe.hostile:
            nasty = NASTY[self._index % len(NASTY)]
            nasty_line(log, nasty, when)
        if self._rng.random() < recipe.broken * 10:
            log.file.write(b'{"parentUuid":null,"type":"assistant","message":{"id":"msg_tail","con')
            log.broken_lines += 1
        log.close()
        os.utime(self._path, (when.timestamp(), when.timestamp()))
        return {
            **self._truth.counts(),
            **self._truth.spans(log),
            "session_id": log.session,
            "profile": self._name,
            "cwd": self._cwd,
            "version": self._version,
            "path": str(self._path.relative_to(recipe.root)),
            "start": stamp(begin),
            "end": stamp(when),
            "bytes": log.bytes,
            "lines": log.lines,
            "broken_lines": log.broken_lines,
            "nasty": nasty,
        }


def lookalike_line(log: Log, rng: random.Random, when: datetime) -> None:
    """A line that looks like a person's and is not."""
    echoes = {
        1: "<command-name>/clear</command-name>\n<command-message>clear</command-message>",
        2: "<local-command-stdout>Set model to opus</local-command-stdout>",
        6: "<bash-input>ls</bash-input>",
    }
    kind = rng.randrange(7)
    if kind == 0:
        text = "Caveat: The messages below were generated by the user while running local commands."
        log.entry("user", when, isMeta=True, message={"role": "user", "content": text})
    elif kind == 3:
        text = "Base directory for this skill: /home/dev/.claude/skills/x\n\n# Skill"
        message = {"role": "user", "content": [{"type": "text", "text": text}]}
        log.entry("user", when, isMeta=True, message=message)
    elif kind == 4:
        blocks = [{"type": "text", "text": "[Request interrupted by user for tool use]"}]
        log.entry("user", when, message={"role": "user", "content": blocks})
    elif kind == 5:
        log.entry("system", when, subtype="turn_duration", durationMs=rng.randint(1000, 90000), isMeta=False)
    else:
        log.entry("user", when, message={"role": "user", "content": echoes[kind]})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write a synthetic tree of Claude Code session logs.")
    parser.add_argument("--root", type=Path, required=True, help="folder to make (the Claude folder)")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--mb", type=float, default=100.0, help="about this many MB in all")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--projects", type=int, default=len(PROJECTS), help="number of project folders")
    parser.add_argument("--per-day", type=int, default=8, help="sessions begun on one day")
    parser.add_argument("--broken", type=float, default=0.003, help="share of broken lines")
    parser.add_argument("--hostile", type=int, default=0, help="sessions that get a nasty line")
    parser.add_argument("--force", action="store_true", help="replace an existing projects folder")
    options = vars(parser.parse_args(arguments))
    projects = options["root"] / "projects"
    if projects.exists():
        if not options["force"]:
            parser.error(f"{projects} exists; give --force to replace it")
        shutil.rmtree(projects)
    del options["force"]
    manifest = write_corpus(Recipe(**options))
    written = sum(entry["bytes"] + entry["subagent_bytes"] for entry in manifest)
    kinds = Counter(entry["profile"] for entry in manifest)
    shares = " ".join(f"{name}={count}" for name, count in sorted(kinds.items()))
    print(f"{len(manifest)} sessions, {written / 1e6:.1f} MB, {sum(e['lines'] for e in manifest)} lines, {shares}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
