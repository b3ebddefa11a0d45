"""A made-up host before and after the change, as whole snapshots of the documented types."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from runbook.state.identity import Identity
from runbook.state.snapshot import FORMAT_VERSION, TABLES, Snapshot
from runbook.state.table import R, Table, ordered

NIC, BRIDGE, OWN, ROUTER = "enp4s0f0", "virbr1", "172.16.1.1", "172.16.0.1"
LAN, MAC = "172.16.0.0/16", "52:54:00:ab:cd:ef"
NOTHING = {"str": "", "int64": 0, "bool": False, "Int64": None, "Float64": None}
WHO = Identity("server-01", "a" * 32, "b" * 36, "6.1.0", "debian", "12", "Debian 12", 9_000_000)
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
Row = dict[str, Any]


def snapshot(**rows: list[Row]) -> Snapshot:
    """A snapshot whose tables hold these rows; what a row does not say is absent."""
    made = {t.row: ordered([blank(t, row) for row in rows.get(t.name, [])], t.key) for t in TABLES}
    return Snapshot("server-01", WHO, WHEN, FORMAT_VERSION, made)


def blank(table: Table[R], row: Row) -> R:
    """A row of which only this is known."""
    nothing = {name: NOTHING[column.dtype] for name, column in table.columns.items()}
    return table.row(**{**nothing, **row})


def link(ifname: str, **other: object) -> Row:
    """A link that is up."""
    plain = {"mac": "02:00:00:00:09:09", "up": True, "carrier": True, "mtu": 1500}
    return {"ifname": ifname, **plain, **other}


def _address(ifname: str, address: str, prefixlen: int, **other: object) -> Row:
    return {
        "ifname": ifname,
        "family": "inet",
        "address": address,
        "prefixlen": prefixlen,
        "scope": "global",
        **other,
    }


def _routes(ifname: str) -> list[Row]:
    common = {"family": "inet", "table": 254, "type": "unicast", "ifname": ifname}
    return [
        {**common, "dst": "default", "gateway": ROUTER, "protocol": "boot", "scope": "global"},
        {**common, "dst": LAN, "prefsrc": OWN, "protocol": "kernel", "scope": "link"},
    ]


REST = [
    link("lo", mac="00:00:00:00:00:00"),
    link("enp4s0f1", mac="02:00:00:00:00:02", up=False, carrier=False),
    link("virbr0", kind="bridge", mac="52:54:00:00:00:00", stp=1),
    link("vnet9", kind="tun", mac="fe:54:00:00:00:09", master="virbr0"),
]
REST_ADDRESSES = [
    _address("lo", "127.0.0.1", 8, scope="host"),
    _address("virbr0", "192.168.122.1", 24),
]


INTERFACES = f"""\
auto {NIC}
iface {NIC} inet static
    address {OWN}/16
    gateway {ROUTER}
"""


ROOTS = {"mode": "0644", "sha256": "0" * 64, "encoding": "utf-8"}


UNITS = [{"name": f"{name}.service", "state": "enabled"} for name in ("networking", "libvirtd")]


@cache
def before() -> Snapshot:
    """The address is on the NIC; one guest is on libvirt's own bridge."""
    return snapshot(
        links=[*REST, link(NIC, mac="02:00:00:00:00:01")],
        bridge_ports=[{"bridge": "virbr0", "port": "vnet9", "state": "forwarding"}],
        addresses=[
            *REST_ADDRESSES,
            _address(NIC, OWN, 16),
            _address(NIC, "fe80::1", 64, family="inet6", scope="link"),
        ],
        routes=_routes(NIC),
        neighbours=[
            {"family": "inet", "ifname": NIC, "address": ROUTER, "mac": "02:00:00:00:ff:01"}
        ],
        sysctl=[{"name": "net.ipv4.ip_forward", "value": "0"}],
        files=[{"path": "/etc/network/interfaces", "content": INTERFACES, **ROOTS}],
        units=UNITS,
        taps=[{"guest": "build", "mac": "52:54:00:00:00:09", "target": "vnet9"}],
    )


@cache
def after() -> Snapshot:
    """The address is on the bridge, and two more guests beside it."""
    ports = [(NIC, "forwarding"), ("vnet0", "forwarding"), ("vnet1", "listening")]
    return snapshot(
        links=[
            *REST,
            link(NIC, mac="02:00:00:00:00:01", master=BRIDGE),
            link(BRIDGE, kind="bridge", mac=MAC, stp=1),
            link("vnet0", kind="tun", mac="fe:54:00:00:00:01", master=BRIDGE),
            link("vnet1", kind="tun", mac="fe:54:00:00:00:02", master=BRIDGE),
        ],
        bridge_ports=[
            {"bridge": "virbr0", "port": "vnet9", "state": "forwarding"},
            *({"bridge": BRIDGE, "port": port, "state": state} for port, state in ports),
        ],
        addresses=[*REST_ADDRESSES, _address(BRIDGE, OWN, 16)],
        routes=_routes(BRIDGE),
        neighbours=[
            {"family": "inet", "ifname": BRIDGE, "address": ROUTER, "mac": "02:00:00:00:ff:01"}
        ],
        sysctl=[{"name": "net.ipv4.ip_forward", "value": "1"}],
        units=UNITS,
        taps=[
            {"guest": "build", "mac": "52:54:00:00:00:09", "target": "vnet9"},
            {"guest": "web", "mac": "52:54:00:00:00:01", "target": "vnet0"},
            {"guest": "mail <b>", "mac": "52:54:00:00:00:02", "target": "vnet1"},
        ],
    )
