"""Connections that were there before connection tracking began.

libvirt's NAT rules start connection tracking. A TCP connection that is older
is then met in the middle; if its next packet leaves the host while those
rules match, it is taken for a new one, its source port is rewritten, and it
is dead: the operator's own SSH session among the first. With
nf_conntrack_tcp_loose off, such a packet is not tracked and passes as it is.
The rules match the NIC by name, so once the address is on the bridge the
setting can go back to what it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.steps import Command, Step, Sysctl

LOOSE = "net.netfilter.nf_conntrack_tcp_loose"
STRICT = "0"


@dataclass(frozen=True, slots=True)
class HoldTracking:
    """Before the network starts: leave connections alone that are met in the middle."""

    value_before: str
    loaded: bool

    phase = "network"
    title = "leave the connections that are open alone"

    @property
    def before(self) -> str:
        return f"{LOOSE} = {self.value_before}"

    @property
    def after(self) -> str:
        return f"{LOOSE} = {STRICT}"

    def do(self) -> tuple[Step, ...]:
        """The setting is there only once the module is."""
        load: tuple[Step, ...] = () if self.loaded else (Command(("modprobe", "nf_conntrack")),)
        return (*load, Sysctl(LOOSE, STRICT))

    def undo(self) -> tuple[Step, ...]:
        """Back, once the network's rules are gone."""
        return (Sysctl(LOOSE, self.value_before),)


@dataclass(frozen=True, slots=True)
class ReleaseTracking:
    """After the cutover: the setting as it was."""

    value_before: str

    phase = "settle"
    title = "track connections as before"

    @property
    def before(self) -> str:
        return f"{LOOSE} = {STRICT}"

    @property
    def after(self) -> str:
        return f"{LOOSE} = {self.value_before}"

    def do(self) -> tuple[Step, ...]:
        return (Sysctl(LOOSE, self.value_before),)

    def undo(self) -> tuple[Step, ...]:
        """Held again while the address moves back past the same rules."""
        return (Sysctl(LOOSE, STRICT),)
