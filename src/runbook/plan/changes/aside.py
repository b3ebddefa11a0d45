"""Files that a change moves aside, and that its undo brings back."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

# No program that reads leases takes a file of this ending for one.
ENDING = ".runbook-aside"


@dataclass(frozen=True, slots=True)
class MoveAside:
    """A file renamed in its own folder; absent already is fine."""

    path: str
    budget_s: float = 5.0

    @property
    def aside(self) -> str:
        """Where it is afterwards."""
        return f"{self.path}{ENDING}"

    def describe(self) -> str:
        return f"mv {shlex.join((self.path, self.aside))}"


@dataclass(frozen=True, slots=True)
class PutBack:
    """The file renamed back, or restored if the change did not get to move it; only in an undo."""

    path: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"mv {shlex.join((f'{self.path}{ENDING}', self.path))}"
