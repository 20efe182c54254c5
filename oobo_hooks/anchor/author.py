"""What kind of author made a commit: automated, agent, assisted or human."""

from __future__ import annotations

import re

from oobo_hooks import environment
from oobo_hooks.anchor.facts import Identity
from oobo_hooks.anchor.linking import Caller
from shared.wire.anchors import AuthorType

_BOT = re.compile(
    r"\[bot\]|^(?:dependabot|renovate|github-actions|greenkeeper|snyk|pre-commit-ci|mergify|semantic-release|weblate)\b|"
    r"(?:^|[-_. ])bot$",
    re.IGNORECASE,
)


def is_bot(author: Identity) -> bool:
    """Whether the author's name or address is that of a program."""
    return bool(_BOT.search(author.name) or _BOT.search(author.email.split("@")[0]))


def is_ci(variables: dict[str, str]) -> bool:
    return any(environment.is_on(variables.get(name)) for name in environment.CI_VARIABLES)


def author_type(author: Identity, variables: dict[str, str], caller: Caller | None, ai_lines: int) -> AuthorType:
    """Bot or CI wins over an agent's environment; without either, lines decide between assisted and human.

    stdin is no evidence: git gives its hooks /dev/null, whoever commits.
    """
    if is_bot(author) or is_ci(variables):
        return "automated"
    if caller is not None:
        return "agent"
    return "assisted" if ai_lines else "human"
