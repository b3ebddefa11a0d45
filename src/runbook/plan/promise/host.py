"""What the host will be, as data, and whether a snapshot shows it to be so.

Planning asks it to see whether anything is left to do, verification asks it
whether what was promised is there. Pure: the snapshot is all it looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Interface

from runbook.plan.changes.messages import Route
from runbook.plan.changes.network_xml import ETHERNET_MTU
from runbook.plan.netfilter.expected import ExpectedFirewall
from runbook.plan.promise.check import Check, equal
from runbook.plan.promise.ipv6 import ExpectedIPv6, checks6
from runbook.plan.promise.subject import SubjectKind
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import stanzas
from runbook.state.table import Row, rows

MAIN = 254


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file that has to be on the host with exactly this text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Promise:
    """The end state: who holds the address, where the routes go, what survives a reboot."""

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

    @property
    def subject(self) -> SubjectKind:
        """The host."""
        return SubjectKind.HOST

    @property
    def metric(self) -> int:
        """Of the default route, as `ip route` shows it."""
        ways = (r.metric for r in self.routes if (r.dst, r.table) == ("default", MAIN))
        return next(ways, 0)

    @property
    def announced(self) -> tuple[str, ...]:
        """The addresses that the neighbours have to be told of."""
        six = self.ipv6.addresses if self.ipv6 else ()
        return (str(self.address.ip), *(address.partition("/")[0] for address in six))

    @property
    def announcements(self) -> tuple[tuple[str, str], ...]:
        """What an undo tells the neighbours: an interface, and an address that it holds."""
        return tuple((self.nic, address) for address in self.announced)

    @property
    def purpose(self) -> tuple[str, ...]:
        """What the change is for, in lines."""
        return (
            f"The change moves {self.address} from {self.nic} onto {self.bridge},",
            f"the bridge of libvirt network {self.network}.",
        )

    @property
    def kept(self) -> str:
        """The end state in a sentence."""
        return f"{self.address} is on {self.bridge}"

    def checks(self, seen: Snapshot) -> tuple[Check, ...]:
        """Every check, in the order an operator would look."""
        return tuple(check for group in _GROUPS for check in group(self, seen))


def _addresses(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    ip = str(promise.address.ip)
    holders = rows(seen.addresses, family="inet", address=ip)
    shown = " ".join(f"{r['ifname']} /{r['prefixlen']}" for r in holders)
    wanted = f"{promise.bridge} /{promise.address.network.prefixlen}"
    yield equal(f"{ip} is on", wanted, shown)
    left = rows(seen.addresses, family="inet", ifname=promise.nic)
    shown = " ".join(str(r["address"]) for r in left)
    yield Check(f"IPv4 on {promise.nic}", "none", shown or "none", not left)


def _links(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    nic = rows(seen.links, ifname=promise.nic)
    yield equal(f"{promise.nic} is in", promise.bridge, " ".join(str(r["master"]) for r in nic))
    port = rows(seen.bridge_ports, bridge=promise.bridge, port=promise.nic)
    yield equal(f"port {promise.nic}", "forwarding", " ".join(str(r["state"]) for r in port))
    bridge = rows(seen.links, ifname=promise.bridge)
    yield equal(f"{promise.bridge} MAC", promise.mac, " ".join(str(r["mac"]) for r in bridge))
    wanted = "on" if promise.stp else "off"
    shown = " ".join("on" if r["stp"] == 1 else "off" for r in bridge)
    yield equal(f"{promise.bridge} STP", wanted, shown)
    shown = " ".join(str(r["mtu"]) for r in bridge)
    yield equal(f"{promise.bridge} MTU", str(promise.mtu), shown)


def _routes(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    main = rows(seen.routes, family="inet", table=MAIN)
    default = [r for r in main if r["dst"] == "default"]
    wanted = f"via {promise.gateway} dev {promise.bridge}{_metric(promise.metric)}"
    yield equal("default route", wanted, ", ".join(_ways_out(promise, default)))
    lan = [r for r in main if r["dst"] == str(promise.address.network)]
    shown = ", ".join(f"dev {r['ifname']} src {r['prefsrc']}" for r in lan)
    wanted = f"dev {promise.bridge} src {promise.address.ip}"
    yield equal(f"route to {promise.address.network}", wanted, shown)
    strays = [str(r["dst"]) for r in main if r["ifname"] == promise.nic]
    shown = " ".join(strays)
    yield Check(f"routes on {promise.nic}", "none", shown or "none", not strays)


def _ways_out(promise: Promise, default: list[Row]) -> Iterator[str]:
    """The default routes that are used, and all that go by the bridge."""
    best = min((r["metric"] for r in default), default=0)
    for r in default:
        if r["metric"] == best or r["ifname"] == promise.bridge:
            yield f"via {r['gateway']} dev {r['ifname']}{_metric(r['metric'])}"


def _metric(value: int) -> str:
    return f" metric {value}" if value else ""


def _carried(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    """The routes that came along, beside the default route."""
    for route in promise.routes:
        key = {"dst": route.dst, "table": route.table, "metric": route.metric, "tos": route.tos}
        if (route.dst, route.table) != ("default", MAIN):
            found = rows(seen.routes, family="inet", type="unicast", **key)
            shown = ", ".join(
                _way(str(r["gateway"]), str(r["ifname"]), str(r["prefsrc"])) for r in found
            )
            wanted = _way(route.gateway, route.ifname, route.prefsrc)
            about = f"route to {route.dst}" + (f" in table {route.table}", "")[route.table == MAIN]
            yield equal(about, wanted, shown)


def _way(gateway: str, ifname: str, prefsrc: str) -> str:
    via = f"via {gateway} " if gateway else ""
    return f"{via}dev {ifname}" + (f" src {prefsrc}" if prefsrc else "")


def _ipv6(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    yield from checks6(promise.ipv6, promise.nic, promise.bridge, seen)


def _network(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    found = rows(seen.networks, name=promise.network)
    for word in ("active", "persistent", "autostart"):
        shown = " ".join("yes" if r[word] else "no" for r in found)
        yield equal(f"network {promise.network} {word}", "yes", shown)


def _files(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    for file in promise.files:
        found = rows(seen.files, path=file.path)
        same = any(r["content"] == file.text for r in found)
        shown = "as promised" if same else ("other content" if found else "absent")
        yield Check(file.path, "as promised", shown, same)


def _stanzas(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    """What ifupdown would do at the next boot, where its files speak of the NIC at all."""
    for stanza in stanzas(seen.files):
        if stanza.kind == "iface" and stanza.name == promise.nic:
            about = f"{promise.nic} {stanza.family} in {stanza.path}"
            yield equal(about, "manual", stanza.method)


def _sysctls(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    for name, value in promise.sysctls:
        shown = " ".join(str(r["value"]) for r in rows(seen.sysctl, name=name))
        yield equal(name, value, shown)


def _clients(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    # A client of every interface, '', is one of the NIC's as well.
    everywhere = [r for r in rows(seen.leases, ifname="") if r["pid"]]
    left = [*rows(seen.leases, ifname=promise.nic), *everywhere]
    shown = ", ".join(f"{r['client']} {r['lease_file']}".strip() for r in left)
    yield Check(f"DHCP on {promise.nic}", "none", shown or "none", not left)


def _firewall(promise: Promise, seen: Snapshot) -> Iterator[Check]:
    yield from (Check(*told) for told in promise.firewall.told(seen.firewall, seen.files))


_GROUPS: tuple[Callable[[Promise, Snapshot], Iterator[Check]], ...] = (
    _addresses,
    _links,
    _routes,
    _carried,
    _ipv6,
    _network,
    _files,
    _stanzas,
    _sysctls,
    _clients,
    _firewall,
)
