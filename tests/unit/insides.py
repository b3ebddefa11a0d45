"""Guests from the inside, made up: what one looks like, and a channel that is this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface

from runbook.guest import undo
from runbook.guest.configure.guest_edit import DesiredNetwork
from runbook.plan.promise.check import Check
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import Inside
from runbook.transport.host import Completed

MAC, PATH = "52:54:00:12:34:56", "/etc/network/interfaces"
WANTED = DesiredNetwork("vm-01", MAC, IPv4Interface("172.16.1.10/16"), "172.16.0.1")
DHCP = "auto lo\niface lo inet loopback\n\nallow-hotplug eth0\niface eth0 inet dhcp\n"


def seen(content: str = DHCP, path: str = PATH, **other: object) -> Inside:
    """A Debian guest with ifupdown; `other` are fields that differ."""
    found = Inside(
        mac=MAC,
        ifname="eth0",
        master="",
        hostname="vm-01",
        os_id="debian",
        os_version="12",
        os_name="Debian GNU/Linux 12 (bookworm)",
        managers=("ifupdown",),
        owned_by=path,
        cloud_init="absent",
        systemd=True,
        root=True,
        addresses=("192.168.122.50/24",),
        default_routes=("192.168.122.1 eth0",),
        nameservers=("192.168.122.1",),
        answering=("192.168.122.1",),
        dhcp_clients=(),
        tools=("ifup", "ifdown", "netplan"),
        files=(InsideFile(path, content.encode("latin-1"), 0o644),),
        withheld=(),
    )
    return replace(found, **other)  # type: ignore[arg-type] # fields by name


def compared(before: Inside, after: Inside) -> tuple[Check, ...]:
    """A guest held against how it was: each setting, and each file."""
    return (*undo.settings(before, after).values(), *undo.files(before, after).values())


@dataclass
class LocalChannel:
    """Implements Channel on this machine; each run is noted, and `given` replaces words of it."""

    how: str = "this machine"
    guest: str = "vm-01"
    transcript: str = ""
    given: dict[str, str] = field(default_factory=dict)
    ran: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        self.ran.append(tuple(argv))
        words = [self._swapped(word) for word in argv]
        text = self._swapped(stdin.decode("latin-1")).encode("latin-1")
        done = subprocess.run(words, input=text, capture_output=True, timeout=timeout, check=False)
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)

    def close(self) -> str:
        return ""

    def _swapped(self, text: str) -> str:
        for word, other in self.given.items():
            text = text.replace(word, other)
        return text


@dataclass
class Spoken:
    """A channel into one guest."""

    guest: str
    transcript: str = ""

    def close(self) -> str:
        return ""
