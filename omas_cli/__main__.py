"""`omas` starts here; `python -m omas_cli` is the same."""

import sys

from shared.cli.start import start


def main() -> int:
    return start("omas_cli")


if __name__ == "__main__":
    sys.exit(main())
