"""`omas scan`: read what is new in the AI logs of this machine."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence

from omas_cli import ledger
from omas_cli.dates import since_ms
from omas_cli.scan.plan import Wanted
from omas_cli.scan.run import Summary, scan
from shared import output, transcripts
from shared.errors import UsageError

MOST_LINES_TOLD = 200


def run(*, since: str | None, project: str | None, tools: Sequence[str], force: bool, verbose: bool, json: bool) -> int:
    """1 when a source could not be read at all; skipped lines are no failure."""
    wanted = Wanted(tools=chosen_tools(tools), since_ms=since_ms(since), project=project, force=force)
    with _no_collection(), contextlib.ExitStack() as stack, ledger.opened() as book:

        def progress(total: int) -> Callable[[], None]:
            return stack.enter_context(output.progress(total, "Reading sessions"))

        summary = scan(book, wanted, processes=_processes, progress=progress)
    _print(summary, verbose=verbose, json=json)
    return 1 if summary.failures else 0


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """A scan makes many small objects and no circles; the collector would only walk them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _processes() -> int:
    from omas_cli.settings import SETTINGS
    from shared import config

    return config.load("omas", SETTINGS).integer("scan.processes")


def chosen_tools(tools: Sequence[str]) -> tuple[str, ...]:
    """The tools named, all when none is; UsageError for one there is no reader for."""
    for tool in tools:
        if tool not in transcripts.TOOLS:
            raise UsageError(f"There is no tool {tool!r}.", hint=f"Known: {', '.join(transcripts.TOOLS)}")
    return tuple(dict.fromkeys(tools)) or transcripts.TOOLS


def _print(summary: Summary, *, verbose: bool, json: bool) -> None:
    if json:
        output.print_json(_as_json(summary))
        return
    output.print_text(f"{output.counted(summary.sessions, 'session')} in the ledger, {summary.read} read now.")
    if summary.skipped_lines:
        files = output.counted(summary.skipped_files, "file")
        where = "" if verbose else " (-v says where)"
        output.print_text(f"{output.counted(summary.skipped_lines, 'line')} skipped in {files}{where}.")
    if verbose:
        for line in summary.skipped[:MOST_LINES_TOLD]:
            output.print_text(f"  {output.cell(line.path)}:{line.line}: {line.reason}")
    for path, reason in summary.failures:
        output.warn(f"{output.cell(path)}: {reason}; it will be tried again.")
    if not summary.found:
        output.say(f"No session logs were found of {', '.join(transcripts.TOOLS)}. Where one of them")
        output.say("keeps its logs elsewhere, set its variable: CLAUDE_CONFIG_DIR, CODEX_HOME and the like.")


def _as_json(summary: Summary) -> dict[str, object]:
    return {
        "sessions": summary.sessions,
        "found": summary.found,
        "read": summary.read,
        "skipped_lines": summary.skipped_lines,
        "skipped_files": summary.skipped_files,
        "skipped": [{"path": line.path, "line": line.line, "reason": line.reason} for line in summary.skipped],
        "failures": [{"path": path, "reason": reason} for path, reason in summary.failures],
    }
