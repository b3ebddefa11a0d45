"""A kernel that is asked to end does so at once.

ipykernel 7 stops the thread that sends what is printed, and may flush what is printed after that.
The flush waits 10 s for that thread. Whoever asked gives up after 5 s, and ends the kernel by a
signal: so a run of papermill takes 5 s longer, most often on a busy machine.
Loaded into each kernel by scripts/ipython_kernel_config.py.
"""

from __future__ import annotations

import sys
from typing import Any


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no annotations
    """Have this kernel flush before it ends, and not later."""
    kernel = shell.kernel
    plain = kernel.do_shutdown

    def do_shutdown(restart: bool) -> Any:  # noqa: ANN401, FBT001 - as ipykernel has it
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            # Of this stream alone.
            stream.flush = _nothing  # type: ignore[method-assign]
        return plain(restart)

    kernel.do_shutdown = do_shutdown


def _nothing() -> None:
    """All is flushed."""
