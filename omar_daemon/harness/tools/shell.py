"""`bash`: one command in the sandbox. Place and exported variables last from call to call, processes do not."""

from __future__ import annotations

import signal
from typing import Any

from omar_daemon.harness.sandbox import limits
from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.tools.results import ToolFailure, ToolResult, decoded, text_result

DEFAULT_SECONDS = 120.0
MAX_SECONDS = 600.0
_TOO_LARGE = 128 + signal.SIGXFSZ
_SCRIPT = """
state=$1
secrets=$3
if [ -r "$state/variables" ]; then . "$state/variables" 2>/dev/null; fi
if [ -r "$state/place" ]; then cd -- "$(cat "$state/place")" 2>/dev/null; fi
keep_state() {
  status=$?
  unset OMA_TOOL_RUN $secrets
  kept=$(mktemp "$state/XXXXXXXX")
  { export -p; alias -p; declare -f; } > "$kept" 2>/dev/null && mv "$kept" "$state/variables"
  pwd > "$state/place"
  exit $status
}
trap keep_state EXIT
unset -v status
eval "$2"
"""


async def bash(sandbox: Sandbox, given: dict[str, Any]) -> ToolResult:
    """`command`, and `timeout_ms` (or `timeout`, also in ms); `restart` forgets place and variables."""
    await sandbox.ready()
    if given.get("restart"):
        for name in ("variables", "place"):
            (sandbox.layout.state / name).unlink(missing_ok=True)
        if not given.get("command"):
            return text_result("The shell was restarted.")
    command = given.get("command")
    if not isinstance(command, str) or not command.strip():
        raise ToolFailure("bash needs a `command`.")
    state = "/run/oma" if sandbox.isolated else str(sandbox.layout.state)
    seconds = seconds_of(given)
    # What comes from a vault is given anew to each call and never kept beside the agent's own variables.
    secrets = " ".join(sandbox.variables)
    done = await sandbox.run(["bash", "-c", _SCRIPT, "bash", state, command, secrets], seconds=seconds)
    output = decoded(done.output) + ("\n… further output was dropped …" if done.cut else "")
    if done.ended_because:
        return text_result(f"{done.ended_because}\n{output}", is_error=True)
    if done.timed_out:
        note = f"The command did not end within {seconds:g} s and was killed with everything it had started."
        return text_result(f"{note}\n{output}", is_error=True)
    if done.status != 0:
        return text_result(f"Exit code {done.status}{_meaning(done.status)}\n{output}", is_error=True)
    return text_result(output)


def _meaning(status: int) -> str:
    if status != _TOO_LARGE:
        return ""
    return f": a file grew beyond {limits.current.file_mb} MB (setting sandbox.file_mb)"


def seconds_of(given: dict[str, Any]) -> float:
    """The time-out a call asks for, in seconds; at most ten minutes."""
    wanted = given.get("timeout_ms") or given.get("timeout")
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or wanted <= 0:
        return DEFAULT_SECONDS
    return min(wanted / 1000, MAX_SECONDS)
