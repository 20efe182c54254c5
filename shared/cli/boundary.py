"""The one place where an error becomes words and an exit code.

Every console script is `run(tool, app)`: known errors are one sentence on stderr with the code of their class; an
unexpected one writes a report file without secrets and names it; `--debug` shows the traceback.
"""

from __future__ import annotations

import contextlib
import copy
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from shared import __version__, output
from shared.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OK, OmaError

if TYPE_CHECKING:
    from shared.paths import Tool


def run(tool: Tool, app: Any, argv: Sequence[str] | None = None) -> int:
    """Run the Typer `app` with `argv` (the process's own unless given) and return the exit code."""
    arguments, debug = _take_debug(list(sys.argv[1:] if argv is None else argv))
    return guarded(tool, arguments, lambda: _call(tool, app, arguments), debug=debug)


def guarded(tool: Tool, arguments: list[str], work: Callable[[], int], *, debug: bool | None = None) -> int:
    """The exit code of `work`, which does what `arguments` ask for; errors become words and codes."""
    if debug is None:
        debug = _take_debug(arguments)[1]
    try:
        code = work()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _give_up_stdout()
        return EXIT_OK
    except KeyboardInterrupt:
        output.say("Interrupted.")
        return EXIT_INTERRUPTED
    except OmaError as error:
        _show_traceback(debug)
        _say_error(tool, error.message, error.hint)
        return error.exit_code
    except OSError as error:
        # The machine refused something nobody foresaw: a full disk behind stdout, no more files.
        _show_traceback(debug)
        _give_up_stdout()
        _say_error(tool, _machine_sentence(error), None)
        return OmaError.exit_code
    except Exception as error:
        _show_traceback(debug)
        return _bug(tool, arguments, error)


def _show_traceback(debug: bool) -> None:
    if debug:
        import traceback

        traceback.print_exc()


def _give_up_stdout() -> None:
    """Nobody can read what is still buffered; Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _machine_sentence(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    return f"The system refused: {error.strerror or error}{where}."


def _take_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """`--debug` may stand anywhere before a bare `--`; no command needs to know it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [word for word in arguments[:end] if word != "--debug"]
    return kept + arguments[end:], len(kept) < end or os.environ.get("OMA_DEBUG") == "1"


def _call(tool: Tool, app: Any, arguments: list[str]) -> int:
    # Typer carries its own copy of click and has no public name for this class; hence the narrow pin.
    from typer import Abort
    from typer._click.exceptions import ClickException
    from typer.main import get_command

    command = get_command(what_is_called(app, arguments))
    try:
        code = command.main(args=arguments, prog_name=tool, standalone_mode=False)
    except ClickException as error:
        _say_usage(tool, error)
        return error.exit_code
    except Abort:
        output.say("Interrupted.")
        return EXIT_INTERRUPTED
    return code if isinstance(code, int) else EXIT_OK


def what_is_called(app: Any, arguments: list[str]) -> Any:
    """`app` with the one verb that the command line names: making all thirty takes ten times as long.

    All of it where none is named or it is not known: then the help, or the closest name, is asked for.
    """
    word = arguments[0] if arguments else ""
    if word == "--version":
        return _with_only(app, [], [])
    groups = [group for group in app.registered_groups if group.name == word]
    commands = [command for command in app.registered_commands if command.name == word]
    return _with_only(app, commands, groups) if commands or groups else app


def _with_only(app: Any, commands: list[Any], groups: list[Any]) -> Any:
    reduced = copy.copy(app)
    reduced.registered_commands, reduced.registered_groups = commands, groups
    return reduced


def _say_usage(tool: Tool, error: Any) -> None:
    from typer._click.exceptions import NoArgsIsHelpError, NoSuchOption

    message = error.format_message()
    if isinstance(error, NoArgsIsHelpError):
        output.say(message)
        return
    context = getattr(error, "ctx", None)
    hint = f"See `{context.command_path if context is not None else tool} --help`."
    if isinstance(error, NoSuchOption):
        hint += " A text that begins with a dash goes behind ` -- `."
    _say_error(tool, message, hint)


def _say_error(tool: Tool, message: str, hint: str | None) -> None:
    output.say(f"{tool}: {output.printable(message)}")
    if hint:
        output.say(f"  {output.printable(hint)}")


def _bug(tool: Tool, arguments: list[str], error: Exception) -> int:
    kept = None
    with contextlib.suppress(OmaError, OSError, RuntimeError):
        kept = _write_report(tool, arguments, error)
    where = f"A report without your data is in {kept}." if kept else "Run it again with --debug to see where."
    _say_error(tool, f"This is a bug in {tool}: {type(error).__name__}.", where)
    return EXIT_BUG


def _write_report(tool: Tool, arguments: list[str], error: Exception) -> str:
    """Versions, the verbs of the command line (no values) and the stack without the values in it."""
    import platform
    import time
    import traceback

    from shared import durable, paths

    verbs = [word for word in arguments[:2] if word.isalpha()]
    stack = "".join(traceback.format_tb(error.__traceback__))
    body = "\n".join(
        [
            f"{tool} {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: {tool} {' '.join(verbs)} …",
            f"error: {type(error).__name__}",
            stack.replace(str(paths.user_home()), "~"),
        ]
    )
    path = paths.reports_dir(tool) / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    durable.write_atomic(path, body)
    return str(path)
