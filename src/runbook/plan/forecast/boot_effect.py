"""One thing that a boot does to the host's network, and its place in the order of the boot."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.promise.check import Check
from runbook.state.snapshot import Snapshot
from runbook.state.units import UnitRow


@dataclass(frozen=True, slots=True)
class BootEffect:
    """One thing that a boot does; `then` says what to do if it is not as promised."""

    about: str
    reads: str
    promised: str
    does: str
    kept: bool
    then: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class BootStep:
    """An effect with its place in the order of the boot, counted from 1."""

    order: int
    effect: BootEffect

    def check(self) -> Check:
        """The effect as a check of the verdict."""
        effect = self.effect
        about = f"boot {self.order}: {effect.about}"
        return Check(about, effect.promised, effect.does, effect.kept, effect.required)


def started(names: tuple[str, ...], snapshot: Snapshot, why: str) -> BootEffect:
    """Whether systemd starts one of these units at a boot; `why` says what needs it."""
    row = (snapshot.find(UnitRow, name) for name in names)
    states = {unit.name: unit.state for unit in row if unit and unit.state}
    shown = ", ".join(f"{name} {state}" for name, state in states.items()) or "not installed"
    then = f"{why}: systemctl enable {next(iter(states), names[0])}"
    kept = any(state in ("enabled", "alias") for state in states.values())
    return BootEffect(" or ".join(states) or names[0], "systemd", "enabled", shown, kept, then)
