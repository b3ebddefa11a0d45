"""Who is wired to whom, read out of a snapshot's tables. Pure; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from runbook.state.snapshot import Snapshot

MAIN_TABLE = 254
# What an operator does not think of as wiring.
NOT_DRAWN = frozenset({"lo"})


@dataclass(frozen=True, slots=True)
class Port:
    """A NIC or a tap; `label` is the guest's name for a tap."""

    name: str
    addresses: tuple[str, ...] = ()
    state: str = ""
    up: bool = True
    label: str = ""
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge; `stp` is 'STP on' or 'STP off'."""

    name: str
    addresses: tuple[str, ...] = ()
    stp: str = ""
    mac: str = ""
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the drawing: the NICs on the left, their bridge, the guests on the right."""

    nics: tuple[Port, ...]
    bridge: Bridge | None
    taps: tuple[Port, ...]
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Wiring:
    """The host's lines; the one that leads to the gateway comes first."""

    host: str
    lines: tuple[Line, ...]

    def parts(self) -> frozenset[Port | Bridge]:
        """Every box, to tell which of them are as they were."""
        boxes = ((*line.nics, *line.taps, line.bridge) for line in self.lines)
        return frozenset(box for line in boxes for box in line if box is not None)

    def wires(self) -> frozenset[tuple[str, str]]:
        """Every connection between two boxes, by their names."""
        return frozenset(
            (port.name, line.bridge.name)
            for line in self.lines
            if line.bridge is not None
            for port in (*line.nics, *line.taps)
        )


def wiring(seen: Snapshot, address: str) -> Wiring:
    """The wiring; `address` (without prefix length) is the one to look at."""
    links = _rows(seen.links)
    taps = {str(row["target"]): str(row["guest"]) for row in _rows(seen.taps)}
    bridges = [row for row in links if row["kind"] == "bridge"]
    lines = [_bridged(seen, row, links, taps, address) for row in bridges]
    loose = [row for row in links if not row["master"] and _is_nic(row, taps)]
    lines += [_line(seen, (_port(seen, row, taps, address),), None, ()) for row in loose]
    return Wiring(seen.host, tuple(sorted(lines, key=_first)))


def _bridged(
    seen: Snapshot,
    row: dict[str, object],
    links: list[dict[str, object]],
    taps: dict[str, str],
    address: str,
) -> Line:
    name = str(row["ifname"])
    ports = [link for link in links if link["master"] == name]
    drawn = [(_port(seen, link, taps, address), _is_tap(link, taps)) for link in ports]
    bridge = Bridge(
        name, _addresses(seen, name), _stp(row["stp"]), str(row["mac"]), _holds(seen, name, address)
    )
    nics = tuple(port for port, is_tap in drawn if not is_tap)
    return _line(seen, nics, bridge, tuple(port for port, is_tap in drawn if is_tap))


def _line(
    seen: Snapshot, nics: tuple[Port, ...], bridge: Bridge | None, taps: tuple[Port, ...]
) -> Line:
    names = {nic.name for nic in nics} | ({bridge.name} if bridge else set())
    gateways = [
        str(row["gateway"])
        for row in _rows(seen.routes)
        if row["family"] == "inet"
        and row["table"] == MAIN_TABLE
        and row["dst"] == "default"
        and row["ifname"] in names
    ]
    return Line(nics, bridge, taps, gateways[0] if gateways else "")


def _port(seen: Snapshot, row: dict[str, object], taps: dict[str, str], address: str) -> Port:
    name = str(row["ifname"])
    states = [str(r["state"]) for r in _rows(seen.bridge_ports) if r["port"] == name]
    return Port(
        name,
        _addresses(seen, name),
        states[0] if states else "",
        bool(row["up"]),
        taps.get(name, ""),
        _holds(seen, name, address),
    )


def _first(line: Line) -> tuple[bool, bool, str]:
    box = line.bridge or line.nics[0]
    return (not line.gateway, not box.holds and not any(n.holds for n in line.nics), box.name)


def _is_tap(row: dict[str, object], taps: dict[str, str]) -> bool:
    return row["kind"] == "tun" or str(row["ifname"]) in taps


def _is_nic(row: dict[str, object], taps: dict[str, str]) -> bool:
    drawn = row["kind"] != "bridge" and row["ifname"] not in NOT_DRAWN
    return drawn and not _is_tap(row, taps)


def _addresses(seen: Snapshot, name: str) -> tuple[str, ...]:
    return tuple(
        f"{row['address']}/{row['prefixlen']}"
        for row in _rows(seen.addresses)
        if row["ifname"] == name and row["scope"] != "link"
    )


def _holds(seen: Snapshot, name: str, address: str) -> bool:
    held = (text.partition("/")[0] for text in _addresses(seen, name))
    return address in held


def _stp(value: object) -> str:
    return "" if value is pd.NA else ("STP on" if value == 1 else "STP off")


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    records: Iterable[dict[object, object]] = frame.to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in records]
