"""The environment variables that say who ran git: an agent and its session, an omar agent, or a CI service.

The hook writes those that are set into its spool line (`hook/templates/record.sh`); the worker reads them there. Names
met in the real programs are listed first; the rest is documented by the tools.
"""

from __future__ import annotations

SESSION_VARIABLES: dict[str, str] = {
    "CLAUDE_CODE_SESSION_ID": "claude",
    "CODEX_SESSION_ID": "codex",
    "CODEX_THREAD_ID": "codex",
    "OPENCODE_SESSION_ID": "opencode",
}
"""Variable that holds a session's own id → short name of the tool, in the order of trust."""

AGENT_VARIABLES: dict[str, str | None] = {
    "CLAUDECODE": "claude",
    "CLAUDE_CODE_ENTRYPOINT": "claude",
    "CODEX_SANDBOX": "codex",
    "CODEX_CI": "codex",
    "OPENCODE": "opencode",
    "OPENCODE_PID": "opencode",
    "CURSOR_AGENT": "cursor",
    "GEMINI_CLI": "gemini",
    "AIDER": "aider",
    "AI_AGENT": None,
    "OMAR_AGENT": None,
}
"""Variable that an agent sets for the commands it runs → short name of the tool, None where it names no tool."""

CI_VARIABLES: tuple[str, ...] = (
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "CIRCLECI",
    "TRAVIS",
    "JENKINS_URL",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "BITBUCKET_BUILD_NUMBER",
)

OMAR_VARIABLES: tuple[str, ...] = ("OMAR_AGENT", "OMAR_PARENT")

RECORDED: tuple[str, ...] = tuple(
    dict.fromkeys((*SESSION_VARIABLES, *AGENT_VARIABLES, *OMAR_VARIABLES, *CI_VARIABLES, "GIT_REFLOG_ACTION"))
)
"""Everything the hook keeps when it is set."""

_OFF = {"", "0", "false", "no", "off"}


def is_on(value: str | None) -> bool:
    """Whether a variable says yes: `CI=false` and `CLAUDECODE=0` do not."""
    return value is not None and value.strip().lower() not in _OFF
