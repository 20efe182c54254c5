"""An agent of a binary tree: spawns two below it, waits for their reports by events, ends them, reports above.

Its number N is in its name `t-N`; the tree's size in TREE_SIZE. Everything it is told is appended to TREE_LOG, one
JSON line each. Its requests are repeated until they are answered, as those of a patient program would be.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from typing import Any

NAME = os.environ.get("OMAR_AGENT", "")
PARENT = os.environ.get("OMAR_PARENT", "")
PATIENCE_SECONDS = 120.0


def request(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of the answer; asked again while the daemon is away."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = http.client.HTTPConnection(os.environ["OMAR_URL"].removeprefix("http://"), timeout=30)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        finally:
            connection.close()


def write(**entry: Any) -> None:
    descriptor = os.open(os.environ["TREE_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, json.dumps({"agent": NAME, **entry}).encode() + b"\n")
    os.close(descriptor)


def spawn(child: str) -> None:
    body = {
        "name": child, "parent": NAME, "command": f"{sys.executable} -S {os.path.abspath(__file__)}",
        "env": {name: os.environ[name] for name in ("TREE_LOG", "TREE_SIZE")},
    }  # fmt: skip
    status, answer = request("POST", "/api/agents", body)
    # Taken: an earlier request of ours came through although its answer did not.
    if status not in (200, 409):
        write(trouble=answer)
        sys.exit(1)


def hear(expected: set[str]) -> None:
    """Read events until everyone expected has reported."""
    head = ""
    for line in sys.stdin:
        if line.startswith("["):
            head = line.strip()
        elif line.startswith("From "):
            sender = line[5:].split(":")[0]
            write(heard=sender, head=head)
            expected.discard(sender)
        if not expected:
            return


def main() -> None:
    number, size = int(NAME.removeprefix("t-")), int(os.environ["TREE_SIZE"])
    children = [f"t-{child}" for child in (2 * number, 2 * number + 1) if child <= size]
    write(started=os.getpid())
    for child in children:
        spawn(child)
    if children:
        hear(set(children))
    for child in children:
        status, _ = request("DELETE", f"/api/agents/{child}?force=true")
        write(ended=child, status=status)
    if number == 1:
        write(complete=True)
    else:
        report = {"id": f"report-{NAME}", "sender": NAME, "receiver": PARENT, "payload": "done", "allow_missing": True}
        write(reported=request("POST", "/api/events", report)[0])
    for line in sys.stdin:
        write(late=line.strip())


if __name__ == "__main__":
    main()
