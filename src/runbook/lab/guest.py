"""Guests on a host: real QEMU under the host's libvirt, in software emulation.

Both kinds boot Debian's cloud kernel (guest_image.py) and go on from a disk of
their own (guest_disk.py), on which they are told their name and address at
the first start only. A quick guest is a busybox; a Debian guest (guest_debian.py)
is Debian with systemd, ifupdown and QEMU's guest agent, or with another network manager
(guest_managers.py).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from runbook.common.errors import LabError
from runbook.lab import guest_disk, guest_lent, guest_managers, machine, shell
from runbook.lab.guest_disk import KINDS
from runbook.lab.guest_xml import Defined, Guest, defined, domain_xml, mac_of
from runbook.lab.names import ROUTER_LAN, host_number

# Whoever has to do with guests finds these here as well.
__all__ = ["KINDS", "Defined", "Guest"]

CONSOLES = {"quick": ("login", "shell", "none"), "debian": ("login", "none")}
ANSWER_S = {"quick": 90.0, "debian": 240.0}
MOST = 200
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def place(host: str, network: str, number: int = 1) -> tuple[IPv4Interface, IPv4Address]:
    """The address and gateway of a host's first, second, ... guest on either network."""
    if network == "routed":
        address = IPv4Interface(f"172.16.{number + 1}.{host_number(host)}/16")
        return address, IPv4Interface(ROUTER_LAN).ip
    return IPv4Interface(f"192.168.122.{number + 49}/24"), IPv4Address("192.168.122.1")


def free_place(
    host: str,
    network: str,
    guests: Iterable[Defined],
    leased: frozenset[str] = frozenset(),
) -> tuple[IPv4Interface, IPv4Address]:
    """The first such address and gateway that none of the guests was given, and no other has."""
    taken = {guest.address for guest in guests} | leased
    places = (place(host, network, number) for number in range(1, MOST + 1))
    found = next((each for each in places if str(each[0]) not in taken), None)
    if found is None:
        raise _failed(host, f"{MOST} guests have addresses already", "choose an --address")
    return found


def add(host: str, guest: Guest) -> float:
    """Define, autostart and start it on the host; the seconds until it answered the host."""
    if machine.kind_of(host) == "qemu":
        why = "a guest would be emulated inside an emulated host"
        raise _failed(host, why, "runbook lab up --machine nspawn")
    _check(host, guest)
    _need_network(host, guest.network)
    if _answers(host, guest):
        raise _failed(host, f"{guest.address.ip} answers already", "choose another --address")
    _make_disk(host, guest)
    began = time.monotonic()
    try:
        if guest.dhcp:
            guest_lent.keep(host, guest, mac_of(host, guest.name))
        _virsh(host, "define", "/dev/stdin", stdin=domain_xml(guest, mac_of(host, guest.name)))
        _virsh(host, "autostart", guest.name)
        _virsh(host, "start", guest.name)
    except LabError:
        _forget(host, guest.name)
        raise
    wait(host, guest)
    return time.monotonic() - began


def _check(host: str, guest: Guest) -> None:
    if not NAME.fullmatch(guest.name):
        rule = "a small letter, then small letters, digits and '-', 31 in all"
        raise _failed(host, f"{guest.name!r} is no name for a guest", rule)
    if guest.kind not in KINDS:
        raise _failed(host, f"there is no kind {guest.kind!r}", f"name one of: {', '.join(KINDS)}")
    if guest.console not in CONSOLES[guest.kind]:
        raise _failed(
            host,
            f"the console of a {guest.kind} guest cannot be {guest.console!r}",
            f"name one of: {', '.join(CONSOLES[guest.kind])}",
        )
    if guest.manager not in guest_managers.MANAGERS:
        known = ", ".join(guest_managers.MANAGERS)
        raise _failed(host, f"there is no manager {guest.manager!r}", f"name one of: {known}")
    if guest.base == guest_managers.BASE:
        _need_managers(host, guest)
    if guest.gateway not in guest.address.network:
        raise _failed(
            host,
            f"{guest.address} does not reach {guest.gateway}",
            "name a --gateway that is in the network of --address",
        )
    if guest.name in names(host):
        raise _failed(
            host,
            f"there is a guest {guest.name} already",
            f"runbook lab guest remove {host} {guest.name}",
        )


def _need_managers(host: str, guest: Guest) -> None:
    if guest.kind != "debian":
        what = "only a Debian guest asks for its address, or has another manager than ifupdown"
        raise _failed(host, what, "--kind debian")
    place = guest_disk.base(Path("/"), guest.base)
    if machine.run(host, ("test", "-s", str(place))).returncode != 0:
        raise _failed(
            host,
            "the disk with every network manager is not there",
            f"runbook lab build --guests all, then runbook lab reboot {host}",
        )


def _need_network(host: str, network: str) -> None:
    """An active network that is there again after a boot: a guest's own autostart needs it."""
    known = _virsh(host, "net-list", "--all", "--name").split()
    if network not in known:
        raise _failed(
            host,
            f"libvirt has no network {network}",
            f"make it, or name one of: {', '.join(known) or 'none'}",
        )
    if network not in _virsh(host, "net-list", "--name").split():
        _virsh(host, "net-start", network)
    if network not in _virsh(host, "net-list", "--all", "--autostart", "--name").split():
        _virsh(host, "net-autostart", network)


def _make_disk(host: str, guest: Guest) -> None:
    base = str(guest_disk.base(Path("/"), guest.base))
    overlay = ("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base)
    done = machine.run(host, (*overlay, str(guest_disk.own(guest.name))))
    if done.returncode != 0:
        stderr = done.stderr.decode().strip()
        raise _failed(host, f"no disk for {guest.name}: {stderr}", f"runbook lab exec {host} df")


def wait(host: str, guest: Guest) -> None:
    """Wait until the guest answers the host's ping, and its agent the host; else LabError."""
    seconds = ANSWER_S[guest.kind]
    try:
        shell.wait_for(guest.name, lambda: _answers(host, guest), seconds)
        if guest.kind == "debian":
            shell.wait_for(guest.name, lambda: agent_answers(host, guest.name), seconds)
    except LabError as error:
        raise LabError(
            f"guest {guest.name} does not answer at {guest.address.ip} within {seconds:.0f} s",
            host=host,
            state=f"{guest.name} is defined",
            then=f"runbook lab exec {host} virsh console {guest.name}",
        ) from error


def _answers(host: str, guest: Guest) -> bool:
    ping = ("ping", "-q", "-c", "1", "-W", "0.3", str(guest.address.ip))
    return machine.run(host, ping).returncode == 0


def agent_answers(host: str, name: str) -> bool:
    """Whether QEMU's guest agent in it runs, and answers within seconds."""
    ask = ("virsh", "qemu-agent-command", "--timeout", "5", name, '{"execute":"guest-ping"}')
    return machine.run(host, ask).returncode == 0


def names(host: str) -> tuple[str, ...]:
    """The host's guests, whether they run or not."""
    return tuple(_virsh(host, "list", "--all", "--name").split())


def listed(host: str) -> tuple[Defined, ...]:
    """The host's guests with what libvirt knows of each."""
    return tuple(
        defined(_virsh(host, "dumpxml", name), _virsh(host, "domstate", name).strip())
        for name in names(host)
    )


def remove(host: str, name: str) -> None:
    """Stop it at once, and forget it and its disk."""
    known = names(host)
    if name not in known:
        raise _failed(
            host, f"there is no guest {name}", f"name one of: {', '.join(known) or 'none'}"
        )
    if name in _virsh(host, "list", "--name").split():
        _virsh(host, "destroy", name)
    _forget(host, name)


def _forget(host: str, name: str) -> None:
    if name in names(host):
        _virsh(host, "undefine", name)
    guest_lent.forget(host, mac_of(host, name))
    machine.run(host, ("rm", "-f", str(guest_disk.own(name))))


def _virsh(host: str, *words: str, stdin: str = "") -> str:
    done = machine.run(host, ("virsh", "--quiet", *words), stdin.encode())
    if done.returncode != 0:
        stderr = done.stderr.decode().strip()
        raise _failed(
            host, f"virsh {' '.join(words)}: {stderr}", f"runbook lab exec {host} virsh list --all"
        )
    return done.stdout.decode()


def _failed(host: str, action: str, then: str) -> LabError:
    return LabError(action, host=host, state="no guest was added or removed", then=then)
