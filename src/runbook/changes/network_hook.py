"""The libvirt hook that puts the NIC and the routes back whenever the network starts.

Neither a bridge port nor a route outlives the bridge, so after a reboot, or a
restart of the network, nothing but this script brings the host back.
Interface: https://libvirt.org/hooks.html (network object, operation `started`).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from runbook.changes.messages import Route
from runbook.changes.network_hook6 import HookIPv6, ipv6_function

DIRECTORY = "/etc/libvirt/hooks/network.d"
MODE = 0o755
SINCE_LIBVIRT = 6_005_000


@dataclass(frozen=True, slots=True)
class HookShape:
    """What the script has to bring back."""

    network: str
    bridge: str
    nic: str
    stp: bool
    routes: tuple[Route, ...]
    ipv6: HookIPv6 | None = None


def hook_path(network: str) -> str:
    """Where libvirt looks for it; scripts there run in name order."""
    return f"{DIRECTORY}/50-runbook-{network}"


def hook_script(shape: HookShape) -> str:
    """A POSIX shell script that a person can read, every value quoted."""
    nic, bridge = shlex.quote(shape.nic), shlex.quote(shape.bridge)
    stp_on = f"ip link set dev {bridge} type bridge stp_state 1\n" if shape.stp else ""
    routes = "".join(f"ip {shlex.join(route.words())}\n" for route in shape.routes)
    return _TEXT.format(
        network=shlex.quote(shape.network),
        nic=nic,
        bridge=bridge,
        routes=routes,
        stp_on=stp_on,
        ipv6=ipv6_function(shape.ipv6, shape.nic, shape.bridge),
        ipv6_on="ipv6\n" if shape.ipv6 else "",
    )


_TEXT = """\
#!/bin/sh
# libvirt runs this after each start of a network: the NIC joins the bridge again
# and the routes through it come back. Without it the host is off the LAN after
# its next reboot.
[ "$1" = {network} ] && [ "$2" = started ] || exit 0
PATH=/usr/sbin:/usr/bin:/sbin:/bin
cat >/dev/null
{ipv6}# A port added while STP is on hears nothing for four seconds; so STP goes on last.
ip link set dev {bridge} type bridge stp_state 0
ip link set dev {bridge} type bridge forward_delay 0
ip link set dev {nic} up
ip link set dev {nic} master {bridge}
{routes}{ipv6_on}{stp_on}exit 0
"""
