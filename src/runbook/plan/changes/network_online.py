"""The unit that has network-online.target wait for the bridge at a boot.

ifupdown brings the NIC up, and systemd then calls the network online. The address comes later,
with libvirtd. The unit waits for it, and a drop-in of the target starts the unit.

It has no order relative to libvirtd. libvirtd starts after remote-fs.target, a mount may wait for
network-online.target, and systemd would break such a circle by leaving one of them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from runbook.common.serial import LATER
from runbook.plan.changes.network_hook import hook_path

UNITS = "/etc/systemd/system"
TARGET = "network-online.target"
MODE = 0o644
# As long as the boot may wait for the bridge.
WAIT_S = 30
# As long as it waits for remote-fs.target, after which libvirtd starts.
REMOTE_S = 5
_PAUSES_A_SECOND = 5


@dataclass(frozen=True, slots=True)
class OnlineShape:
    """What has to be there before the network is called online.

    `addresses6` are IPv6 addresses, `others` further IPv4 addresses, without prefix length.
    `hook` is the hook's file, '' for the usual one.
    """

    network: str
    bridge: str
    nic: str
    address: str
    default_route: bool
    addresses6: tuple[str, ...] = ()
    others: tuple[str, ...] = field(default=(), metadata=LATER)
    hook: str = field(default="", metadata=LATER)


def unit_name(network: str) -> str:
    """The name of the unit that waits."""
    return f"wait-online-runbook-{network}.service"


def unit_path(network: str) -> str:
    """Where the unit is."""
    return f"{UNITS}/{unit_name(network)}"


def drop_in_path(network: str) -> str:
    """Where the target's drop-in is."""
    return f"{UNITS}/{TARGET}.d/50-runbook-{network}.conf"


def drop_in(network: str) -> str:
    """Starts the unit whenever something needs the target."""
    return f"# The address comes with libvirtd.\n[Unit]\nWants={unit_name(network)}\n"


def unit(shape: OnlineShape) -> str:
    """The unit; each value is an interface's name or an address, so nothing has to be quoted."""
    bridge, nic = shape.bridge, shape.nic
    there = [
        *(
            f"ip -4 -oneline address show dev {bridge} to {address} | grep -q ."
            for address in (shape.address, *shape.others)
        ),
        f"grep -qs 3 /sys/class/net/{bridge}/brif/{nic}/state",
        *(
            f"ip -6 -oneline address show dev {bridge} to {address} -tentative | grep -q ."
            for address in shape.addresses6
        ),
    ]
    if shape.default_route:
        there.append(f"ip -4 route show default dev {bridge} | grep -q .")
    return _UNIT.format(
        bridge=bridge,
        address=shape.address,
        hook=shape.hook or hook_path(shape.network),
        target=TARGET,
        seconds=WAIT_S,
        looks=" ".join(map(str, range(REMOTE_S * _PAUSES_A_SECOND))),
        pause=1 / _PAUSES_A_SECOND,
        there=" && \\\n    ".join(there),
    )


_UNIT = """\
# {target} waits for {bridge}, whose address comes with libvirtd; at most {seconds} s. An undo
# at a boot removes the hook, and then nothing waits.
[Unit]
Description=Wait until {bridge} has {address} and can be reached
ConditionPathExists={hook}
After=networking.service
Before={target}

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec={seconds}
# libvirtd starts after remote-fs.target. If that waits for a mount, and the mount for the network,
# then waiting here is in vain.
ExecCondition=/bin/sh -c 'systemctl is-enabled --quiet virtnetworkd.service && exit 0; \\
    for _ in {looks}; do \\
    systemctl list-jobs --no-legend | grep -q "remote-fs.target *start" || exit 0; sleep {pause}; \\
    done; echo "remote-fs.target waits for the network, and libvirtd for it"; exit 1'
# State 3 of a bridge's port is forwarding.
ExecStart=/bin/sh -c 'until {{ {there}; }} 2>/dev/null; do sleep {pause}; done'
"""
