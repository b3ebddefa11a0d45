"""All that the rules about guests may look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.guest.target import Target
from runbook.preflight.finding import Case


@dataclass(frozen=True, slots=True)
class GuestCase(Case):
    """A host's case, and each guest that the plan is about."""

    targets: tuple[Target, ...]

    def each(self) -> Iterator[tuple[str, Target]]:
        """Each guest, and how a finding names it."""
        return ((f"guest {target.guest.name}", target) for target in self.targets)
