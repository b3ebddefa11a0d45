"""The network that a guest is to have, and an edit of its files that makes it so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

from runbook.common import serial

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DesiredNetwork:
    """What a guest is to have: on the NIC with `mac`, this address and this gateway.

    `nameservers` empty: those that it has.
    """

    guest: str
    mac: str
    address: IPv4Interface
    gateway: str
    nameservers: tuple[str, ...] = ()

    @property
    def off_link(self) -> bool:
        """Whether the gateway is outside the address's network, which is a /32 then."""
        return IPv4Address(self.gateway) not in self.address.network


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file of the guest before and after; `before` is None where there was none."""

    path: str
    before: bytes | None
    after: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class GuestEdit:
    """What is done in a guest, in order: `down`, the files, `up`; undone by `down`, files, `up`.

    `down` takes the NIC down by the files as they are at that time, `up` brings it up by them.
    `home` is the network of the address that DHCP lent the NIC before; '' if none did, or if the
    NIC has several networks.
    """

    manager: str
    ifname: str
    files: tuple[FileEdit, ...]
    down: tuple[Argv, ...]
    up: tuple[Argv, ...]
    notes: tuple[str, ...] = ()
    home: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of all that is done inside; a plan holds this, never a whole file of the guest.

        The edit itself stays in the guest's session, which makes no step with another digest.
        """
        files = tuple((f.path, f.before or b"", f.after, f.mode) for f in self.files)
        content = (self.manager, self.ifname, files, self.down, self.up, self.home)
        return hashlib.sha256(serial.dumps(content).encode()).hexdigest()

    @property
    def in_words(self) -> str:
        """The edit in words, in its order."""
        down, up = ([" ".join(argv) for argv in runs] for runs in (self.down, self.up))
        return "; ".join((*down, *(f"write {file.path}" for file in self.files), *up))

    def survives_reboot(self, *, systemd: bool) -> bool:
        """Whether a reboot of the guest in the middle undoes it: by a unit, or ifupdown's hook."""
        return systemd or self.manager == "ifupdown"


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a guest's configuration is not edited, and what to do instead."""

    reason: str
    then: str
