"""One host, whichever kind of machine it is: every verb goes to its kind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from runbook.lab import booting, nspawn
from runbook.lab.hardware import NSPAWN, Hardware
from runbook.lab.host_files import stanzas
from runbook.lab.names import folder
from runbook.lab.qemu import host as qemu

# A host's /etc/network/interfaces is asked for where the host is made.
__all__ = ["stanzas"]

KIND = "kind"
Say = Callable[[str], None]


class Machine(Protocol):
    """What a kind of machine does; a module of functions is one."""

    def root(self, release: str, say: Say) -> Path:
        """What hosts of the release are made from, built if it is not there."""

    def remove_old(self) -> None:
        """Remove what no host is made from any more; only while no lab is up."""

    def create(
        self, host: str, base: Path, public_key: str, interfaces: str, hardware: Hardware
    ) -> None:
        """A new disk for the host."""

    def host_key(self, host: str) -> str:
        """The host's public SSH key, type and base64."""

    def power_on(self, host: str) -> float:
        """Boot it; the seconds until the operator can log in."""

    def power_cut(self, host: str) -> None:
        """All of the host stops at this instant; its disk stays as it is."""

    def shut_down(self, host: str) -> None:
        """An orderly end, as `systemctl poweroff` makes it."""

    def destroy(self, host: str) -> None:
        """The host and its disk away."""

    def leader(self, host: str) -> int:
        """The process on this machine that is the host's power; 0 when it is off."""

    def init(self, host: str) -> int:
        """The process with which all of the host ends; 0 when it is off."""

    def stands(self, host: str) -> bool:
        """Whether the host has power, and its network is there."""

    def inside(self, host: str, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` at the host's console, with no network needed."""

    def set_cable(self, host: str, state: str) -> None:
        """Cut (`down`) or mend (`up`) the cables of its NICs."""


KINDS: Mapping[str, Machine] = {"nspawn": nspawn, "qemu": qemu}


def kind_of(host: str) -> str:
    """Which kind the host was made as; nspawn if it was never made."""
    try:
        return (folder(host) / KIND).read_text()
    except FileNotFoundError:
        return NSPAWN.machine


def of(host: str) -> Machine:
    """The kind of the host."""
    return KINDS[kind_of(host)]


def create(
    host: str, base: Path, public_key: str, interfaces: str, hardware: Hardware = NSPAWN
) -> None:
    """A new disk for the host; whatever it was before is gone."""
    destroy(host)
    KINDS[hardware.machine].create(host, base, public_key, interfaces, hardware)
    (folder(host) / KIND).write_text(hardware.machine)


def host_key(host: str) -> str:
    """The host's public SSH key, type and base64."""
    return of(host).host_key(host)


def power_on(host: str) -> float:
    """Boot it; the seconds until the operator can log in."""
    return of(host).power_on(host)


def power_cut(host: str) -> None:
    """All of the host stops at this instant; its disk stays as it is."""
    of(host).power_cut(host)


def shut_down(host: str) -> None:
    """An orderly end, as `systemctl poweroff` makes it."""
    of(host).shut_down(host)


def destroy(host: str) -> None:
    """The host and its disk away."""
    of(host).destroy(host)


def leader(host: str) -> int:
    """The process on this machine that is the host's power; 0 when it is off."""
    return of(host).leader(host)


def init(host: str) -> int:
    """The process with which all of the host ends; 0 when it is off."""
    return of(host).init(host)


def stands(host: str) -> bool:
    """Whether the host has power, and its network is there."""
    return of(host).stands(host)


def inside(host: str, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` at the host's console, with no network needed."""
    return of(host).inside(host, argv)


def run(host: str, argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command at the host's console and wait for it."""
    return booting.run(inside(host, argv), stdin)


def set_cable(host: str, state: str) -> None:
    """Cut (`down`) or mend (`up`) the cables of its NICs."""
    of(host).set_cable(host, state)
