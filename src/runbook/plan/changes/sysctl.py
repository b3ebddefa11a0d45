"""Kernel parameters, at run time; the file that keeps them is a change of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from runbook.common.serial import LATER
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.steps import Step, Sysctl


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """One parameter; `shaken` are others that the kernel resets along with it.

    Writing a forwarding switch makes the kernel overwrite the per-interface
    switches and the redirect settings, so the undo writes those back too.
    The NICs that `bonds` do not use say nothing about the switch of IPv6.
    """

    name: str
    value: str
    value_before: str
    shaken: tuple[tuple[str, str], ...] = ()
    bonds: tuple[str, ...] = field(default=(), metadata=LATER)

    phase = "prepare"

    @property
    def title(self) -> str:
        return f"set {self.name}"

    @property
    def before(self) -> str:
        return f"{self.name} = {self.value_before}"

    @property
    def after(self) -> str:
        return f"{self.name} = {self.value}"

    def do(self) -> tuple[Step, ...]:
        return self._hushed(Sysctl(self.name, self.value))

    def undo(self) -> tuple[Step, ...]:
        """The switch first: it is what overwrites the others."""
        others = tuple(Sysctl(name, value) for name, value in self.shaken)
        return self._hushed(Sysctl(self.name, self.value_before), *others)

    def _hushed(self, *steps: Step) -> tuple[Step, ...]:
        if not self.bonds:
            return steps
        return (HushIdlePorts(self.bonds, on=True), *steps, HushIdlePorts(self.bonds, on=False))


@dataclass(frozen=True, slots=True)
class TuneBridge:
    """Parameters of the bridge itself, which are there only while it is."""

    bridge: str
    sysctls: tuple[tuple[str, str], ...]

    phase = "network"

    @property
    def title(self) -> str:
        return f"have {self.bridge} announce the address, and speak for no other"

    @property
    def before(self) -> str:
        return f"{self.bridge}: as every new interface"

    @property
    def after(self) -> str:
        return "\n".join(f"{name} = {value}" for name, value in self.sysctls)

    def do(self) -> tuple[Step, ...]:
        return tuple(Sysctl(name, value) for name, value in self.sysctls)

    def undo(self) -> tuple[Step, ...]:
        """Nothing: they go with the bridge."""
        return ()
