"""How a Typer app becomes a grammar, and a grammar a file that no help text can break."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.main import get_command

from shared.cli.completions import bash, fish, zsh
from shared.cli.completions.grammar import FREE, Grammar, Values, read_grammar
from tests.completions.shells import SHELLS, Shell, require

SCRIPTS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}
app = typer.Typer(add_completion=False)
event = typer.Typer(help='It\'s about `events`; $(touch broken) "quoted" \\ back: slashed')
app.add_typer(event, name="event")


@app.command("show")
def show(name: str, lines: Annotated[int, typer.Option("--lines", "-n")] = 3) -> None:
    """Show one agent. More words."""


@app.command("wait")
def wait(names: list[str], health: Annotated[str, typer.Option(metavar="idle|dead|…")] = "idle") -> None: ...


@app.command("spawn")
def spawn(
    name: Annotated[str, typer.Option("--name")] = "",
    workdir: Annotated[Path, typer.Option(file_okay=False)] = Path(),
    shape: Annotated[Literal["round", "square"], typer.Option()] = "round",
    quiet: Annotated[bool, typer.Option("--quiet/--loud")] = False,
    secret: Annotated[bool, typer.Option("--secret", hidden=True)] = False,
) -> None: ...


@app.command("hide", hidden=True)
def hide() -> None: ...


@event.command("schedule")
def schedule(receiver: str, payload: Annotated[Path, typer.Argument()]) -> None: ...


@pytest.fixture
def grammar() -> Grammar:
    return read_grammar("tool", get_command(app))


def test_commands_are_found_at_every_depth_and_hidden_ones_are_not(grammar: Grammar) -> None:
    assert sorted(grammar.paths()) == ["/event", "/event/schedule", "/show", "/spawn", "/wait"]
    assert grammar.commands[""]["show"] == "Show one agent"


def test_an_agents_name_is_known_from_where_it_stands(grammar: Grammar) -> None:
    assert grammar.arguments["/show"] == [Values("agents")]
    assert grammar.arguments["/wait"] == [Values("agents")]
    assert grammar.repeating == {"/wait"}
    assert grammar.arguments["/event/schedule"] == [Values("agents"), Values("files")]
    assert grammar.option_values["/spawn"]["--name"] == FREE


def test_values_are_known_from_types_and_metavars(grammar: Grammar) -> None:
    assert grammar.option_values["/spawn"]["--workdir"] == Values("folders")
    assert grammar.option_values["/spawn"]["--shape"] == Values("words", ("round", "square"))
    assert grammar.option_values["/wait"]["--health"] == Values("words", ("idle", "dead"))
    assert grammar.option_values["/show"] == {"--lines": FREE, "-n": FREE}


def test_flags_take_no_value_and_both_their_names_are_offered(grammar: Grammar) -> None:
    assert {"--quiet", "--loud"} <= set(grammar.options["/spawn"])
    assert "--quiet" not in grammar.option_values["/spawn"]
    assert "--secret" not in grammar.options["/spawn"]


@pytest.mark.parametrize("shell", SHELLS)
def test_no_help_text_is_run_or_breaks_the_file(shell: Shell, grammar: Grammar, tmp_path: Path) -> None:
    require(shell)
    grammar.commands[""] |= {"odd": "'; touch broken; echo '$(touch broken) `touch broken` \\ __TOOL__ :"}
    file = tmp_path / f"tool.{shell}"
    file.write_text(SCRIPTS[shell](grammar))
    ask: dict[str, str] = {
        "bash": f"source {file}; COMP_WORDS=(tool o); COMP_CWORD=1; _tool_completion tool; echo ${{COMPREPLY[@]}}",
        "zsh": f"source {file}; _describe() {{ print -r -- ${{(P)@[-1]}} }}; words=(tool o); CURRENT=2; _tool",
        "fish": f"source {file}; complete -C 'tool o'",
    }
    done = subprocess.run([shell, "-c", ask[shell]], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "odd" in done.stdout
    assert not (tmp_path / "broken").exists()


def test_a_command_without_subcommands_or_options_still_makes_a_file_that_loads(tmp_path: Path) -> None:
    single: Any = typer.Typer(add_completion=False)
    single.command()(lambda: None)
    for shell in SHELLS:
        require(shell)
        file = tmp_path / f"single.{shell}"
        file.write_text(SCRIPTS[shell](read_grammar("single", get_command(single))))
        subprocess.run([shell, "-n", str(file)], check=True, timeout=20)
