"""The step that ends a process, and how it knows that it is the right one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kill:
    """A process ended at once, if it still is the program with exactly this command line.

    A number is given to another process once its own has ended.
    """

    pid: int
    running: tuple[str, ...]
    budget_s: float = 10.0

    def describe(self) -> str:
        """The command as one would type it."""
        return f"kill -KILL {self.pid}   # {shlex.join(self.running)}"
