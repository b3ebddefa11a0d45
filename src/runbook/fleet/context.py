"""Folders, clock and output of a fleet run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from runbook.common.clock import Clock
from runbook.fleet.progress import FleetProgress

Tell = Callable[[str], None]


def _nobody(_progress: FleetProgress) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, slots=True)
class FleetContext:
    """Where the fleet is run from: its folders, its clock, who reads its lines, who looks on.

    `leaves`: this program is only there for the run, so a signal may end it with the run; the
    kernel of a notebook stays. `patient`: the first Ctrl-C is a person's, and lets the hosts at
    work end their change; else it undoes at once.
    """

    params: Path
    outputs: Path
    clock: Clock
    tell: Tell
    draw: Callable[[FleetProgress], None] = field(default=_nobody)
    leaves: bool = True
    patient: bool = True
