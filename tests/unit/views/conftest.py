"""A host before and after, as tables; only the columns that a drawing reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest

from runbook.state.snapshot import Snapshot

NIC, BRIDGE, OWN = "enp4s0f0", "virbr1", "172.16.1.1"
LINKS = ["ifname", "kind", "mac", "up", "master", "stp"]
PORTS = ["bridge", "port", "state"]
ADDRESSES = ["ifname", "family", "address", "prefixlen", "scope"]
ROUTES = ["family", "table", "dst", "ifname", "gateway"]
TAPS = ["guest", "target"]
LO = ("lo", "", "00:00:00:00:00:00", True, "", pd.NA)
OTHER = [
    ("enp4s0f1", "", "02:00:00:00:00:02", False, "", pd.NA),
    ("virbr0", "bridge", "52:54:00:00:00:00", True, "", 1),
    ("vnet9", "tun", "fe:54:00:00:00:09", True, "virbr0", pd.NA),
]


def snapshot(**tables: pd.DataFrame) -> Snapshot:
    return cast("Snapshot", SimpleNamespace(host="server-01", **tables))


@pytest.fixture
def before() -> Snapshot:
    return snapshot(
        links=pd.DataFrame([LO, (NIC, "", "02:00:00:00:00:01", True, "", pd.NA), *OTHER], columns=LINKS),
        bridge_ports=pd.DataFrame([("virbr0", "vnet9", "forwarding")], columns=PORTS),
        addresses=pd.DataFrame(
            [
                ("lo", "inet", "127.0.0.1", 8, "host"),
                (NIC, "inet", OWN, 16, "global"),
                (NIC, "inet6", "fe80::1", 64, "link"),
                ("virbr0", "inet", "192.168.122.1", 24, "global"),
            ],
            columns=ADDRESSES,
        ),
        routes=pd.DataFrame([("inet", 254, "default", NIC, "172.16.0.1")], columns=ROUTES),
        taps=pd.DataFrame([("build", "vnet9")], columns=TAPS),
    )


@pytest.fixture
def after() -> Snapshot:
    links = [
        LO,
        (NIC, "", "02:00:00:00:00:01", True, BRIDGE, pd.NA),
        (BRIDGE, "bridge", "52:54:00:ab:cd:ef", True, "", 1),
        ("vnet0", "tun", "fe:54:00:00:00:01", True, BRIDGE, pd.NA),
        ("vnet1", "tun", "fe:54:00:00:00:02", True, BRIDGE, pd.NA),
        *OTHER,
    ]
    ports = [
        (BRIDGE, NIC, "forwarding"),
        (BRIDGE, "vnet0", "forwarding"),
        (BRIDGE, "vnet1", "listening"),
        ("virbr0", "vnet9", "forwarding"),
    ]
    return snapshot(
        links=pd.DataFrame(links, columns=LINKS),
        bridge_ports=pd.DataFrame(ports, columns=PORTS),
        addresses=pd.DataFrame(
            [
                ("lo", "inet", "127.0.0.1", 8, "host"),
                (BRIDGE, "inet", OWN, 16, "global"),
                ("virbr0", "inet", "192.168.122.1", 24, "global"),
            ],
            columns=ADDRESSES,
        ),
        routes=pd.DataFrame([("inet", 254, "default", BRIDGE, "172.16.0.1")], columns=ROUTES),
        taps=pd.DataFrame(
            [("web", "vnet0"), ("mail <b>", "vnet1"), ("build", "vnet9")], columns=TAPS
        ),
    )
