"""The only module that knows a directory.

`OMA_HOME=/x` moves all state and configuration to /x/omar, /x/omas and /x/oobo; `OMAR_HOME`, `OMAS_HOME` and
`OOBO_HOME` move one. Otherwise the seeds' places hold: ~/.omar, ~/.config/omar/config.toml, ~/.omas, ~/.oobo.
Functions, not constants: tests and the tour move the homes while the process runs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

Tool = Literal["omar", "omas", "oobo"]
Shell = Literal["bash", "zsh", "fish"]

TMUX_SOCKET = "omar"


def user_home() -> Path:
    """The person's home; raises `RuntimeError` when neither HOME nor the user database knows one."""
    return Path.home()


def moved_home(tool: Tool) -> Path | None:
    """The tool's directory when OMA_HOME or the tool's own variable moves it, else None."""
    own = os.environ.get(f"{tool.upper()}_HOME")
    if own:
        return Path(own).expanduser().absolute()
    all_tools = os.environ.get("OMA_HOME")
    if all_tools:
        return Path(all_tools).expanduser().absolute() / tool
    return None


def tool_home(tool: Tool) -> Path:
    """State of one tool: ~/.omar, ~/.omas or ~/.oobo unless moved."""
    return moved_home(tool) or user_home() / f".{tool}"


def config_file(tool: Tool) -> Path:
    """The user's configuration of one tool. Only omar's default lies outside its home (seed 002)."""
    moved = moved_home(tool)
    if moved is not None or tool != "omar":
        return tool_home(tool) / "config.toml"
    import platformdirs

    return Path(platformdirs.user_config_dir("omar")) / "config.toml"


def credentials_file(tool: Tool) -> Path:
    return tool_home(tool) / "credentials.json"


def reports_dir(tool: Tool) -> Path:
    """Where an unexpected bug leaves its redacted report."""
    return tool_home(tool) / "reports"


# omar: the daemon


def owner_key_file() -> Path:
    """The 0600 key that proves to the daemon that the caller is the machine's user."""
    return tool_home("omar") / "owner.key"


def pid_file() -> Path:
    return tool_home("omar") / "daemon.pid"


def control_client_file() -> Path:
    """Which process is the daemon's open pipe to tmux."""
    return tool_home("omar") / "tmux-client.pid"


def daemon_log() -> Path:
    return tool_home("omar") / "daemon.log"


def daemon_database() -> Path:
    return tool_home("omar") / "omar.db"


def tasks_file() -> Path:
    """The list of projects, for people to read and edit (seed 002)."""
    return tool_home("omar") / "tasks.md"


def worktrees_dir() -> Path:
    """Git worktrees that agents were given as their own."""
    return tool_home("omar") / "worktrees"


def status_dir() -> Path:
    """One `<session>.md` per agent that reported a status (seed 002)."""
    return tool_home("omar") / "status"


def spool_dir() -> Path:
    """0600 files on their way into a pane; swept at start."""
    return tool_home("omar") / "spool"


def agent_dir(name: str) -> Path:
    """What omar keeps for one agent while it exists: its prompt."""
    return tool_home("omar") / "agents" / name


def prompts_dir() -> Path:
    """The user's own copies of the prompt templates."""
    return config_file("omar").parent / "prompts"


def tmux_socket() -> str:
    """Name of the private tmux server: suites with moved homes never meet."""
    moved = moved_home("omar")
    if moved is None:
        return TMUX_SOCKET
    import hashlib  # takes 3 ms, and few commands speak to tmux

    return f"{TMUX_SOCKET}-{hashlib.sha256(str(moved).encode()).hexdigest()[:12]}"


def x11_socket_dir() -> Path:
    """Where X servers of this machine listen: one socket `X<number>` per display."""
    return Path("/tmp/.X11-unix")  # noqa: S108 - the X protocol's own place


def x11_authority_files() -> list[Path]:
    """Where display managers keep the cookie of the person's desktop, newest habits first."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    return [runtime / "gdm" / "Xauthority", user_home() / ".Xauthority"]


# omas


def metrics_database() -> Path:
    return tool_home("omas") / "metrics.db"


def upload_queue() -> Path:
    return tool_home("omas") / "upload_queue.json"


def salt_file() -> Path:
    return tool_home("omas") / "salt"


# oobo


def oobo_database() -> Path:
    return tool_home("oobo") / "oobo.db"


# the shells' own places


def completion_file(tool: Tool, shell: Shell) -> Path:
    """Where bash-completion and fish look for a command's completions; zsh has no place of the user's own."""
    if shell == "fish":
        return _xdg_dir("XDG_CONFIG_HOME", ".config") / "fish" / "completions" / f"{tool}.fish"
    data = _xdg_dir("XDG_DATA_HOME", ".local/share")
    if shell == "zsh":
        return data / "zsh" / "site-functions" / f"_{tool}"
    moved = os.environ.get("BASH_COMPLETION_USER_DIR")
    return (Path(moved) if moved else data / "bash-completion") / "completions" / tool


def shell_startup_file(shell: Shell) -> Path | None:
    """The file an interactive shell reads at its start; None for fish, which looks for completions by itself."""
    if shell == "bash":
        return user_home() / ".bashrc"
    if shell == "zsh":
        return Path(os.environ.get("ZDOTDIR") or user_home()) / ".zshrc"
    return None


def _xdg_dir(variable: str, default: str) -> Path:
    chosen = os.environ.get(variable)
    return Path(chosen) if chosen and Path(chosen).is_absolute() else user_home() / default


def systemd_user_dir() -> Path:
    """Where a user's own systemd units are."""
    return _xdg_dir("XDG_CONFIG_HOME", ".config") / "systemd" / "user"


# the AI tools' own places


def claude_dirs() -> list[Path]:
    """Configuration directories of Claude Code that exist: CLAUDE_CONFIG_DIR (a comma-separated list), else
    ~/.claude and ~/.config/claude. Sessions are under `projects/`, live state under `sessions/`."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR")
    if moved:
        candidates = [Path(part).expanduser() for part in moved.split(",") if part.strip()]
    else:
        candidates = [user_home() / ".claude", user_home() / ".config" / "claude"]
    return [path for path in candidates if path.is_dir()]


def codex_dirs() -> list[Path]:
    """Homes of Codex that exist: CODEX_HOME (a comma-separated list), else ~/.codex."""
    return _existing(_moved("CODEX_HOME") or [user_home() / ".codex"])


def gemini_dirs() -> list[Path]:
    """State directories of Gemini CLI that exist; GEMINI_CLI_HOME stands for the home they are in."""
    moved = _moved("GEMINI_CLI_HOME")
    return _existing([home / ".gemini" for home in moved or [user_home()]])


def opencode_dirs() -> list[Path]:
    """Data directories of OpenCode that exist: OPENCODE_DATA_DIR, else `opencode` in the data directory."""
    candidates = _moved("OPENCODE_DATA_DIR") or [
        _xdg_dir("XDG_DATA_HOME", ".local/share") / "opencode",
        user_home() / "Library" / "Application Support" / "opencode",
    ]
    return _existing(candidates)


def cursor_dirs() -> list[Path]:
    """Where the Cursor editor keeps what belongs to the user (`globalStorage`, `workspaceStorage`)."""
    return _editor_dirs(("Cursor",))


def cursor_agent_dirs() -> list[Path]:
    """Where Cursor's agent keeps transcripts (`projects/`): CURSOR_DATA_DIR, else ~/.cursor."""
    return _existing(_moved("CURSOR_DATA_DIR") or [user_home() / ".cursor"])


def vscode_dirs() -> list[Path]:
    """Where Visual Studio Code and its kin keep what belongs to the user."""
    portable = [path / "user-data" / "User" for path in _moved("VSCODE_PORTABLE")]
    remote = [user_home() / name / "data" / "User" for name in (".vscode-server", ".vscode-server-insiders")]
    return _existing(portable) + _editor_dirs(("Code", "Code - Insiders", "VSCodium")) + _existing(remote)


def aider_histories() -> list[Path]:
    """Chat histories of Aider that exist: AIDER_CHAT_HISTORY_FILE, one here or above, the home's, and those of the
    projects in the directories that OMA_AIDER_DIRS (separated like PATH) names."""
    name = ".aider.chat.history.md"
    here = Path.cwd()
    candidates = [*_moved("AIDER_CHAT_HISTORY_FILE"), *(folder / name for folder in (here, *here.parents))]
    candidates.append(user_home() / name)
    for folder in filter(None, os.environ.get("OMA_AIDER_DIRS", "").split(os.pathsep)):
        root = Path(folder).expanduser()
        candidates += [root / name, *sorted(root.glob(f"*/{name}")), *sorted(root.glob(f"*/*/{name}"))]
    found = [path.absolute() for path in candidates if path.is_file()]
    return list(dict.fromkeys(found))


def _editor_dirs(names: tuple[str, ...]) -> list[Path]:
    roots = [_xdg_dir("XDG_CONFIG_HOME", ".config"), user_home() / "Library" / "Application Support"]
    return _existing([root / name / "User" for name in names for root in roots])


def _moved(variable: str) -> list[Path]:
    """The directories an AI tool's own variable names, separated by commas."""
    return [Path(part.strip()).expanduser() for part in os.environ.get(variable, "").split(",") if part.strip()]


def _existing(candidates: list[Path]) -> list[Path]:
    return [path for path in dict.fromkeys(candidates) if path.is_dir()]


def agent_hooks_file(agent: str) -> Path:
    """The file in which an agent of the user looks for hooks; KeyError for an agent that is not known."""
    home = user_home()
    moved = [part.strip() for part in os.environ.get("CLAUDE_CONFIG_DIR", "").split(",") if part.strip()]
    places = {
        "claude": (Path(moved[0]).expanduser() if moved else home / ".claude") / "settings.json",
        "codex": Path(os.environ.get("CODEX_HOME") or home / ".codex") / "hooks.json",
        "cursor": home / ".cursor" / "hooks.json",
        "gemini": home / ".gemini" / "settings.json",
        "opencode": _xdg_dir("XDG_CONFIG_HOME", ".config") / "opencode" / "plugins" / "oobo.js",
    }
    return places[agent]
