"""The hardware of an interface: its driver and speed, read from sysfs.

No part of a snapshot: neither is the network's state, and speed comes and goes
with the cable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Annotated, NamedTuple

from runbook.state.table import ordered, understood
from runbook.transport.host import Reader


class NicRow(NamedTuple):
    """The hardware of one interface."""

    ifname: Annotated[str, "the interface's name"]
    driver: Annotated[str, "the driver of its device, or '' where it has no device"]
    speed_mbps: Annotated[int | None, "megabits a second; missing where it has none, or no cable"]


KEY = ("ifname",)
# `speed` of an interface that is down cannot be read; grep says nothing of it.
SCRIPT = "grep -sH . /sys/class/net/*/ifindex /sys/class/net/*/speed /sys/class/net/*/device/uevent"
COMMAND = ("sh", "-c", SCRIPT)
_LINE = re.compile(r"/sys/class/net/([^/]+)/(ifindex|speed|device/uevent):(.*)")
_DRIVER = "DRIVER="


def parse(output: str) -> tuple[NicRow, ...]:
    """One row an interface, from what grep printed; ValueError if that is anything else."""
    properties: dict[str, dict[str, str]] = defaultdict(dict)
    for line in output.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not understood: {line!r}")
        ifname, file, value = match.groups()
        if file == "speed":
            properties[ifname]["speed"] = value
        elif value.startswith(_DRIVER):
            properties[ifname]["driver"] = value.removeprefix(_DRIVER)
        else:
            properties[ifname].setdefault("driver", "")
    return ordered(
        [NicRow(name, t.get("driver", ""), _speed(t)) for name, t in properties.items()], KEY
    )


def _speed(properties: dict[str, str]) -> int | None:
    speed = int(properties.get("speed", "-1"))
    # -1 is the kernel's word for not known.
    return speed if speed > 0 else None


@understood
def read(host: Reader) -> tuple[NicRow, ...]:
    """Ask sysfs."""
    return parse(host.query(COMMAND).stdout.decode(errors="replace"))


def is_wireless(host: Reader, nic: str) -> bool:
    """Whether the NIC is Wi-Fi; a host that was recorded without this question has none."""
    path = f"/sys/class/net/{nic}/phy80211"
    ((*inode,),) = host.inodes((path,))
    # Beside the link's target, if it is there, its folder is told.
    return len(inode) > 1
