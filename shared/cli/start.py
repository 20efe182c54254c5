"""Where a console script begins, before anything heavy is loaded.

A command lives for a tenth of a second and makes some 50 000 objects while its modules load, none of them garbage:
searching them for garbage again and again, and once more at the exit, would be a sixth of its time.
"""

from __future__ import annotations

import gc
import importlib


def start(package: str) -> int:
    """Load the command line of `package` (its `main` module) and run it; the exit code."""
    gc.disable()
    main = importlib.import_module(f"{package}.main").main
    gc.freeze()
    gc.enable()
    code: int = main()
    gc.freeze()
    return code
