"""What the private tmux server and the agents inherit.

The server gets a short list: it outlives the daemon and must keep no secrets. An agent gets the person's
environment without the marks of the program that started the daemon (an agent inside an agent would believe it
is the outer one) and without this suite's keys. Where the suite's homes were moved (OMA_HOME, OOBO_HOME …), agents
get the homes of the daemon that runs them: what their commits and sessions leave belongs beside it. A spawn's own
`env` may say otherwise.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path

SERVER_NAMES = frozenset(
    {"HOME", "PATH", "SHELL", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMUX_TMPDIR", "XDG_RUNTIME_DIR"}
)
HIDDEN_NAMES = frozenset(
    {
        "TMUX", "TMUX_PANE", "STY", "TERM", "TERMCAP", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM",
        "COLUMNS", "LINES", "SHLVL", "PWD", "OLDPWD", "_", "WINDOWID", "VTE_VERSION", "NO_COLOR", "FORCE_COLOR",
        "CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_ENTRYPOINT",
        "AI_AGENT", "AGENT", "CODEX_SESSION_ID", "CODEX_THREAD_ID", "CODEX_TOOL_CALL_ID", "CODEX_CI",
        "CODEX_VERSION", "OPENCODE", "OPENCODE_PID", "OPENCODE_SESSION_ID",
    }
)  # fmt: skip
_HIDDEN = re.compile(r"GIT_|(OMAR|OOBO|OMAS|OMA)_")
_KEPT = re.compile(
    r"(OMAR|OOBO|OMAS|OMA)_HOME$|GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL)$|GIT_SSH|GIT_CONFIG_(GLOBAL|SYSTEM)$"
)
_SUITE_KEY = "oma_"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def server_environment(current: Mapping[str, str] | None = None) -> dict[str, str]:
    """The scrubbed environment in which the tmux server starts; always UTF-8."""
    source = os.environ if current is None else current
    kept = {name: value for name, value in source.items() if name in SERVER_NAMES or name.startswith("LC_")}
    kept.setdefault("PATH", os.defpath)
    if not _is_utf8(kept):
        kept.pop("LC_ALL", None)
        kept["LC_CTYPE"] = "C.UTF-8"
    return kept


def agent_environment(own: Mapping[str, str], current: Mapping[str, str] | None = None) -> dict[str, str]:
    """What an agent sees: the person's variables, then `own` (OMAR_AGENT and the request's `env`)."""
    source = os.environ if current is None else current
    kept = {name: value for name, value in source.items() if _passes(name, value)}
    if not _is_utf8(kept):
        kept.pop("LC_ALL", None)
        kept["LC_CTYPE"] = "C.UTF-8"
    return {**kept, **own}


def is_variable(name: str) -> bool:
    return _VARIABLE.match(name) is not None


def user_shell(current: Mapping[str, str] | None = None) -> str:
    """The person's shell: SHELL, else the user database, else /bin/sh."""
    source = os.environ if current is None else current
    candidates = [source.get("SHELL", "")]
    with contextlib.suppress(KeyError):
        candidates.append(pwd.getpwuid(os.getuid()).pw_shell)
    for shell in candidates:
        refuses = Path(shell).name in {"nologin", "false", ""}
        if shell.startswith("/") and not refuses and os.access(shell, os.X_OK):
            return shell
    return "/bin/sh"


def _passes(name: str, value: str) -> bool:
    if name in HIDDEN_NAMES or not is_variable(name) or value.startswith(_SUITE_KEY):
        return False
    return not _HIDDEN.match(name) or _KEPT.match(name) is not None


def _is_utf8(values: Mapping[str, str]) -> bool:
    locale = values.get("LC_ALL") or values.get("LC_CTYPE") or values.get("LANG") or ""
    return "utf" in locale.lower()
