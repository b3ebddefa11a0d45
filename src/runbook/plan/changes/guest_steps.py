"""The steps of a guest's change: at libvirt, at the bridge, and inside the guest.

What is done inside has an undo of its own, which stands in the guest; a plan
holds the digest of what it is, and never a whole file of the guest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Where libvirt keeps what a guest is defined as; the file is NAME.xml.
DEFINITIONS = "/etc/libvirt/qemu"
Which = Literal["live", "config"]


@dataclass(frozen=True, slots=True)
class Plug:
    """Update a guest's NIC in libvirt: `xml` is its <interface>, found by its MAC.

    `which` is the running guest or its definition; `source` the network or bridge in `xml`.
    """

    guest: str
    mac: str
    source: str
    xml: str
    which: Which
    budget_s: float = 14.0

    def describe(self) -> str:
        return f"virsh update-device {self.guest} NIC.xml --{self.which}   # {self.source}"


@dataclass(frozen=True, slots=True)
class AwaitForwarding:
    """Wait until the bridge forwards on the port: with STP on it listens and learns first."""

    port: str
    bridge: str
    budget_s: float = 10.0

    def describe(self) -> str:
        return f"wait until {self.bridge} forwards on {self.port}"


@dataclass(frozen=True, slots=True)
class ArmInside:
    """Copy the originals inside the guest, put an undo beside them, start its timer.

    `edit` is the digest of what is to be done there.
    """

    guest: str
    edit: str
    budget_s: float = 40.0

    def describe(self) -> str:
        return f"in {self.guest}: keep the originals, put the undo beside them, start its timer"


@dataclass(frozen=True, slots=True)
class ApplyInside:
    """Make the edit inside the guest, on disk and live; `shown` is the edit in words."""

    guest: str
    edit: str
    shown: str
    budget_s: float = 90.0

    def describe(self) -> str:
        return f"in {self.guest}: {self.shown}"


@dataclass(frozen=True, slots=True)
class AwaitPerson:
    """Wait until a person has done it in the guest: its MAC answers for the address on `ifname`."""

    guest: str
    mac: str
    address: str
    ifname: str
    budget_s: float

    def describe(self) -> str:
        return f"in {self.guest}, by hand; wait until {self.mac} answers for {self.address}"


@dataclass(frozen=True, slots=True)
class UndoneInside:
    """What the guest's own undo puts back; only ever part of an undo, and done by the guest."""

    guest: str
    by_hand: bool = False
    budget_s: float = 5.0

    def describe(self) -> str:
        if self.by_hand:
            return f"in {self.guest}: by hand, as the instructions say"
        return f"in {self.guest}: its own undo, by its own timer"


GuestStep = Plug | AwaitForwarding | ArmInside | ApplyInside | AwaitPerson | UndoneInside
