"""What every change has in common."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from runbook.plan.changes.steps import Step


@runtime_checkable
class Change(Protocol):
    """One thing the plan alters on the host: it describes itself and returns steps.

    `do` gives the steps in order. `undo` gives the steps that put `before`
    back; each must be harmless when the change was never made, half made, or
    already undone.
    """

    @property
    def phase(self) -> str:
        """The part of the procedure it belongs to: prepare, network, cutover or settle."""

    @property
    def title(self) -> str:
        """What is done, in a few words."""

    @property
    def before(self) -> str:
        """What is there now, as the operator would read it."""

    @property
    def after(self) -> str:
        """What will be there."""

    def do(self) -> tuple[Step, ...]:
        """The steps that make the change."""

    def undo(self) -> tuple[Step, ...]:
        """The steps that put the host back."""
