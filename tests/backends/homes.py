"""A home for each agent CLI in which it starts at once: first-run dialogs answered, its model on loopback.

Facts tried with Claude Code 2.1.197, Codex 0.169.0 and opencode 1.18.33.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from tests.backends.programs import ENVIRONMENT, Program
from tests.fakes.agent_scripts import Cli

API_KEY = "sk-fake-0123456789abcdefghijklmnopqrstuvwxyz"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TERM", "TMPDIR", "TMUX_TMPDIR", "SHELL")


def environment(program: Program, home: Path, model_url: str) -> dict[str, str]:
    """All variables such an agent gets: nothing of the caller's own agents or keys is inherited."""
    kept = {name: ENVIRONMENT[name] for name in PASSED_ON if name in ENVIRONMENT}
    path = f"{program.bin_dir}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"HOME": str(home), "PATH": path} | _VARIABLES[program.name](model_url)


def prepare(program: Program, home: Path, folder: Path, model_url: str) -> None:
    """Write the program's settings into `home`; it will work in `folder`."""
    home.mkdir(parents=True, exist_ok=True)
    _SETTINGS[program.name](home, folder, model_url)
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Author\n\temail = ada@example.com\n")


def _claude_settings(home: Path, folder: Path, model_url: str) -> None:
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    answers = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": [API_KEY[-20:]], "rejected": []},
        "projects": {str(folder): trusted},
    }
    _write_json(home / ".claude.json", answers)
    _write_json(home / ".claude" / "settings.json", {"skipDangerousModePermissionPrompt": True})


def _claude_variables(model_url: str) -> dict[str, str]:
    variables = {
        "ANTHROPIC_BASE_URL": model_url,
        "ANTHROPIC_API_KEY": API_KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    # Claude Code refuses to skip permissions as root unless it is told that it stands in a sandbox.
    return variables | ({"IS_SANDBOX": "1"} if os.geteuid() == 0 else {})


def _codex_settings(home: Path, folder: Path, model_url: str) -> None:
    lines = [
        'model = "stub"',
        'model_provider = "fake"',
        "check_for_update_on_startup = false",
        "[model_providers.fake]",
        'name = "fake"',
        f'base_url = "{model_url}/v1"',
        'env_key = "FAKE_API_KEY"',
        'wire_api = "responses"',
        f"[projects.{json.dumps(str(folder))}]",
        'trust_level = "trusted"',
    ]
    (home / ".codex").mkdir(exist_ok=True)
    (home / ".codex" / "config.toml").write_text("\n".join(lines) + "\n")


def _codex_variables(model_url: str) -> dict[str, str]:
    return {"FAKE_API_KEY": API_KEY}


def _opencode_settings(home: Path, folder: Path, model_url: str) -> None:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Fake",
        "options": {"baseURL": f"{model_url}/v1", "apiKey": API_KEY},
        "models": {"stub": {"name": "Stub"}},
    }
    settings = {"provider": {"fake": provider}, "model": "fake/stub", "autoupdate": False, "share": "disabled"}
    _write_json(home / ".config" / "opencode" / "opencode.json", settings)


def _opencode_variables(model_url: str) -> dict[str, str]:
    return {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))


_SETTINGS: dict[str, Callable[[Path, Path, str], None]] = {
    "claude": _claude_settings,
    "codex": _codex_settings,
    "opencode": _opencode_settings,
}
_VARIABLES: dict[str, Callable[[str], dict[str, str]]] = {
    "claude": _claude_variables,
    "codex": _codex_variables,
    "opencode": _opencode_variables,
}
COMMANDS: dict[Cli, list[str]] = {
    "claude": ["claude", "--dangerously-skip-permissions"],
    "codex": ["codex", "--no-daemon", "--no-alt-screen", "--dangerously-bypass-approvals-and-sandbox"],
    "opencode": ["opencode"],
}
READY: dict[Cli, str] = {
    "claude": r"bypass permissions on",
    "codex": r"stub .*·",
    "opencode": r"Ask anything",
}
