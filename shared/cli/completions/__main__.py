"""`python -m shared.cli.completions DIR`: writes DIR/{omar,oobo,omas}.{bash,zsh,fish}.

Each command is asked for its own files, because `shared` knows none of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shared.cli.completions.verbs import SHELLS

MODULES = {"omar": "omar_daemon.main", "oobo": "oobo_hooks.main", "omas": "omas_cli.main"}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m shared.cli.completions DIR\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for tool, module in MODULES.items():
        for shell in SHELLS:
            command = [sys.executable, "-m", module, "completions", "show", shell]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
            if done.returncode:
                return done.returncode
            (folder / f"{tool}.{shell}").write_bytes(done.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
