"""Work that goes on while other cells run."""

from __future__ import annotations

import threading
from collections.abc import Callable


def in_background(call: Callable[[], None], name: str) -> None:
    """In a thread of its own that keeps no program from ending."""
    threading.Thread(target=call, daemon=True, name=name).start()
