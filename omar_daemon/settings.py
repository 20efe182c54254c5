"""The settings of `omar` and its daemon (`~/.config/omar/config.toml`, seed 002)."""

from __future__ import annotations

from shared.config import Setting
from shared.local_daemon import API_SETTINGS

OPEN_TABLES = ("backends",)
"""Tables of the file whose keys a person chooses; see `fleet.backends`."""
SETTINGS: tuple[Setting, ...] = (
    *API_SETTINGS,
    Setting("api.require_token", False, bool, "ask for a key on /api/* from this machine too"),
    Setting("api.allowed_hosts", [], list, "further Host names under which the daemon may be reached"),
    Setting("api.max_agents", 500, int, "how many agents may live at once", least=0),
    Setting(
        "server.database_url", "", str, "SQLAlchemy URL of a team's database; empty: SQLite in the home", secret=True
    ),
    Setting("tmux.socket", "", str, "name of the private tmux server; empty: chosen from the home"),
    Setting("agents.default_backend", "", str, "backend of an agent spawned without one; empty: the first installed"),
    Setting("agents.default_workdir", "", str, "working directory of an agent spawned without one"),
    Setting("health.working_seconds", 15.0, float, "output within this time means working", least=0),
    Setting("health.stuck_seconds", 300.0, float, "idle longer than this after a task means stuck", least=0),
    Setting(
        "health.error_patterns",
        ["error", "failed", "rate limit", "exception"],
        list,
        "texts at the end of a screen that mean stuck",
    ),
    Setting("anchors.per_minute", 120_000, int, "how many anchors a user may send in a minute; 0: any number", least=0),
    Setting("managed.requests_per_minute", 20_000, int, "how many requests to /v1 a key may send in a minute", least=1),
    Setting("sandbox.processes", 1024, int, "how many processes the tools of managed agents may run at once", least=16),
    Setting("sandbox.memory_mb", 0, int, "how much memory they may use at once; 0: half of the machine's", least=0),
    Setting("sandbox.file_mb", 10_240, int, "how large a file of such a tool may grow", least=1),
    Setting("sandbox.open_files", 4096, int, "how many files each of its processes may have open", least=64),
    Setting("computer.display", "", str, "X11 display for computer use; empty: DISPLAY, else the first X server here"),
    Setting("computer.lock_timeout", 600.0, float, "seconds after which an idle computer lock is released", least=0),
)
