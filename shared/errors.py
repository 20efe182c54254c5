"""The one tree of errors a person may see; the exit code is part of the class.

    OmaError                1   what was asked for failed, or a finding
    ├── UsageError          2   the command line or a value in it is wrong
    ├── UnavailableError   69   the daemon, a server or a program is not there
    ├── QueuedError        75   not done now, kept, will be retried
    ├── NotAuthorisedError 77   no key, or a refused one
    └── ConfigError        78   a configuration or state file cannot be used

Anything else that reaches the boundary (`shared.cli.boundary`) is a bug: exit 3 and a report file.
^C is 130. (DESIGN 5.5; sysexits for the large numbers.)
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_BUG = 3
EXIT_INTERRUPTED = 130


class OmaError(Exception):
    """What happened, why, and what to do about it.

    `message` is one sentence that says what happened and why; `hint`, if there is one, says what to do.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(OmaError):
    exit_code = 2


class UnavailableError(OmaError):
    exit_code = 69


class QueuedError(OmaError):
    exit_code = 75


class NotAuthorisedError(OmaError):
    exit_code = 77


class ConfigError(OmaError):
    exit_code = 78
