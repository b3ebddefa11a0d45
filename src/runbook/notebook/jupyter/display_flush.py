"""A drawing waits for printed text only if some was printed.

Before each drawing ipykernel hands what is printed to the thread that sends it, and waits for that
thread, twice. A change draws two hundred times and prints nothing: that was a twentieth of its
processor time. Drawings and text go by the same thread, so their order stays.
Loaded into each kernel by scripts/ipython_kernel_config.py.
"""

from __future__ import annotations

import sys
from typing import Any


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no annotations
    """Have this kernel's drawings look first."""
    publisher = shell.display_pub
    plain = publisher._flush_streams  # noqa: SLF001 - nothing else leads there

    def flush() -> None:
        if any(map(_may_hold, (sys.stdout, sys.stderr))):
            plain()

    publisher._flush_streams = flush  # noqa: SLF001 - likewise


def _may_hold(stream: object) -> bool:
    """Whether it has text that was not sent yet, or is no stream of ipykernel's."""
    return bool(getattr(stream, "_buffers", True))
