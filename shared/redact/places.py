"""Taking places out of text: what lies in the worktree becomes relative, homes become `~`, the rest loses its folders.

The seed: no local filesystem path leaves the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from shared.redact.visible import visible

_PATH_CHARACTER = r"(?:\\ |[^\s\"'`:;,<>|()\[\]{}*?\\])"
_NAME_CHARACTER = r"(?:\\ |[^/\s\"'`:;,<>|()\[\]{}*?\\])"
_ROOTS = (
    "home|Users|root|tmp|var|etc|usr|opt|mnt|media|srv|private|data|work|workspace|workspaces|Volumes|Library|"
    "Applications|System|proc|sys|dev|run|boot|lib|lib64|bin|sbin|nix|snap|app|build|builds|repo|repos|code|src|project|projects"
)
_AFTER = r"(?<=\\[nrtbf])|(?<=^-)|(?<=\n-)|(?<=\\n-)|(?<=[\s\"'=,\[]-[A-Za-z])|(?<=^-[A-Za-z])"
"""What may go before a path although it looks like a part of a name: an escaped line end, the `-` of a diff, `-I`."""
_START = rf"(?:(?<![\w.~-])|{_AFTER})"
_ANY_HOME = re.compile(
    rf"{_START}(?:(?:/mnt|/cygdrive)?/[a-zA-Z](?=/Users/))?(?:/{{1,3}}home|/{{1,3}}Users|/var/home|/export/home|/usr/home|/net/home)/{{1,3}}"
    rf"[^\s/\"'`:;,<>|\\]+(?=/|\b|$|\\)|{_START}(?<!/)/root(?=/|\b)"
)
_HOME_BY_URL = re.compile(
    r"(?:(?:ssh|sftp|scp|rsync|file|vscode-remote)://[^/\s\"']{1,256}|(?<![\w/])(?:\.\./){1,20}(?=home|Users))/?(?:home|Users)/[^\s/\"'`:;,<>|\\]+"
)
_NAMED_HOME = re.compile(r"(?<![\w/~])~[A-Za-z_][\w.-]*(?=/)|(?<=\bcd )~[A-Za-z_][\w.-]*|(?<=\bls )~[A-Za-z_][\w.-]*")
_QUOTED_HOME = re.compile(r"(?:[A-Za-z]%3A)?(?:%2F|%5C)(?:home|Users)(?:%2F|%5C)[^%\s\"'&/]+", re.IGNORECASE)
_ESCAPED_HOME = re.compile(rf"{_START}\\?/(?:home|Users)\\/[^\s/\"'`:;,<>|\\]+")
_WINDOWS_NAME = r"[^\s\\/\"'`:;,<>|]+"
_WINDOWS_FOLDER = rf"{_WINDOWS_NAME}(?: {_WINDOWS_NAME}){{0,3}}"
"""A folder may have spaces in its name; where it ends, a separator tells."""
_WINDOWS_HOME = re.compile(
    rf"[A-Za-z]:(?:\\{{1,4}}|/)(?:Users|Documents and Settings)(?:\\{{1,4}}|/)"
    rf"(?:{_WINDOWS_FOLDER}(?=[\\/])|{_WINDOWS_NAME})",
    re.IGNORECASE,
)
_WINDOWS_PATH = re.compile(
    rf"(?<![A-Za-z])[A-Za-z]:(?!\\[nrtbf](?![^\s\"']*\\))\\{{1,4}}(?:{_WINDOWS_FOLDER}\\{{1,4}})*(?P<last>[^\s\\\"'`:;,<>|]*)"
)
_NETWORK_PATH = re.compile(
    rf"(?<!\\)(?P<one>\\{{1,4}})(?P=one)(?:[?.](?P=one)(?:UNC(?P=one))?)?(?:[A-Za-z]:|[\w.$-]{{2,64}})"
    rf"(?:(?P=one)(?!\\){_WINDOWS_FOLDER}(?=\\))*(?P=one)(?!\\)(?P<last>{_WINDOWS_NAME})"
)
r"""`\\server\share\x`: twice as many backslashes at its beginning as between its parts, escaped or not."""
_VOLUME = re.compile(r"(?<![\w.~/…-])/(?:Volumes|run/media/\w{1,64}|media/\w{1,64})/[^/\n\"]{1,64}(?=/)")
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
        """`text` with its paths made relative to the worktree or the home, or cut to their last part.

        Colours of a terminal go: a path may begin or go on behind one.
        """
        text = visible(text)
        if any(mark in text for mark in "/\\~"):
            text = self._without_paths(text)
        text = _ENCODED_HOME.sub("-home", text) if "-home-" in text or "-Users-" in text else text
        text = self._without_quoted_paths(text) if "%2" in text or "%5" in text else text
        if self._user_pattern is not None:
            text = self._user_pattern.sub("user", text)
        return text

    def _without_paths(self, text: str) -> str:
        for pattern in self._worktree_patterns:
            text = pattern.sub(lambda found: found["rest"] or ".", text)
        if self._home_pattern is not None:
            text = self._home_pattern.sub("~", text)
        for home in (_WINDOWS_HOME, _HOME_BY_URL, _ANY_HOME, _NAMED_HOME, _ESCAPED_HOME):
            text = home.sub("~", text)
        text = _VOLUME.sub("…", text)
        for path in (self._quoted_pattern, self._escaped_pattern, self._absolute_pattern, _WINDOWS_PATH, _NETWORK_PATH):
            text = path.sub(r"…/\g<last>", text)
        return text

    def _without_quoted_paths(self, text: str) -> str:
        for root in sorted({*self.worktrees, self.home}, key=len, reverse=True):
            text = text.replace(quote(root, safe=""), "~") if len(root) > 1 else text
        return _QUOTED_HOME.sub("~", text)

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
    def _root_names(self) -> str:
        own = {root.split("/")[1] for root in (*self.worktrees, self.home) if root.startswith("/") and len(root) > 1}
        return "|".join([_ROOTS, *(re.escape(name) for name in sorted(own | set(self.roots)))])

    @cached_property
    def _absolute_pattern(self) -> re.Pattern[str]:
        return re.compile(
            rf"(?:(?<![\w.~/…-])|{_AFTER})(?:file://(?:localhost)?)?/(?:{self._root_names})/+(?:{_NAME_CHARACTER}+/+)*"
            rf"(?P<last>{_NAME_CHARACTER}*)"
        )

    @cached_property
    def _quoted_pattern(self) -> re.Pattern[str]:
        """A path in quotes, whose folders may have spaces in their names."""
        return re.compile(
            rf"(?<=[\"'`])/(?:{self._root_names})/(?:[\w.@+ -]{{1,64}}/){{1,40}}"
            rf"(?P<last>[\w.@+ -]{{0,128}})(?=\\?[\"'`])"
        )

    @cached_property
    def _escaped_pattern(self) -> re.Pattern[str]:
        """A path with its slashes escaped, as in `sed` and some JSON."""
        return re.compile(rf"{_START}\\/(?:{self._root_names})(?:\\/[\w.@+-]+)*\\/(?P<last>[\w.@+-]*)")

    @cached_property
    def _user_pattern(self) -> re.Pattern[str] | None:
        if len(self.user) < 3 or self.user.lower() in _GENERIC_USERS:
            return None
        return re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=%2F)|(?<=\\[nrtbf])){re.escape(self.user)}(?![A-Za-z0-9])")
