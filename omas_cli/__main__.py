"""`omas` starts here; `python -m omas_cli` is the same."""

import sys

from shared.cli.start import start


def main() -> int:
    return start("omas_cli", "quick" if is_bare_scan(sys.argv[1:]) else "main")


def is_bare_scan(arguments: list[str]) -> bool:
    """Whether the command line is a scan with nothing but flags: `quick` does it without a parser."""
    return arguments[:1] == ["scan"] and set(arguments[1:]) <= {"--force", "--json", "--verbose", "-v"}


if __name__ == "__main__":
    sys.exit(main())
