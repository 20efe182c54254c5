"""The codes of RFC 8628: what a program waits with, and what a person confirms."""

from __future__ import annotations

import enum
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

LIFETIME_SECONDS = 900.0
INTERVAL_SECONDS = 5.0
SLOWER_BY_SECONDS = 5.0
MOST_WAITING = 500
# No vowels (no words) and nothing that looks like something else (RFC 8628, 6.1).
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


class Decision(enum.Enum):
    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass
class Grant:
    """One login that waits. `user` is whom the key will belong to, set when it is approved."""

    device_code: str
    user_code: str
    client: str
    ends_at: float
    interval: float = INTERVAL_SECONDS
    polled_at: float | None = None
    decision: Decision = Decision.WAITING
    user: str = ""


class Codes:
    """All logins that wait, in memory: they live for 15 minutes, and a restart only asks to begin again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_device: dict[str, Grant] = {}

    def begin(self, client: str) -> Grant | None:
        """A new login; None when too many wait."""
        self._sweep()
        now = self._clock()
        if sum(now < grant.ends_at for grant in self._by_device.values()) >= MOST_WAITING:
            return None
        letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        grant = Grant(
            secrets.token_urlsafe(32), f"{letters[:4]}-{letters[4:]}", client, self._clock() + LIFETIME_SECONDS
        )
        self._by_device[grant.device_code] = grant
        return grant

    def waiting(self, typed: str) -> Grant | None:
        """The login a person means, however he types its code; None when none waits under it."""
        letters = "".join(letter for letter in typed.upper() if letter in ALPHABET)
        self._sweep()
        return next(
            (
                grant
                for grant in self._by_device.values()
                if grant.decision is Decision.WAITING
                and self._clock() < grant.ends_at
                and grant.user_code.replace("-", "") == letters
            ),
            None,
        )

    def poll(self, device_code: str) -> Grant | str:
        """The approved login, which is then used up; else the error code of RFC 8628."""
        grant = self._by_device.get(device_code)
        if grant is None:
            return "invalid_grant"
        now = self._clock()
        if now >= grant.ends_at:
            del self._by_device[device_code]
            return "expired_token"
        too_soon = grant.polled_at is not None and now - grant.polled_at < grant.interval
        grant.polled_at = now
        if grant.decision is not Decision.WAITING:
            del self._by_device[device_code]
            return grant if grant.decision is Decision.APPROVED else "access_denied"
        if too_soon:
            grant.interval += SLOWER_BY_SECONDS
            return "slow_down"
        return "authorization_pending"

    def _sweep(self) -> None:
        """Forget what ended a while ago; until then a late question gets `expired_token`."""
        now = self._clock()
        self._by_device = {
            code: grant for code, grant in self._by_device.items() if now < grant.ends_at + LIFETIME_SECONDS
        }
