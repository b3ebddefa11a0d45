"""Reconfigures a guest's own network: inside it, with an undo there, or by a person."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.guest_steps import ApplyInside, ArmInside, AwaitPerson, UndoneInside
from runbook.plan.changes.steps import Step


@dataclass(frozen=True, slots=True)
class WatchInside:
    """Puts the undo into the guest before anything in it changes; `way` is how it is reached."""

    guest: str
    edit: str
    way: str

    phase = "prepare"

    @property
    def title(self) -> str:
        return f"put an undo into {self.guest}"

    @property
    def before(self) -> str:
        return f"{self.guest}: no undo in it"

    @property
    def after(self) -> str:
        return f"{self.guest}: puts itself back unless confirmed ({self.way})"

    def do(self) -> tuple[Step, ...]:
        return (ArmInside(self.guest, self.edit),)

    def undo(self) -> tuple[Step, ...]:
        """It takes itself away when it has run."""
        return (UndoneInside(self.guest),)


@dataclass(frozen=True, slots=True)
class Reconfigure:
    """The guest's files and its NIC as they are to be; `shown` is the edit in words."""

    guest: str
    edit: str
    shown: str
    old: str
    new: str

    phase = "cutover"

    @property
    def title(self) -> str:
        return f"give {self.guest} its address"

    @property
    def before(self) -> str:
        return self.old

    @property
    def after(self) -> str:
        return self.new

    def do(self) -> tuple[Step, ...]:
        return (ApplyInside(self.guest, self.edit, self.shown),)

    def undo(self) -> tuple[Step, ...]:
        return (UndoneInside(self.guest),)


@dataclass(frozen=True, slots=True)
class ReconfigureByHand:
    """The same by a person; `instructions` is what is shown, `wait_s` how long is waited."""

    guest: str
    mac: str
    address: str
    bridge: str
    instructions: str
    wait_s: int

    phase = "cutover"

    @property
    def title(self) -> str:
        return f"give {self.guest} its address, by hand"

    @property
    def before(self) -> str:
        return f"{self.guest}: not known, because runbook cannot enter the guest"

    @property
    def after(self) -> str:
        return self.instructions

    def do(self) -> tuple[Step, ...]:
        ip = self.address.partition("/")[0]
        return (AwaitPerson(self.guest, self.mac, ip, self.bridge, float(self.wait_s)),)

    def undo(self) -> tuple[Step, ...]:
        """Nobody but that person can."""
        return (UndoneInside(self.guest, by_hand=True),)
