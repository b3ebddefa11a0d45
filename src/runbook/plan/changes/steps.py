"""The few kinds of step a change is made of; each is data that another module performs.

`budget_s` is how long the step may take before it counts as failed, in
seconds: the deadline of a plan is computed from these. `describe` gives the step as a
person would type it, or says what is waited for.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from runbook.common.serial import LATER
from runbook.params.fields import CARRIERS
from runbook.plan.changes.aside import MoveAside, PutBack
from runbook.plan.changes.file_steps import (
    EditFile,
    MakeDir,
    RemoveDir,
    RemoveFile,
    Restore,
    WriteFile,
)
from runbook.plan.changes.guest_steps import GuestStep
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.messages import Message, is_ipv6
from runbook.plan.changes.processes import EndUnit, Kill, StartClient
from runbook.plan.changes.revert_steps import RevertStep
from runbook.plan.changes.two_bridges import (
    CloseShortcut,
    HurryKernel,
    JoinBridges,
    OpenShortcut,
    TakePorts,
)
from runbook.plan.changes.waits import (
    AwaitAdmitted,
    AwaitCarrier,
    AwaitLinkLocal,
    AwaitRouter,
    Relearn,
)

NETWORKS = "/etc/libvirt/qemu/networks"


@runtime_checkable
class OnPath(Protocol):
    """A step about one file or folder of the host."""

    @property
    def path(self) -> str:
        """Which."""


@dataclass(frozen=True, slots=True)
class Netlink:
    """One netlink datagram: the kernel works through all of it, even if the sender dies."""

    messages: tuple[Message, ...]
    budget_s: float = 5.0

    def describe(self) -> str:
        return "\n".join("ip " + " ".join(message.words()) for message in self.messages)


@dataclass(frozen=True, slots=True)
class GatedNetlink(Netlink):
    """Two netlink datagrams: the first so many messages, and the others, which follow at once.

    They follow only if the kernel made all of the first, and the host itself sends both.

    `joining` is an interface that becomes the port of a bridge with the pair of veth as another
    one. What comes in for it goes by that pair meanwhile: while the kernel makes it a port, it
    drops every frame. Where the host has no nft, some are lost.
    """

    first: int = 1
    joining: str = field(default="", metadata=LATER)

    def describe(self) -> str:
        lines = Netlink.describe(self)
        if not self.joining:
            return lines
        return f"{lines}\n# nft: meanwhile, frames for {self.joining} go by {CARRIERS[1]}"


@dataclass(frozen=True, slots=True)
class Detour(Netlink):
    """Routes that lead by the NIC itself until the next datagram; only ever part of an undo."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program run on the host, never through a shell; `stdin` is given to it."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    budget_s: float = 10.0

    def describe(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Sysctl:
    """One kernel parameter set at run time."""

    name: str
    value: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"sysctl -w {self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class Announce:
    """Gratuitous ARP for `address` from `ifname`, with that interface's own MAC.

    For an IPv6 address an unsolicited neighbour advertisement (RFC 4861, 7.2.6).
    """

    ifname: str
    address: str
    budget_s: float = 5.0

    def describe(self) -> str:
        if is_ipv6(self.address):
            return f"ndsend {self.address} {self.ifname}"
        return f"arping -U -I {self.ifname} {self.address}"


@dataclass(frozen=True, slots=True)
class CarryNeighbours:
    """The neighbours known on one interface, made known on another; an undo takes both families.

    Which they are is read when the step is made: they come and go.
    """

    source: str
    target: str
    family: str = "inet"
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"make the neighbours known on {self.source} known on {self.target}"


@dataclass(frozen=True, slots=True)
class NeedNic:
    """The interface is there, by this name, and up; only ever part of an undo.

    If it is not, the undo says which interface has its MAC now, and what to type.
    """

    ifname: str
    mac: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"ip link set dev {self.ifname} up   # the interface with the MAC {self.mac}"


@dataclass(frozen=True, slots=True)
class DropNetwork:
    """A libvirt network stopped and its definition removed; only ever part of an undo.

    `chains_of` names the iptables programs in which libvirt had no chains of
    its own before: there its empty chains are taken away as well.
    """

    name: str
    bridge: str
    chains_of: tuple[str, ...] = ()
    budget_s: float = 15.0

    def describe(self) -> str:
        return f"virsh net-destroy {self.name}; virsh net-undefine {self.name}"

    @property
    def files(self) -> tuple[str, ...]:
        """The network's files: its definition, and the link that has libvirt start it at boot."""
        return (f"{NETWORKS}/{self.name}.xml", f"{NETWORKS}/autostart/{self.name}.xml")


@dataclass(frozen=True, slots=True)
class DropAttached:
    """A libvirt network onto somebody else's bridge stopped and forgotten; only part of an undo.

    The bridge, its ports and the guests in it stay.
    """

    name: str
    budget_s: float = 15.0

    def describe(self) -> str:
        return f"virsh net-destroy {self.name}; virsh net-undefine {self.name}"

    @property
    def files(self) -> tuple[str, ...]:
        """The network's files: its definition, and the link that has libvirt start it at boot."""
        return (f"{NETWORKS}/{self.name}.xml", f"{NETWORKS}/autostart/{self.name}.xml")


@dataclass(frozen=True, slots=True)
class Unless:
    """A command that is left out while a program with exactly this command line runs.

    Only plans of version 0.1 hold it; `StartClient` stands in its place.
    """

    running: tuple[str, ...]
    argv: tuple[str, ...]
    budget_s: float = 15.0

    def describe(self) -> str:
        return f"{shlex.join(self.argv)}   # unless it runs already"


Step = (
    Netlink
    | GatedNetlink
    | Detour
    | WriteFile
    | EditFile
    | MakeDir
    | RemoveDir
    | Restore
    | RemoveFile
    | Command
    | MoveAside
    | PutBack
    | Kill
    | StartClient
    | EndUnit
    | Sysctl
    | Announce
    | CarryNeighbours
    | AwaitAdmitted
    | AwaitCarrier
    | AwaitLinkLocal
    | AwaitRouter
    | Relearn
    | NeedNic
    | HurryKernel
    | HushIdlePorts
    | JoinBridges
    | TakePorts
    | OpenShortcut
    | CloseShortcut
    | DropNetwork
    | DropAttached
    | Unless
    | RevertStep
    | GuestStep
)
