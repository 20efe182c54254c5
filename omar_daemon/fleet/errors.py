"""What can go wrong with agents, in the words the person reads. The HTTP surface maps each class to a status."""

from __future__ import annotations

from shared.errors import OmaError, UnavailableError, UsageError


class TmuxError(OmaError):
    """tmux refused a command, or could not be run."""


class TmuxMissing(TmuxError, UnavailableError):
    """There is no tmux on this machine."""

    exit_code = UnavailableError.exit_code


class InvalidRequest(UsageError):
    """A value in the request cannot be used."""


class UnknownAgent(OmaError):
    """No agent of that name."""


class NameTaken(OmaError):
    """An agent of that name exists, alive or dead."""


class TooManyAgents(OmaError):
    """The limit `api.max_agents` is reached."""


class AgentDead(OmaError):
    """The agent's program has ended."""


class KillRefused(OmaError):
    """The agent is the manager, or a person is attached to it."""


class SpawnFailed(OmaError):
    """The command could not be started, or ended at once."""


class DeliveryFailed(OmaError):
    """The text could not be brought to the agent."""


class InputOccupied(OmaError):
    """What stands in the agent's input, or in its place, must not be touched; nothing was typed."""
