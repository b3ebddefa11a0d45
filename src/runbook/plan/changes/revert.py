"""A confirmed change taken back, as changes: the script of the revert, and its three parts."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.common import octets
from runbook.plan.changes.file_steps import Restore, WriteFile
from runbook.plan.changes.revert_steps import Part, TakeBack
from runbook.plan.changes.steps import Step

PROGRAM = 0o700
# An undo that has to restart a hung libvirt takes this long.
BUDGETS: dict[Part, float] = {"files": 10.0, "network": 14.0, "rest": 90.0}


@dataclass(frozen=True, slots=True)
class RevertScript:
    """The undo of the confirmed change, written anew from its plan, beside the originals."""

    path: str
    text: str

    phase = "prepare"
    title = "put the script of the revert on the host"

    @property
    def before(self) -> str:
        return f"{self.path}: not needed yet"

    @property
    def after(self) -> str:
        return f"{self.path}:\n{self.text}"

    def do(self) -> tuple[Step, ...]:
        return (WriteFile(self.path, octets.bytes_of(self.text), PROGRAM),)

    def undo(self) -> tuple[Step, ...]:
        return (Restore(self.path),)


@dataclass(frozen=True, slots=True)
class RevertPart:
    """One part of the confirmed change taken back; `again` makes that part once more.

    `lines` describes what is undone, `before` and `after` what the host has without and with it.
    """

    phase: str
    title: str
    before: str
    after: str
    script: str
    part: Part
    lines: tuple[str, ...]
    again: tuple[Step, ...]

    def do(self) -> tuple[Step, ...]:
        return (TakeBack(self.script, self.part, self.lines, BUDGETS[self.part]),)

    def undo(self) -> tuple[Step, ...]:
        """The confirmed change is made again, as far as this part goes."""
        return self.again
