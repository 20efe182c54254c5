"""Anchors into the server: one keep-alive client, and eight at once (contract bars: 600/s, 1000/s)."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.figures import Figure
from tests.daemon import Daemon

ONE_BAR = 600.0
EIGHT_BAR = 1000.0
ONE_COUNT = 1500
EIGHT_COUNT = 400
CLIENTS = 8
INSERTS = 300


def measure(home: Path) -> list[Figure]:
    with Daemon() as daemon:
        key = daemon.key("anchors")
        send(daemon.port, key, "warm", 100)
        one = _rate(daemon.port, key, "one", 1, ONE_COUNT)
        eight = _rate(daemon.port, key, "eight", CLIENTS, EIGHT_COUNT)
    reference = f"SQLite alone keeps {_inserts(home):.0f}/s, each in a transaction of its own, {os.cpu_count()} cores"
    return [
        Figure("ingest, one keep-alive client", one, "/s", ONE_BAR, reference, at_least=True),
        Figure("ingest, eight keep-alive clients", eight, "/s", EIGHT_BAR, reference, at_least=True),
    ]


def _rate(port: int, key: str, name: str, clients: int, count: int) -> float:
    """Anchors per second of clients in a process of their own: theirs is not the server's time."""
    command = [sys.executable, "-m", "tests.bench.ingest", str(port), name, str(clients), str(count)]
    done = subprocess.run(command, input=key, capture_output=True, text=True, check=True)
    return float(done.stdout)


def send(port: int, key: str, name: str, count: int) -> None:
    """POST `count` new anchors over one connection, each after the answer to the last."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = connection.makefile("rb")
        for number in range(count):
            connection.sendall(_request(key, f"{abs(hash(name)) % 2**64:016x}{number:024x}"))
            status = int(reader.readline().split()[1])
            length = 0
            while line := reader.readline().strip():
                name_, _, value = line.partition(b":")
                length = int(value) if name_.lower() == b"content-length" else length
            reader.read(length)
            assert status == 200, status


def _request(key: str, commit: str) -> bytes:
    body = json.dumps(event(commit)).encode()
    head = (
        f"POST /anchors/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def event(commit: str) -> dict[str, object]:
    """A commit of three files and one session: about 2 KB, as they are in life."""
    ranges = [{"start": 1, "end": 30}, {"start": 40, "end": 45}]
    lines = {"author": "ai", "ranges": ranges, "agent": "claude", "session_id": "3f2b7f0e-5b8e-4d3c-9a43-0b6d6b3c9f11"}
    changes = [
        {"path": f"src/part_{n}.py", "added": 40, "deleted": 5, "attribution": "ai", "line_attributions": [lines]}
        for n in range(3)
    ]
    session = {
        "session_id": lines["session_id"],
        "agent": "claude",
        "model": "claude-opus-4-8",
        "link_type": "explicit",
        "input_tokens": 15000,
        "output_tokens": 8000,
        "tool_usage": {"Bash": 12, "Edit": 8},
        "files_touched": [change["path"] for change in changes],
    }
    anchor = {
        "commit_hash": commit,
        "branch": "main",
        "author": "Dev <dev@example.org>",
        "author_type": "assisted",
        "committed_at": 1773282899,
        "message": "Add the flow of the login\n\nWith tests.",
        "files_changed": [change["path"] for change in changes],
        "added": 120,
        "deleted": 15,
        "ai_added": 108,
        "ai_percentage": 80.0,
        "file_changes": changes,
        "sessions": [session],
    }
    project = {"name": "app", "git_remote": "github.com/user/app"}
    return {"event": "git.commit", "timestamp": "2026-03-16T12:00:00Z", "project": project, "anchor": anchor}


def _inserts(home: Path) -> float:
    """How many such bodies a second SQLite keeps by itself, one transaction each, as durably as the server."""
    body = json.dumps(event("0" * 40))
    with contextlib.closing(sqlite3.connect(home / "reference.db", isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE bodies (body TEXT)"):
            connection.execute(statement)
        started = time.perf_counter()
        for _ in range(INSERTS):
            connection.execute("INSERT INTO bodies VALUES (?)", (body,))
        return INSERTS / (time.perf_counter() - started)


def main(arguments: Sequence[str]) -> None:
    port, name, clients, count = int(arguments[0]), arguments[1], int(arguments[2]), int(arguments[3])
    key = sys.stdin.read()
    threads = [threading.Thread(target=send, args=(port, key, f"{name}{n}", count)) for n in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(clients * count / (time.perf_counter() - started))


if __name__ == "__main__":
    main(sys.argv[1:])
