"""Taking places out of text: what lies in the worktree becomes relative, homes become `~`, the rest loses its folders.

The seed: no local filesystem path leaves the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_PATH_CHARACTER = r"[^\s\"'`:;,<>|()\[\]{}*?\\]"
_ROOTS = (
    "home|Users|root|tmp|var|etc|usr|opt|mnt|media|srv|private|data|work|workspace|workspaces|Volumes|Library|"
    "Applications|System|proc|sys|dev|run|boot|lib|lib64|bin|sbin|nix|snap|app|build|builds|repo|repos|code|src|project|projects"
)
_START = r"(?:(?<![\w.~-])|(?<=\\[nrtbf]))"
"""Before a path is no part of a name; the `n` of an escaped line end is none."""
_ANY_HOME = re.compile(
    rf"{_START}(?:(?:/mnt)?/[a-zA-Z](?=/Users/))?(?:/{{1,3}}home|/{{1,3}}Users|/var/home|/export/home|/usr/home|/net/home)/{{1,3}}"
    rf"[^\s/\"'`:;,<>|\\]+(?=/|\b|$|\\)|{_START}(?<!/)/root(?=/|\b)"
)
_NAMED_HOME = re.compile(r"(?<![\w/~])~[A-Za-z_][\w.-]*(?=/)")
_QUOTED_HOME = re.compile(r"%2F(?:home|Users)%2F[^%\s\"'&/]+", re.IGNORECASE)
_WINDOWS_HOME = re.compile(r"[A-Za-z]:(?:\\\\?|/)Users(?:\\\\?|/)[^\s\\/\"'`:;,<>|]+", re.IGNORECASE)
_WINDOWS_PATH = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\\\?(?:[^\s\\\"'`:;,<>|]+\\\\?)*([^\s\\\"'`:;,<>|]*)")
_ENCODED_HOME = re.compile(r"-(?:home|Users)-[A-Za-z0-9_]+(?=-|\b)")
_GENERIC_TEXT = """
root admin user users ubuntu debian git dev developer test app home node runner build docker ec2-user agent vagrant
guest local main www-data nobody python code claude codex oobo omar omas
"""
_GENERIC_USERS = frozenset(_GENERIC_TEXT.split())


@dataclass(frozen=True)
class Places:
    """What must not be seen: the worktrees' and the home's absolute paths, and the login name.

    `roots` are the names in the root folder of this machine: what begins with one of them is a path of it, where
    `/api/agents` is none.
    """

    worktrees: tuple[str, ...] = ()
    home: str = ""
    user: str = ""
    roots: tuple[str, ...] = ()

    def scrub(self, text: str) -> str:
        """`text` with its paths made relative to the worktree or the home, or cut to their last part."""
        if "/" in text or "\\" in text:
            text = self._without_paths(text)
        text = _ENCODED_HOME.sub("-home", text) if "-home-" in text or "-Users-" in text else text
        text = _QUOTED_HOME.sub("~", text) if "%2" in text else text
        if self._user_pattern is not None:
            text = self._user_pattern.sub("user", text)
        return text

    def _without_paths(self, text: str) -> str:
        for pattern in self._worktree_patterns:
            text = pattern.sub(lambda found: found["rest"] or ".", text)
        if self._home_pattern is not None:
            text = self._home_pattern.sub("~", text)
        text = _WINDOWS_HOME.sub("~", text)
        text = _ANY_HOME.sub("~", text)
        text = _NAMED_HOME.sub("~", text)
        text = self._absolute_pattern.sub(r"…/\g<last>", text)
        return _WINDOWS_PATH.sub(r"…/\1", text)

    @cached_property
    def _worktree_patterns(self) -> list[re.Pattern[str]]:
        roots = sorted({root.rstrip("/") for root in self.worktrees if len(root) > 1}, key=len, reverse=True)
        return [
            re.compile(rf"{_START}(?:file://)?{re.escape(root)}(?:/(?P<rest>{_PATH_CHARACTER}*)|(?P<end>(?![\w.-])))")
            for root in roots
        ]

    @cached_property
    def _home_pattern(self) -> re.Pattern[str] | None:
        home = self.home.rstrip("/")
        return re.compile(rf"{re.escape(home)}(?=/|\b|$)") if len(home) > 1 else None

    @cached_property
    def _absolute_pattern(self) -> re.Pattern[str]:
        own = {root.split("/")[1] for root in (*self.worktrees, self.home) if root.startswith("/") and len(root) > 1}
        roots = "|".join([_ROOTS, *(re.escape(name) for name in sorted(own | set(self.roots)))])
        return re.compile(
            rf"(?:(?<![\w.~/…-])|(?<=\\[nrtbf]))(?:file://)?/(?:{roots})/+(?:{_PATH_CHARACTER.replace('^', '^/')}+/+)*"
            rf"(?P<last>{_PATH_CHARACTER.replace('^', '^/')}*)"
        )

    @cached_property
    def _user_pattern(self) -> re.Pattern[str] | None:
        if len(self.user) < 3 or self.user.lower() in _GENERIC_USERS:
            return None
        return re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=%2F)|(?<=\\[nrtbf])){re.escape(self.user)}(?![A-Za-z0-9])")
