"""What can go wrong with an event, in the words the person reads."""

from __future__ import annotations

from shared.errors import OmaError, UsageError


class InvalidEvent(UsageError):
    """A value in the request cannot be used."""


class UnknownEvent(OmaError):
    """No event of that id."""


class EventConflict(OmaError):
    """The id belongs to an event that says something else."""


class NotWritten(OmaError):
    """The store does not take that a delivery begins; nothing was typed."""
