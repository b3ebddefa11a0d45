"""The addresses of guests that the host can see, and by what means.

No part of a snapshot: what a guest answers comes and goes by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NamedTuple

import pandas as pd

from runbook.common.errors import ReadFailed
from runbook.state.guests import GuestRow, TapRow
from runbook.state.links import LinkRow
from runbook.state.neighbours import NeighbourRow
from runbook.state.snapshot import Snapshot
from runbook.state.table import frame, ordered
from runbook.transport.host import Reader

# libvirt itself gives an agent that does not answer five seconds.
LIMIT_S = 10.0
VIRSH = ("virsh", "--connect", "qemu:///system")


class GuestAddressRow(NamedTuple):
    """One address of a NIC of a guest, or a NIC without any."""

    guest: Annotated[str, "the guest's name"]
    state: Annotated[str, "virsh's word: running, shut off, paused, ..."]
    network: Annotated[str, "the network or bridge that the NIC is on"]
    mac: Annotated[str, "the NIC's MAC"]
    tap: Annotated[str, "its device on the host, or ''"]
    bridge: Annotated[str, "the bridge that the device is in, or ''"]
    address: Annotated[str, "an IPv4 address of the NIC, or ''"]
    how: Annotated[str, "how that was seen, blank-comma between, or ''"]


KEY = ("guest", "mac", "address")
_LINE = re.compile(r"\s*\S+\s+([0-9a-fA-F:]{17})\s+ipv4\s+([0-9.]+)/\d+\s*")


class How(StrEnum):
    """By what means an address was seen; the most reliable first."""

    AGENT = "agent"
    ASKED = "ARP asked"
    NEIGHBOUR = "neighbour table"
    LEASE = "lease of libvirt"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A MAC with an IPv4 address that was seen for it."""

    mac: str
    address: str
    how: How


def read(
    host: Reader, snapshot: Snapshot, arp_targets: Iterable[tuple[str, str]] = ()
) -> tuple[Sighting, ...]:
    """All sightings of running guests; `arp_targets`: pairs (address, interface) to ask by ARP."""
    running = [row.name for row in snapshot.rows(GuestRow) if row.state == "running"]
    return tuple(
        dict.fromkeys(
            (
                *(s for name in running for s in _listed(host, name, "agent", How.AGENT)),
                *(
                    Sighting(mac, ip, How.ASKED)
                    for ip, nic in arp_targets
                    for mac in host.who_has(ip, nic)
                ),
                *_neighbours(snapshot),
                *(s for name in running for s in _listed(host, name, "lease", How.LEASE)),
            )
        )
    )


def table(snapshot: Snapshot, sightings_heard: Iterable[Sighting]) -> pd.DataFrame:
    """One row for each address of a guest's NIC, or one without an address if none was seen."""
    sightings = tuple(sightings_heard)
    states = {row.name: row.state for row in snapshot.rows(GuestRow)}
    masters = {row.ifname: row.master for row in snapshot.rows(LinkRow)}
    rows = [
        GuestAddressRow(
            *(nic.guest, states.get(nic.guest, ""), nic.source or nic.defined_source, nic.mac),
            *(nic.target, masters.get(nic.target, ""), *told),
        )
        for nic in snapshot.rows(TapRow)
        for told in _lines(nic.mac, sightings)
    ]
    return frame(GuestAddressRow, ordered(rows, KEY))


def _lines(mac: str, found: tuple[Sighting, ...]) -> Iterator[tuple[str, str]]:
    mine = [s for s in found if s.mac == mac]
    for address in dict.fromkeys(s.address for s in mine):
        ways = dict.fromkeys(str(s.how) for s in mine if s.address == address)
        yield address, ", ".join(ways)
    if not mine:
        yield "", ""


def _listed(host: Reader, name: str, source: str, how: How) -> Iterator[Sighting]:
    argv = (*VIRSH, "domifaddr", name, "--full", "--source", source)
    try:
        done = host.query(argv, timeout=LIMIT_S)
    except ReadFailed:
        # An agent that hangs is one that tells nothing.
        return
    for line in done.stdout.decode(errors="replace").splitlines():
        if match := _LINE.fullmatch(line):
            yield Sighting(match[1].lower(), match[2], how)


def _neighbours(snapshot: Snapshot) -> Iterator[Sighting]:
    for row in snapshot.rows(NeighbourRow):
        if row.family == "inet" and row.mac:
            yield Sighting(row.mac, row.address, How.NEIGHBOUR)
