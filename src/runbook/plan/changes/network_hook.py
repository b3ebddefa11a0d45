"""The libvirt hook that puts the NIC and the routes back whenever the network starts.

Neither a bridge port nor a route outlives the bridge, so after a reboot, or a
restart of the network, nothing but this script brings the host back.
Interface: https://libvirt.org/hooks.html (network object, operation `started`).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from runbook.common.serial import LATER
from runbook.plan.changes.messages import Address, Route
from runbook.plan.changes.network_hook6 import HookIPv6, comes_back, ipv6_function
from runbook.plan.changes.network_xml import ETHERNET_MTU

DIRECTORY = "/etc/libvirt/hooks/network.d"
MODE = 0o755
# Since this version libvirt runs every script of DIRECTORY, besides FIRST.
SINCE_LIBVIRT = 6_005_000
FIRST = "/etc/libvirt/hooks/network"


@dataclass(frozen=True, slots=True)
class HookShape:
    """What the script has to bring back; `sysctls` are of the bridge, in sysctl(8)'s names.

    `addresses` are the IPv4 addresses that the network's own XML does not have. `made_at_boot`
    is true of a bond and of a VLAN interface: ifupdown makes them, and may still be at it. `unit`
    is a unit of systemd to start when all is there.
    """

    network: str
    bridge: str
    nic: str
    mac: str
    stp: bool
    routes: tuple[Route, ...]
    sysctls: tuple[tuple[str, str], ...]
    mtu: int = ETHERNET_MTU
    ipv6: HookIPv6 | None = None
    addresses: tuple[Address, ...] = field(default=(), metadata=LATER)
    made_at_boot: bool = field(default=False, metadata=LATER)
    unit: str = field(default="", metadata=LATER)


def hook_path(network: str) -> str:
    """Where libvirt looks for the hook; scripts there run in the order of their names."""
    return f"{DIRECTORY}/50-runbook-{network}"


def is_ours(script: str, network: str) -> bool:
    """Whether a script is runbook's hook of this network, in whatever version."""
    return OURS in script and f'[ "$1" = {shlex.quote(network)} ] &&' in script


def route_line(route: Route) -> str:
    """The line of the script that brings a route back."""
    return f"try ip {shlex.join(route.words())}\n"


def rejoin_line(network: str, bridge: str, path: str) -> str:
    """What ifupdown runs once it has made the port anew, as at a restart of networking."""
    there = shlex.quote(f"/sys/class/net/{bridge}")
    hook = shlex.join((path, network, "started", "begin", "-"))
    return f"post-up [ ! -e {there} ] || {hook} </dev/null"


def hook_script(shape: HookShape) -> str:
    """A POSIX shell script that a person can read, every value quoted."""
    nic, bridge = shlex.quote(shape.nic), shlex.quote(shape.bridge)
    stp_on = f"try ip link set dev {bridge} type bridge stp_state 1\n" if shape.stp else ""
    # A DHCP server may have given the NIC its MTU, and nobody asks that server any more.
    mtu = "" if shape.mtu == ETHERNET_MTU else f"try ip link set dev {nic} mtu {shape.mtu}\n"
    pairs = (shlex.quote(f"{name}={value}") for name, value in shape.sysctls)
    return _TEXT.format(
        ours=OURS,
        network=shlex.quote(shape.network),
        nic=nic,
        bridge=bridge,
        mac=shlex.quote(shape.mac),
        mtu=mtu,
        waits=_WAITS.format(nic=nic) if shape.made_at_boot else "",
        sysctls="".join(f"try sysctl -q -w {pair}\n" for pair in pairs),
        addresses="".join(f"{comes_back(address)}\n" for address in shape.addresses),
        # Those that others' gateways are reached by come first.
        routes="".join(map(route_line, sorted(shape.routes, key=lambda r: bool(r.gateway)))),
        stp_on=stp_on,
        unit_on=f"try systemctl --no-block restart {shlex.quote(shape.unit)}\n" * bool(shape.unit),
        ipv6=ipv6_function(shape.ipv6, shape.nic, shape.bridge),
        ipv6_on="ipv6\n" if shape.ipv6 else "",
    )


_WAITS = """\
# ifupdown makes this interface, and may do so while libvirt starts.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    if [ -e /sys/class/net/{nic} ]; then break; fi
    sleep 1
done
"""
OURS = "# libvirt runs this after each start of a network: the NIC joins the bridge again,"
_TEXT = """\
#!/bin/sh
{ours}
# the routes through it come back, and the neighbours are told. Without it the
# host is off the LAN after its next reboot. What fails is told to the journal and
# passed over: an exit status other than 0 would have libvirt stop the network,
# and the host's address would be gone with it.
[ "$1" = {network} ] && [ "$2" = started ] || exit 0
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
cd /
cat >/dev/null

try() {{
    said=$("$@" 2>&1) && return
    logger -t runbook-hook -p daemon.err -- "failed: $*: $said" 2>/dev/null ||
        printf 'failed: %s: %s\\n' "$*" "$said" >&2
}}

{ipv6}# A port added while STP is on hears nothing for four seconds; so STP goes on last.
try ip link set dev {bridge} type bridge stp_state 0
try ip link set dev {bridge} type bridge forward_delay 0
{waits}{mtu}try ip link set dev {nic} up
try ip link set dev {nic} master {bridge}
{sysctls}{addresses}{routes}{ipv6_on}# A link that has just come up sends nothing yet.
for _ in 1 2 3 4 5; do
    case $(ip -oneline link show dev {nic} 2>&1) in
        *'state DOWN'* | *'state LOWERLAYERDOWN'*) sleep 1 ;;
        *) break ;;
    esac
done
# With arp_notify on, the kernel announces the address (gratuitous ARP) when the
# MAC is set, even to the one that it has.
try ip link set dev {bridge} address {mac}
{stp_on}{unit_on}exit 0
"""
