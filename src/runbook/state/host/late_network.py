"""What on the host waits for the network at a boot, or binds to the host's address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

TARGET = "network-online.target"
WAITING = ("systemctl", "show", "--property=WantedBy,RequiredBy", "--", TARGET)
# All units that libvirtd starts after, and those behind a target that it starts after.
LIBVIRT_AFTER = ("systemctl", "list-dependencies", "--after", "--plain", "libvirtd.service")
_PROGRAM = re.compile(r'users:\(\("([^"]*)",pid=(\d+)')
_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+\.service")


class BoundSocket(NamedTuple):
    """A socket that is bound to one of the host's addresses alone.

    `program` is '?' and `unit` '' where that is unknown. `waits`: whether the unit starts after
    network-online.target.
    """

    program: str
    protocol: str
    where: str
    unit: str
    waits: bool

    def __str__(self) -> str:
        """The program and where it listens."""
        return f"{self.program} ({self.protocol} {self.where})"


@dataclass(frozen=True, slots=True)
class LateNetwork:
    """Units that have systemd wait for the network, and sockets bound to the address alone.

    `before_libvirt` are those of the units after which libvirtd starts.
    """

    units: tuple[str, ...] = ()
    sockets: tuple[BoundSocket, ...] = ()
    before_libvirt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listener:
    program: str
    pid: str
    protocol: str
    where: str


def read(host: Reader, addresses: Sequence[str]) -> LateNetwork:
    """Ask systemd, and ss about each of the addresses."""
    units = {n for line in _ask(host, WAITING) for n in line.partition("=")[2].split()}
    earlier = {line.strip() for line in _ask(host, LIBVIRT_AFTER)}
    commands = (("ss", "-Hltunp", "src", address) for address in addresses)
    listeners = {_listener(line) for argv in commands for line in _ask(host, argv)}
    return LateNetwork(
        tuple(sorted(units)),
        tuple(sorted(set(_bound(host, listeners)))),
        tuple(sorted(units & earlier)),
    )


def _listener(line: str) -> _Listener:
    """The program and where it listens; the line itself if ss writes something new."""
    words = line.split()
    match = _PROGRAM.search(line)
    program, pid = (match[1], match[2]) if match else ("?", "")
    protocol, where = (words[0], words[4]) if len(words) > 4 else ("", line)  # noqa: PLR2004 (ss(8)'s columns)
    return _Listener(program, pid, protocol, where)


def _bound(host: Reader, listeners: set[_Listener]) -> Iterator[BoundSocket]:
    units = _units(host, sorted({listener.pid for listener in listeners if listener.pid}))
    waiting = _ordered_after_target(host, sorted(set(units.values())))
    for listener in listeners:
        unit = units.get(listener.pid, "")
        yield BoundSocket(
            listener.program, listener.protocol, listener.where, unit, unit in waiting
        )


def _units(host: Reader, pids: Sequence[str]) -> dict[str, str]:
    """The system's service that each process belongs to, by its number."""
    if not pids:
        return {}
    # A process that has ended since is no failure, though ps then ends with one.
    done = host.query(("ps", "-o", "pid=,unit=", "-p", ",".join(pids)))
    pairs = (line.split() for line in octets.text_of(done.stdout).splitlines())
    return {p[0]: p[1] for p in pairs if len(p) > 1 and _UNIT.fullmatch(p[1])}


def _ordered_after_target(host: Reader, units: Sequence[str]) -> frozenset[str]:
    """Those of the units that start after the target; asked one by one, for few bind so."""
    return frozenset(unit for unit in units if TARGET in _after(host, unit))


def _after(host: Reader, unit: str) -> list[str]:
    lines = _ask(host, ("systemctl", "show", "--property=After", "--", unit))
    return [name for line in lines for name in line.partition("=")[2].split()]


def _ask(host: Reader, argv: tuple[str, ...]) -> list[str]:
    done = host.query(argv)
    if done.returncode != 0:
        stderr = octets.text_of(done.stderr).strip()
        raise ReadFailed(
            f"`{' '.join(argv)}` failed: {stderr or 'it said nothing'}",
            host=host.name,
            state="nothing was written",
            then="run the command on the host as root, and fix what it complains of",
        )
    return [line for line in octets.text_of(done.stdout).splitlines() if line.strip()]
