"""A second emulated machine as the switch at server-01's cables, with Debian 12's own kernel.

::

    router -- lan -- enp4s0f0 server-02 enp4s0f1 -- enp4s0f0 server-01
                              (a bridge) enp4s0f2 -- enp4s0f1

The machine's own kernel has no bonding and no VLANs. Its bridge would not pass LACP on, so a cable
between the two machines is two taps, and what comes in at one goes out at the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from runbook.lab import machine, shell, wiring
from runbook.lab.hardware import Hardware
from runbook.lab.names import ROUTER_LAN, SWITCH, address, nic, tap
from runbook.lab.qemu import host as qemu

HOST, FAR, RELEASE = "server-01", "server-02", "bookworm"
UPLINK, FIRST, SECOND = nic(0), nic(1), nic(2)
PORTS = (tap(HOST, 0), tap(HOST, 1))
FAR_PORTS = (tap(FAR, 1), tap(FAR, 2))
LO = "auto lo\niface lo inet loopback\n\n"
BRIDGE = f"""\
auto lan
iface lan inet static
    address {address(FAR)}/16
    gateway {ROUTER_LAN.split("/")[0]}
    bridge_stp off
    bridge_fd 0
"""


@dataclass(frozen=True, slots=True)
class Switch:
    """Its /etc/network/interfaces, and how many of the host's NICs lead to it."""

    interfaces: str
    cables: int


AGGREGATE = Switch(
    f"""{LO}auto bond0
iface bond0 inet manual
    bond-slaves {FIRST} {SECOND}
    bond-mode 802.3ad
    bond-miimon 100
    bond-lacp-rate 1

{BRIDGE}    bridge_ports {UPLINK} bond0
""",
    cables=2,
)
VLAN = 10
# All frames between the router and this switch are untagged, all of the host's have the tag.
TRUNK = Switch(
    f"""{LO}{BRIDGE}    bridge_ports {UPLINK} {FIRST}
    up ip link set lan type bridge vlan_default_pvid 0 vlan_filtering 1
    up bridge vlan add dev lan vid {VLAN} pvid untagged self
    up bridge vlan add dev {UPLINK} vid {VLAN} pvid untagged
    up bridge vlan add dev {FIRST} vid {VLAN}
""",
    cables=1,
)
# The kernel speaks LACP on full duplex ports only, and a virtio NIC does not say what it has.
HARDWARE = Hardware(machine="qemu", nic_model="e1000e", nics=3)


@contextmanager
def in_between(switch: Switch) -> Iterator[None]:
    """The host's ports lead to this switch from its next power-on on, and the switch has power."""
    plug_in = wiring.plug_in_taps
    cables = tuple(zip(PORTS, FAR_PORTS, strict=True))[: switch.cables]

    def plugged(ports: Iterable[str]) -> None:
        new = tuple(ports)
        plug_in(new)
        if PORTS[0] in new and not qemu.leader(FAR):
            _power_on(switch.interfaces)
        _connect(cables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "plug_in_taps", plugged)
        try:
            yield
        finally:
            qemu.destroy(FAR)


def _power_on(interfaces: str) -> None:
    root = qemu.root(RELEASE, lambda _text: None)
    machine.create(FAR, root, "", interfaces, HARDWARE)
    machine.power_on(FAR)


def _connect(cables: Iterable[tuple[str, str]]) -> None:
    """Each of the taps is a new one after its machine's power-on."""
    for near, far in cables:
        if _there(near) and _there(far):
            _forward(near, far)
            _forward(far, near)


def _there(port: str) -> bool:
    return shell.quiet("ip", "-n", SWITCH, "link", "show", port)


def _forward(port: str, to: str) -> None:
    """What comes in here goes out there, whatever its address."""
    shell.run("ip", "-n", SWITCH, "link", "set", port, "nomaster")
    tc = ("tc", "-n", SWITCH)
    shell.quiet(*tc, "qdisc", "delete", "dev", port, "clsact")
    shell.run(*tc, "qdisc", "add", "dev", port, "clsact")
    every = ("protocol", "all", "u32", "match", "u32", "0", "0")
    redirect = ("action", "mirred", "egress", "redirect", "dev", to)
    shell.run(*tc, "filter", "add", "dev", port, "ingress", *every, *redirect)
