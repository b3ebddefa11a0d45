"""The steps of a revert, and those by which its own undo makes the confirmed change again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal

from runbook.plan.changes.processes import StartClient

Part = Literal["files", "network", "rest"]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """One part of the undo of a confirmed change, run from the revert's own script.

    `lines` says what the part does, as an undo of that change would be described.
    """

    script: str
    part: Part
    lines: tuple[str, ...]
    budget_s: float

    @property
    def cuts(self) -> bool:
        """Whether the part moves the address that the operator comes by."""
        return self.part == "network"

    def describe(self) -> str:
        return "\n".join((f"sh {self.script} {self.part}", *self.lines))


@dataclass(frozen=True, slots=True)
class RaiseNetwork:
    """A libvirt network defined as it was when the revert was armed, started, and autostarted."""

    name: str
    bridge: str
    path: str
    budget_s: float = 30.0

    def describe(self) -> str:
        return f"virsh net-define {self.path}; virsh net-start {self.name}"


@dataclass(frozen=True, slots=True)
class InsertRule:
    """A firewall rule put in unless it is there."""

    check: tuple[str, ...]
    insert: tuple[str, ...]
    budget_s: float = 10.0

    def describe(self) -> str:
        return shlex.join(self.insert)


@dataclass(frozen=True, slots=True)
class EndOwnClient:
    """The host's own DHCP client ended, which `client` has started."""

    client: StartClient
    budget_s: float = 10.0

    def describe(self) -> str:
        return f"kill {shlex.join(self.client.argv)}"


RevertStep = TakeBack | RaiseNetwork | InsertRule | EndOwnClient
