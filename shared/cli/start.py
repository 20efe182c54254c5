"""Where a console script begins, before anything heavy is loaded.

A command lives for a tenth of a second and makes some 50 000 objects while its modules load, none of them garbage:
searching them for garbage again and again, and once more at the exit, would be a sixth of its time.
"""

from __future__ import annotations

import gc
import importlib


def start(package: str, entry: str = "main") -> int:
    """Load the command line of `package` (its `main` module, or `entry`) and run its `main()`; the exit code."""
    gc.disable()
    main = importlib.import_module(f"{package}.{entry}").main
    gc.freeze()
    gc.enable()
    code: int = main()
    gc.freeze()
    return code
