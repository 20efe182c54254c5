"""`omar` starts here; `python -m omar_daemon` is the same."""

import sys

from shared.cli.start import start


def main() -> int:
    return start("omar_daemon")


if __name__ == "__main__":
    sys.exit(main())
