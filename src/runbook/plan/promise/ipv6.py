"""What is promised of IPv6 on the bridge, and whether a snapshot shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.plan.changes.ipv6 import conf
from runbook.plan.changes.messages import MAIN_TABLE
from runbook.plan.promise.check import Check, equal, none
from runbook.state.addresses import AddressRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

LINK_LOCAL = "fe80::/64"


@dataclass(frozen=True, slots=True)
class ExpectedIPv6:
    """IPv6 on the bridge: addresses with their prefix lengths, the gateways of default routes.

    `learns`: router advertisements are heard there.
    """

    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    learns: bool


def global6(snapshot: Snapshot, ifname: str) -> list[AddressRow]:
    """The IPv6 addresses of an interface that reach beyond its link."""
    return [row for row in _everywhere(snapshot) if row.ifname == ifname]


def checks6(
    expected: ExpectedIPv6 | None, nic: str, bridge: str, snapshot: Snapshot
) -> Iterator[Check]:
    """Every check of IPv6 on the NIC and the bridge."""
    yield none(f"IPv6 on {nic}", [r.address for r in global6(snapshot, nic)])
    if expected is None:
        yield none(f"IPv6 on {bridge}", [r.address for r in global6(snapshot, bridge)])
        return
    for address in expected.addresses:
        ip, _, length = address.partition("/")
        held = (r for r in _everywhere(snapshot) if r.address == ip)
        shown = " ".join(f"{r.ifname} /{r.prefixlen}" for r in held)
        yield equal(f"{ip} is on", f"{bridge} /{length}", shown)
    yield from _routes(expected, nic, bridge, snapshot)
    wanted_values = {"disable_ipv6": "0"} | ({"accept_ra": "2"} if expected.learns else {})
    for word, value in wanted_values.items():
        row = snapshot.find(SysctlRow, conf(bridge, word))
        yield equal(conf(bridge, word), value, row.value if row else "")


def _everywhere(snapshot: Snapshot) -> list[AddressRow]:
    held = (row for row in snapshot.rows(AddressRow) if row.family == "inet6")
    return [row for row in held if row.scope not in ("link", "host")]


def _routes(expected: ExpectedIPv6, nic: str, bridge: str, snapshot: Snapshot) -> Iterator[Check]:
    kind = ("inet6", MAIN_TABLE, "unicast")
    every = (r for r in snapshot.rows(RouteRow) if (r.family, r.table, r.type) == kind)
    # One router may well speak on another link by the same link-local address.
    own = [r for r in every if r.ifname in (nic, bridge)]
    default = {(r.gateway, r.ifname) for r in own if r.dst == "default"}
    for gateway in expected.gateways:
        shown = ", ".join(sorted(f"dev {ifname}" for via, ifname in default if via == gateway))
        yield equal(f"IPv6 default route via {gateway}", f"dev {bridge}", shown)
    strays = [r.dst for r in own if r.ifname == nic and r.dst != LINK_LOCAL]
    yield none(f"IPv6 routes on {nic}", strays)
