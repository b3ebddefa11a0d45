"""The host's IPv6, picked out of a snapshot: what moves, and what cannot be carried.

On a host that is as promised already it is found on the bridge instead, so
that a second run promises the same: what its hook brings back, and what routers
tell. What somebody added since is none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from runbook.params import Params
from runbook.plan.changes.change import Change
from runbook.plan.changes.ipv6 import LEARN, Moved6, conf
from runbook.plan.changes.ipv6 import identifier as suffix
from runbook.plan.changes.ipv6_switches import DeafenNIC, EnableIPv6, LearnOnBridge
from runbook.plan.changes.messages import BOOT, DEFAULT6, KERNEL, RA, Action, Address, Route
from runbook.plan.changes.network_hook6 import HookIPv6, comes_back
from runbook.plan.changes.sysctl import SetSysctl
from runbook.plan.promise.ipv6 import ExpectedIPv6, global6
from runbook.plan.routed import facts
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

# What the kernel sets up on every interface by itself (RFC 4291, 2.5.6 and 2.7).
OWN = ("fe80::/64", "ff00::/8")
SLAAC_BITS = 64
UNFINISHED = ("tentative", "dadfailed", "optimistic")


@dataclass(frozen=True, slots=True)
class Uncarried:
    """One thing of the host's IPv6 that the change cannot carry over."""

    about: str
    seen: str
    then: str


def moved(params: Params, snapshot: Snapshot) -> Moved6 | None:
    """All that moves; None where the host has no IPv6 beyond its link-local address."""
    nic, bridge = params.holder, params.bridge
    done = facts.holds(snapshot, bridge, params.ipv4)
    holder = bridge if done else nic
    held = global6(snapshot, holder)
    routes = routes6(snapshot, holder)
    if not held and not any(r.protocol != KERNEL for r in routes):
        return None
    found = Moved6(
        nic,
        bridge,
        tuple(replace(facts.as_delete_message(row), ifname=nic) for row in held),
        tuple(_route(row, nic) for row in routes if row.protocol == KERNEL),
        # Those that others' gateways are reached by come first.
        tuple(
            sorted(
                (_route(row, nic) for row in routes if row.protocol not in (KERNEL, RA)),
                key=lambda route: bool(route.gateway),
            )
        ),
        tuple(_route(row, nic) for row in routes if row.protocol == RA),
    )
    return _kept_by_hook(params, snapshot, found) if done else found


def _kept_by_hook(params: Params, snapshot: Snapshot, moved6: Moved6) -> Moved6:
    hook = snapshot.find(FileRow, facts.hook_file(snapshot, params.network))
    lines = {line.strip() for line in hook.content.splitlines()} if hook else set()
    return replace(
        moved6,
        addresses=tuple(
            a
            for a in moved6.addresses
            if a.mngtmpaddr or comes_back(_address_back(a, moved6.bridge)) in lines
        ),
        routes=tuple(
            r for r in moved6.routes if comes_back(replace(r, ifname=moved6.bridge)) in lines
        ),
    )


def _address_back(address: Address, bridge: str) -> Address:
    return replace(address, action=Action.ENSURE, ifname=bridge, nodad=True)


def routes6(snapshot: Snapshot, ifname: str) -> list[RouteRow]:
    """The IPv6 unicast routes through an interface, without the kernel's link-local routes."""
    through = ("inet6", ifname, "unicast")
    return [
        row
        for row in snapshot.rows(RouteRow)
        if (row.family, row.ifname, row.type) == through and row.dst not in OWN
    ]


def _route(row: RouteRow, nic: str) -> Route:
    route = facts.as_route_message(row)
    return replace(route, ifname=nic, protocol=route.protocol or BOOT)


def expected(moves: Moved6 | None) -> ExpectedIPv6 | None:
    """The promised end state of IPv6."""
    if moves is None:
        return None
    ways = (*moves.routes, *moves.learned)
    return ExpectedIPv6(
        tuple(f"{a.address}/{a.prefixlen}" for a in moves.addresses),
        tuple(sorted({r.gateway for r in ways if r.dst == DEFAULT6 and r.gateway})),
        moves.learns,
    )


def hooked(moves: Moved6 | None) -> HookIPv6 | None:
    """What the hook restores; routes and addresses from router advertisements return without it."""
    if moves is None:
        return None
    bridge = moves.bridge
    fixed = (a for a in moves.addresses if not a.mngtmpaddr)
    return HookIPv6(
        tuple(_address_back(a, bridge) for a in fixed),
        tuple(replace(r, ifname=bridge) for r in moves.routes),
        moves.token,
        moves.learns,
    )


def lasting(
    params: Params, snapshot: Snapshot, moves: Moved6 | None
) -> tuple[tuple[str, str], ...]:
    """The parameters that a boot has to find besides the switches of forwarding."""
    others = [
        n for n in _listeners(snapshot) if n not in (params.interface, params.holder, params.bridge)
    ]
    names = (conf(name, "accept_ra") for name in others)
    heard = tuple((name, LEARN) for name in names if _value(snapshot, name) in ("1", LEARN))
    return heard if moves is None else (*heard, (conf(params.holder, "accept_ra"), "0"))


def keep_listening(snapshot: Snapshot) -> Iterator[Change]:
    """Before forwarding goes on: the kernel would forget all routers where accept_ra is 1."""
    for name in _listeners(snapshot):
        if _value(snapshot, conf(name, "accept_ra")) == "1":
            yield SetSysctl(conf(name, "accept_ra"), LEARN, "1")


def _listeners(snapshot: Snapshot) -> list[str]:
    """The interfaces that have something from a router advertisement."""
    learned = {r.ifname for r in snapshot.rows(RouteRow) if (r.family, r.protocol) == ("inet6", RA)}
    made = {r.ifname for r in snapshot.rows(AddressRow) if r.family == "inet6" and _by_slaac(r)}
    return sorted((learned | made) - {""})


def enable(moves: Moved6 | None) -> Iterator[Change]:
    """The bridge made ready."""
    if moves is not None:
        yield EnableIPv6(moves.bridge, moves.nic, moves.learns, moves.token)


def settle(moves: Moved6 | None, snapshot: Snapshot) -> Iterator[Change]:
    """What follows the cutover."""
    if moves is None:
        return
    if moves.learns:
        yield LearnOnBridge(moves.bridge, moves.token, moves.learned)
    value = _value(snapshot, conf(moves.nic, "accept_ra"))
    if value not in ("", "0"):
        during = LEARN if moves.nic in _listeners(snapshot) else value
        yield DeafenNIC(moves.nic, during)


def _value(snapshot: Snapshot, name: str) -> str:
    row = snapshot.find(SysctlRow, name)
    return row.value if row else ""


def _by_slaac(row: AddressRow) -> bool:
    return "mngtmpaddr" in row.flags.split()


def uncarried(params: Params, snapshot: Snapshot) -> Iterator[Uncarried]:
    """Everything that speaks against moving the host's IPv6."""
    held = global6(snapshot, params.holder)
    for row in held:
        yield from _address(row)
    yield from _together(params.holder, held)
    yield from _routes(params.holder, snapshot, held)


def _address(row: AddressRow) -> Iterator[Uncarried]:
    about, flags = f"{row.address}/{row.prefixlen}", row.flags.split()
    if "secondary" in flags:
        then = "it cannot be put back; set net.ipv6.conf.*.use_tempaddr to 0 and wait until it goes"
        yield Uncarried(about, "a temporary address (RFC 8981)", then)
    elif "mngtmpaddr" not in flags and "permanent" not in flags:
        then = "DHCPv6 is not carried over; give the host a static address or let it use SLAAC"
        yield Uncarried(about, "an address that somebody lent, as DHCPv6 does", then)
    if unfinished := [flag for flag in UNFINISHED if flag in flags]:
        then = "check that no other host has it, and that it can be used"
        yield Uncarried(about, f"an address that is {unfinished[0]}", then)


def _together(nic: str, addresses: list[AddressRow]) -> Iterator[Uncarried]:
    made = [row for row in addresses if _by_slaac(row) and "secondary" not in row.flags.split()]
    if len({suffix(row.address) for row in made}) > 1:
        then = "a bridge has one interface identifier; leave one prefix, or use static addresses"
        yield Uncarried(nic, "addresses by SLAAC that end differently", then)
    if any(row.prefixlen != SLAAC_BITS for row in made):
        then = "an interface identifier has 64 bits; use a static address"
        yield Uncarried(nic, f"an address by SLAAC whose prefix is not /{SLAAC_BITS}", then)


def _routes(nic: str, snapshot: Snapshot, addresses: list[AddressRow]) -> Iterator[Uncarried]:
    ways = routes6(snapshot, nic)
    if not addresses and any(row.protocol != KERNEL for row in ways):
        then = "give the host an IPv6 address, or take the routes away"
        yield Uncarried(nic, "IPv6 routes without an IPv6 address", then)
    for row in ways:
        about = f"IPv6 route to {row.dst}"
        if row.protocol == RA and row.dst != "default":
            then = "it would not be learned on the bridge; make it a static one, or remove it"
            yield Uncarried(about, "learned from a router (RFC 4191)", then)
        if _shared(row, snapshot):
            then = "moving one would replace the other; give them different metrics"
            yield Uncarried(about, f"another interface has one of metric {row.metric}", then)
    for row in snapshot.rows(RouteRow):
        if row.family == "inet6" and nic in row.nexthops:
            then = "multipath routes are not carried over"
            yield Uncarried(f"IPv6 route to {row.dst}", row.nexthops, then)


def _shared(row: RouteRow, snapshot: Snapshot) -> bool:
    if row.protocol in (KERNEL, RA):
        return False
    same = (row.family, row.table, row.dst, row.metric)
    others = (r for r in snapshot.rows(RouteRow) if (r.family, r.table, r.dst, r.metric) == same)
    return any(other.ifname != row.ifname for other in others)
