"""Which addresses a guest has, as far as its host can tell, and how each was seen.

No part of a snapshot: what a guest answers comes and goes by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from runbook.common.errors import ReadFailed
from runbook.state.snapshot import Snapshot
from runbook.state.table import frame, records
from runbook.transport.host import Reader

# libvirt itself gives an agent that does not answer five seconds.
LIMIT_S = 10.0
VIRSH = ("virsh", "--connect", "qemu:///system")
COLUMNS = {
    "guest": ("str", "the guest's name"),
    "state": ("str", "virsh's word: running, shut off, paused, ..."),
    "network": ("str", "the network or bridge that the NIC is on"),
    "mac": ("str", "the NIC's MAC"),
    "tap": ("str", "its device on the host, or ''"),
    "bridge": ("str", "the bridge that the device is in, or ''"),
    "address": ("str", "an IPv4 address of the NIC, or ''"),
    "how": ("str", "how that was seen, blank-comma between, or ''"),
}
KEY = ("guest", "mac", "address")
_LINE = re.compile(r"\s*\S+\s+([0-9a-fA-F:]{17})\s+ipv4\s+([0-9.]+)/\d+\s*")


class How(StrEnum):
    """Where an address was seen, the surest first."""

    AGENT = "agent"
    ASKED = "ARP asked"
    NEIGHBOUR = "neighbour table"
    LEASE = "lease of libvirt"


@dataclass(frozen=True, slots=True)
class Sighting:
    """An IPv4 address seen with a MAC."""

    mac: str
    address: str
    how: How


def read(
    host: Reader, seen: Snapshot, asked: Iterable[tuple[str, str]] = ()
) -> tuple[Sighting, ...]:
    """All that is seen of running guests; `asked` are (address, interface) to ask for by ARP."""
    running = [str(row["name"]) for row in records(seen.guests) if row["state"] == "running"]
    return tuple(
        dict.fromkeys(
            (
                *(s for name in running for s in _of_agent(host, name)),
                *(s for place in asked for s in _answers(host, *place)),
                *_neighbours(seen),
                *(s for name in running for s in _leases(host, name)),
            )
        )
    )


def table(seen: Snapshot, found: Iterable[Sighting]) -> pd.DataFrame:
    """One row an address of a NIC of a guest; one without an address where none was seen."""
    sightings = tuple(found)
    states = {str(row["name"]): str(row["state"]) for row in records(seen.guests)}
    masters = {str(row["ifname"]): str(row["master"]) for row in records(seen.links)}
    rows = [
        (guest, states.get(guest, ""), network, mac, tap, masters.get(tap, ""), *told)
        for guest, network, mac, tap in _nics(seen)
        for told in _told(mac, sightings)
    ]
    return frame(COLUMNS, KEY, rows)


def _nics(seen: Snapshot) -> Iterator[tuple[str, str, str, str]]:
    for row in records(seen.taps):
        source = str(row["source"] or row["defined_source"])
        yield str(row["guest"]), source, str(row["mac"]), str(row["target"])


def _told(mac: str, found: tuple[Sighting, ...]) -> Iterator[tuple[str, str]]:
    mine = [s for s in found if s.mac == mac]
    for address in dict.fromkeys(s.address for s in mine):
        ways = dict.fromkeys(str(s.how) for s in mine if s.address == address)
        yield address, ", ".join(ways)
    if not mine:
        yield "", ""


def _of_agent(host: Reader, name: str) -> Iterator[Sighting]:
    return _listed(host, name, "agent", How.AGENT)


def _leases(host: Reader, name: str) -> Iterator[Sighting]:
    return _listed(host, name, "lease", How.LEASE)


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


def _answers(host: Reader, address: str, ifname: str) -> Iterator[Sighting]:
    return (Sighting(mac, address, How.ASKED) for mac in host.who_has(address, ifname))


def _neighbours(seen: Snapshot) -> Iterator[Sighting]:
    for row in records(seen.neighbours):
        if row["family"] == "inet" and row["mac"]:
            yield Sighting(str(row["mac"]), str(row["address"]), How.NEIGHBOUR)
