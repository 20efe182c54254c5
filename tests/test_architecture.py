"""The house itself: what a start may load, that the arrows hold, and that the papers are true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("pydantic", "httpx", "rich", "sqlalchemy", "alembic", "libtmux", "starlette", "uvicorn", "msgspec",
         "anthropic", "textual", "cryptography", "asyncio", "sqlite3", "http.client", "ssl")  # fmt: skip
TOOLS = {"omar": "omar_daemon", "oobo": "oobo_hooks", "omas": "omas_cli"}


@pytest.mark.parametrize("tool", sorted(TOOLS))
@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_the_start_of_a_command_loads_nothing_heavy(tool: str, argument: str) -> None:
    program = (
        f"import sys; sys.argv = [{tool!r}, {argument!r}]\n"
        f"from {TOOLS[tool]}.main import main\n"
        "main()\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1].split() == ["loaded:"]


def test_the_arrows_between_the_packages_point_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_no_file_of_the_packages_reads_what_users_do_not_have() -> None:
    for package in (*TOOLS.values(), "shared", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            if path != Path(__file__):
                assert "../shared" not in path.read_text(), path


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_every_command_of_the_program_is_in_the_readme(tool: str) -> None:
    import importlib

    from typer.main import get_command

    command = get_command(importlib.import_module(f"{TOOLS[tool]}.main").app)
    readme = (ROOT / "README.md").read_text()
    for name, sub in command.commands.items():  # type: ignore[attr-defined]
        if not sub.hidden:
            assert f"`{tool} {name}" in readme, f"{tool} {name} is not in the README"


def test_every_relative_link_of_the_readme_leads_somewhere() -> None:
    import re

    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("package", [*TOOLS.values(), "shared"])
def test_files_stay_short_enough_to_have_one_subject(package: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_a_command_line_is_wired_for_the_verb_it_names_and_understood_all_the_same(tool: str) -> None:
    import importlib

    from typer.main import get_command

    from shared.cli import boundary

    app = importlib.import_module(f"{TOOLS[tool]}.main").app
    whole = get_command(app).commands  # type: ignore[attr-defined]
    for name in whole:
        assert list(get_command(boundary.what_is_called(app, [name])).commands) == [name]  # type: ignore[attr-defined]
    for arguments in ([], ["--help"], ["no-such-verb"]):
        assert boundary.what_is_called(app, arguments) is app


def test_the_console_scripts_load_their_modules_without_the_collector_and_work_with_it() -> None:
    program = (
        "import gc, sys; seen = []; sys.argv = ['omas', '--version']\n"
        "class Spy:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        seen.append((name, gc.isenabled()))\n"
        "sys.meta_path.insert(0, Spy())\n"
        "from omas_cli.__main__ import main\n"
        "assert main() == 0\n"
        "assert ('typer', False) in seen and gc.isenabled(), seen\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "omas 0.1.0\n"), done.stderr
