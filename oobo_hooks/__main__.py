"""`oobo` starts here; `python -m oobo_hooks` is the same."""

import sys

from shared.cli.start import start


def main() -> int:
    return start("oobo_hooks")


if __name__ == "__main__":
    sys.exit(main())
