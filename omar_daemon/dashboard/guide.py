"""The words of the dashboard's help, settings and log views."""

from __future__ import annotations

from rich.text import Text

from shared.output import printable

# In a narrow terminal the end is cut: the help tells the rest.
HINTS = " ? help  n new  s send  d kill  ⏎ attach  / find  e events  p projects  z leave"
KEYS = (
    ("Agents", ""),
    ("↑ ↓ k j, g G", "move"),
    ("← h / → l", "fold / unfold what is below an agent"),
    ("Tab, Shift+Tab or Esc", "only this agent and those below it, and back"),
    ("/", "find in name, health, task …; Esc ends it"),
    ("n", "spawn an agent"),
    ("s", "send a text to the agent, with Enter"),
    ("x", "interrupt the agent: press Escape in it"),
    ("d", "kill the agent, or its whole tree"),
    ("Enter, a", "attach to its terminal; Ctrl-\\ comes back"),
    ("v", "its screen in full"),
    ("w", "fold or cut long lines of its screen"),
    ("Suite", ""),
    ("e", "events: schedule, cancel"),
    ("p", "projects: add, done"),
    ("r", "look again; start the daemon when it is away"),
    ("S", "settings and where they come from"),
    ("D", "the daemon's log"),
    ("z", "leave; agents and daemon go on"),
    ("Q, q, Ctrl+C", "leave, after a question"),
)
HEALTH = (
    ("● working", "it wrote something a moment ago"),
    ("? waiting", "it asks you something"),
    ("○ idle", "nothing to do"),
    ("! stuck", "long silent after a task, or an error"),
    ("✗ dead", "ended; its screen is kept until it is killed"),
)
LOG_LINES = 300


def help_text() -> Text:
    text = Text()
    for key, meaning in KEYS:
        if meaning:
            text.append(f"  {key:<21} ", "bold").append(f"{meaning}\n")
        else:
            text.append(f"{key}\n", "underline")
    text.append("Health\n", "underline")
    for mark, meaning in HEALTH:
        text.append(f"  {mark:<21} ", "bold").append(f"{meaning}\n")
    return text


def settings_text() -> Text:
    """Every setting with its value and origin; a broken file's sentence instead."""
    from omar_daemon.settings import SETTINGS
    from shared import config, paths
    from shared.errors import OmaError

    text = Text(f"{paths.config_file('omar')}\n\n")
    try:
        found = config.load("omar", SETTINGS)
    except OmaError as error:
        return text.append(printable(error.message), "bold")
    for setting in found.settings:
        value = "(set)" if setting.secret and found[setting.key] else repr(found[setting.key])
        text.append(f"{setting.key} ", "bold").append(f"= {printable(value)}  ")
        text.append(f"{found.origin(setting.key)}\n", "dim")
    return text


def log_text() -> Text:
    """The end of the daemon's log."""
    from shared import paths

    try:
        lines = paths.daemon_log().read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except OSError as error:
        return Text(f"There is no log: {error.strerror}.")
    return Text("\n".join(printable(line) for line in lines) or "The log is empty.")
