"""Why a computer action is refused. `shared.errors` carries the sentence; the surface chooses the status."""

from __future__ import annotations

from shared.errors import OmaError, UnavailableError


class NoDisplay(UnavailableError):
    """There is no desktop that can be seen and used from here."""


class LockNeeded(OmaError):
    """The caller holds no lock, and nobody else does."""


class LockedByOther(OmaError):
    """Somebody else holds the lock."""


class NotHolder(OmaError):
    """A lock of somebody else cannot be released."""


class InvalidAction(OmaError):
    """The action, its place or its text cannot be done."""


class TooMuchText(InvalidAction):
    """More text than is typed at once."""
