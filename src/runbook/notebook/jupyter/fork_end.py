"""The end of a process that was forked and not started.

At its end Python takes apart all that it has in memory. In a fork that copies what all forks share,
page by page, only to throw it away: a fifth of what a host of a fleet costs.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn


def end_with(work: Callable[[], object]) -> NoReturn:
    """Do it, and end as a program does that did nothing else; its memory is left to Linux."""
    status = _status_of(work)
    # What Python does before it takes its memory apart, in its order.
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else does it
    atexit._run_exitfuncs()  # noqa: SLF001 - likewise
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


def _status_of(work: Callable[[], object]) -> int:
    try:
        work()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)  # noqa: T201 - as Python does
        return 1
    except BaseException:  # noqa: BLE001 - as Python does with what nobody caught
        traceback.print_exc()
        return 1
    return 0
