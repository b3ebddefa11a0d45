"""The host's desired end state as data, and whether a snapshot shows it.

Planning asks it to see whether anything is left to do, verification asks it
whether what was promised is there. Pure: the snapshot is all it looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Interface

from runbook.common.serial import LATER
from runbook.plan.changes.messages import MAIN_TABLE, Address, Route
from runbook.plan.changes.network_xml import ETHERNET_MTU
from runbook.plan.netfilter.expected import ExpectedFirewall
from runbook.plan.promise import managers
from runbook.plan.promise.check import Check, equal, none
from runbook.plan.promise.client import ExpectedClient, client_checks
from runbook.plan.promise.files import ExpectedFile, file_checks
from runbook.plan.promise.ipv6 import ExpectedIPv6, checks6
from runbook.plan.promise.subject import SubjectKind
from runbook.state.addresses import AddressRow
from runbook.state.bridge_ports import BridgePortRow
from runbook.state.files import FileRow, contents
from runbook.state.firewall import FirewallRow
from runbook.state.guests import TapRow
from runbook.state.leases import LeaseRow
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import physical, stanzas
from runbook.state.sysctl import SysctlRow

# An address of this length has no subnet, and so no route of its own.
HOST_ROUTE = 32
# Destination, table, metric and type of service.
RouteKey = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Promise:
    """The end state: who holds the address, where the routes go, what survives a reboot.

    `others` are the further IPv4 addresses of the bridge, `client` is the DHCP client that renews
    the lease there. `adopted` is the bridge that had address and ports before, '' for none.
    """

    nic: str
    bridge: str
    network: str
    address: IPv4Interface
    gateway: str
    mac: str
    stp: bool
    files: tuple[ExpectedFile, ...]
    sysctls: tuple[tuple[str, str], ...]
    routes: tuple[Route, ...] = ()
    mtu: int = ETHERNET_MTU
    firewall: ExpectedFirewall = field(default_factory=ExpectedFirewall)
    ipv6: ExpectedIPv6 | None = None
    others: tuple[Address, ...] = field(default=(), metadata=LATER)
    client: ExpectedClient | None = field(default=None, metadata=LATER)
    adopted: str = field(default="", metadata=LATER)

    @property
    def holder(self) -> str:
        """The interface that has the address before the change."""
        return self.adopted or self.nic

    @property
    def subject(self) -> SubjectKind:
        """The host."""
        return SubjectKind.HOST

    @property
    def metric(self) -> int:
        """Of the default route, as `ip route` shows it."""
        ways = (r.metric for r in self.routes if (r.dst, r.table) == ("default", MAIN_TABLE))
        return next(ways, 0)

    @property
    def announced(self) -> tuple[str, ...]:
        """The addresses to announce to the neighbours."""
        six = self.ipv6.addresses if self.ipv6 else ()
        others = (other.address for other in self.others)
        return (str(self.address.ip), *others, *(address.partition("/")[0] for address in six))

    @property
    def announcements(self) -> tuple[tuple[str, str], ...]:
        """What an undo announces: pairs of an interface and an address that it holds."""
        return tuple((self.holder, address) for address in self.announced)

    @property
    def purpose(self) -> tuple[str, ...]:
        """What the change is for, in lines."""
        return (
            f"The change moves {self.move},",
            f"the bridge of libvirt network {self.network}.",
        )

    @property
    def move(self) -> str:
        """What is moved, from where and to where, in a few words."""
        more = "".join(f", {other.address}/{other.prefixlen}" for other in self.others)
        return f"{self.address}{more} from {self.holder} onto {self.bridge}"

    @property
    def end_state(self) -> str:
        """The end state in a sentence."""
        return f"{self.address} is on {self.bridge}"

    def checks(self, snapshot: Snapshot) -> tuple[Check, ...]:
        """Every check, in the order an operator would look."""
        return tuple(check for group in _GROUPS for check in group(self, snapshot))

    def reach(self, snapshot: Snapshot) -> tuple[Check, ...]:
        """The checks without which the host is not on the LAN, or not beyond its router."""
        return tuple(check for group in REACH for check in group(self, snapshot))


def _ipv4(snapshot: Snapshot) -> list[AddressRow]:
    return [row for row in snapshot.rows(AddressRow) if row.family == "inet"]


def _holder(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    addresses = _ipv4(snapshot)
    own = (str(promise.address.ip), promise.address.network.prefixlen)
    for ip, length in (own, *((a.address, a.prefixlen) for a in promise.others)):
        shown = " ".join(f"{r.ifname} /{r.prefixlen}" for r in addresses if r.address == ip)
        yield equal(f"{ip} is on", f"{promise.bridge} /{length}", shown)


def _left_on_nic(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    for name in _bare(promise):
        addresses = [row.address for row in _ipv4(snapshot) if row.ifname == name]
        yield none(f"IPv4 on {name}", addresses)


def _bare(promise: Promise) -> tuple[str, ...]:
    """The interfaces that have no address and no route of their own."""
    return tuple(dict.fromkeys((promise.nic, promise.holder)))


def _adopted(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    """Nothing is left in the bridge that was there before, nor comes into it later."""
    if not promise.adopted:
        return
    old = promise.adopted
    ports = [row.ifname for row in snapshot.rows(LinkRow) if row.master == old]
    yield none(f"ports of {old}", ports)
    guests = [row.guest for row in snapshot.rows(TapRow) if row.defined_source == old]
    yield none(f"guests defined on {old}", guests)


def _ports(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    nic = snapshot.find(LinkRow, promise.nic)
    yield equal(f"{promise.nic} is in", promise.bridge, nic.master if nic else "")
    port = snapshot.find(BridgePortRow, promise.bridge, promise.nic)
    yield equal(f"port {promise.nic}", "forwarding", port.state if port else "")


def _bridge(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    bridge = snapshot.find(LinkRow, promise.bridge)
    yield equal(f"{promise.bridge} MAC", promise.mac, bridge.mac if bridge else "")
    wanted = "on" if promise.stp else "off"
    shown = "on" if bridge and bridge.stp == 1 else "off" if bridge else ""
    yield equal(f"{promise.bridge} STP", wanted, shown)
    yield equal(f"{promise.bridge} MTU", str(promise.mtu), str(bridge.mtu) if bridge else "")


def _main(snapshot: Snapshot) -> list[RouteRow]:
    every = snapshot.rows(RouteRow)
    return [row for row in every if (row.family, row.table) == ("inet", MAIN_TABLE)]


def _routes(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    main = _main(snapshot)
    default = [r for r in main if r.dst == "default"]
    wanted = f"via {promise.gateway} dev {promise.bridge}{_metric(promise.metric)}"
    yield equal("default route", wanted, ", ".join(_ways_out(promise, default)))
    if promise.address.network.prefixlen != HOST_ROUTE:
        lan = (r for r in main if r.dst == str(promise.address.network))
        shown = ", ".join(f"dev {r.ifname} src {r.prefsrc}" for r in lan)
        wanted = f"dev {promise.bridge} src {promise.address.ip}"
        yield equal(f"route to {promise.address.network}", wanted, shown)


def _routes_on_nic(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    for name in _bare(promise):
        left = [row.dst for row in _main(snapshot) if row.ifname == name]
        yield none(f"routes on {name}", left)


def _ways_out(promise: Promise, default: list[RouteRow]) -> Iterator[str]:
    """The default routes that the host uses, and all through the bridge."""
    best = min((r.metric for r in default), default=0)
    for r in default:
        if r.metric == best or r.ifname == promise.bridge:
            yield f"via {r.gateway} dev {r.ifname}{_metric(r.metric)}"


def _metric(value: int) -> str:
    return f" metric {value}" if value else ""


def _carried(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    """The routes that came along, beside the default route."""
    found: dict[RouteKey, list[RouteRow]] = {}
    for row in snapshot.rows(RouteRow):
        if (row.family, row.type) == ("inet", "unicast"):
            found.setdefault((row.dst, row.table, row.metric, row.tos), []).append(row)
    for route in promise.routes:
        if (route.dst, route.table) != ("default", MAIN_TABLE):
            there = found.get((route.dst, route.table, route.metric, route.tos), [])
            shown = ", ".join(_way(r.gateway, r.ifname, r.prefsrc) for r in there)
            wanted = _way(route.gateway, route.ifname, route.prefsrc)
            table = "" if route.table == MAIN_TABLE else f" in table {route.table}"
            about = f"route to {route.dst}{table}"
            yield equal(about, wanted, shown)


def _way(gateway: str, ifname: str, prefsrc: str) -> str:
    via = f"via {gateway} " if gateway else ""
    return f"{via}dev {ifname}" + (f" src {prefsrc}" if prefsrc else "")


def _ipv6(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    yield from checks6(promise.ipv6, promise.holder, promise.bridge, snapshot)


def _network(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    row = snapshot.find(NetworkRow, promise.network)
    states = (row.active, row.persistent, row.autostart) if row else ()
    words = ["yes" if state else "no" for state in states] or ["", "", ""]
    for about, shown in zip(("active", "persistent", "autostart"), words, strict=True):
        yield equal(f"network {promise.network} {about}", "yes", shown)


def _files(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    yield from file_checks(promise.files, snapshot)


def _stanzas(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    """What ifupdown would do at the next boot, where its files speak of the NIC at all."""
    for stanza in stanzas(contents(snapshot.rows(FileRow))):
        if stanza.kind == "iface" and physical(stanza.name) in _bare(promise):
            about = f"{stanza.name} {stanza.family} in {stanza.path}"
            yield equal(about, "manual", stanza.method)


def _sysctls(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    for name, value in promise.sysctls:
        row = snapshot.find(SysctlRow, name)
        yield equal(name, value, row.value if row else "")


def _clients(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    every = snapshot.rows(LeaseRow)
    own = [row for row in every if row.ifname in _bare(promise)]
    # A client of every interface, '', is one of the NIC's as well, unless its files say otherwise.
    everywhere = [
        row
        for row in every
        if not row.ifname
        and row.pid
        and not all(managers.leaves_alone(row.client, nic, snapshot) for nic in _bare(promise))
    ]
    left = [f"{row.client} {row.lease_file}".strip() for row in (*own, *everywhere)]
    yield Check(f"DHCP on {promise.nic}", "none", ", ".join(left) or "none", not left)
    yield from client_checks(promise.client, promise.bridge, snapshot)


def _firewall(promise: Promise, snapshot: Snapshot) -> Iterator[Check]:
    told = promise.firewall.checks(snapshot.rows(FirewallRow), snapshot.rows(FileRow))
    yield from (Check(*check) for check in told)


Group = Callable[[Promise, Snapshot], Iterator[Check]]
REACH: tuple[Group, ...] = (_holder, _ports, _routes, _carried)
# What is true of the bridge, whoever makes it.
ON_THE_BRIDGE: tuple[Group, ...] = (_holder, _ports, _bridge, _routes, _network)
_GROUPS: tuple[Group, ...] = (
    _holder,
    _left_on_nic,
    _ports,
    _adopted,
    _bridge,
    _routes,
    _routes_on_nic,
    _carried,
    _ipv6,
    _network,
    _files,
    _stanzas,
    _sysctls,
    _clients,
    _firewall,
)
