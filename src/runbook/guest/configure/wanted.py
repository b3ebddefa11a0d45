"""What is wanted of a guest's network, and an edit of its files that brings it about."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a guest is to have: on the NIC with `mac`, this address and this gateway.

    `nameservers` empty: those that it has.
    """

    guest: str
    mac: str
    address: IPv4Interface
    gateway: str
    nameservers: tuple[str, ...] = ()


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

    `down` takes the NIC down by the files that stand, whichever they are; `up`
    brings it up by them. `manager` and `ifname` say whose they are. `home` is the network
    that lent the NIC its address before, '' where none did, or it is not the only one.
    """

    manager: str
    ifname: str
    files: tuple[FileEdit, ...]
    down: tuple[Argv, ...]
    up: tuple[Argv, ...]
    notes: tuple[str, ...] = ()
    home: str = ""


def survives_reboot(edit: GuestEdit, *, systemd: bool) -> bool:
    """Whether a reboot of the guest in the middle puts it back: a unit does, or ifupdown's hook."""
    return systemd or edit.manager == "ifupdown"


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a guest's configuration is not edited, and what to do instead."""

    reason: str
    then: str
