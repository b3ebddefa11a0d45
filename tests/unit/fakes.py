"""A made-up host: whole snapshots to plan from, and a Host that keeps account of its writes."""

from __future__ import annotations

import fnmatch
import hashlib
import struct
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NoReturn

from tests.unit.hosts import snapshot

from runbook.apply.checkpoint import Armed, deadline, layout
from runbook.apply.checkpoint.arm import Order, arm
from runbook.common import octets
from runbook.common.errors import GateClosed
from runbook.common.room import Room
from runbook.params import Params
from runbook.plan.changes.bridge_ports import CARRIER
from runbook.plan.changes.messages import Route
from runbook.plan.plan import Plan
from runbook.plan.promise.host import Promise
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, preflight
from runbook.state import netlink
from runbook.state.host.environment import Surroundings
from runbook.state.host.operator_connection import Connection
from runbook.state.host.probes import Probe, Probed
from runbook.state.host.rules_at_boot import Persistence
from runbook.state.snapshot import TABLES, Snapshot
from runbook.transport.guest_endpoints import GuestEndpoints
from runbook.transport.host import (
    Completed,
    Delivery,
    GuestXML,
    HostFile,
    Inode,
    NetworkXML,
    OnRefusal,
)
from runbook.transport.netlink import check
from runbook.transport.process import Process

NIC, BRIDGE, ADDRESS, GATEWAY = "enp4s0f0", "virbr1", "172.16.1.1/16", "172.16.0.1"
IP, LAN, NIC_MAC = "172.16.1.1", "172.16.0.0/16", "02:00:00:00:01:01"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGE = "20260301T120000Z-abc123"
MACHINE = "a" * 32
ORDER = Order(CHANGE, "root@desk", NOON)
INTERFACES = f"auto {NIC}\niface {NIC} inet static\n    address {ADDRESS}\n    gateway {GATEWAY}\n"
PROBED = Probed((Probe(GATEWAY, answered=True),), GATEWAY, NIC_MAC)
OPERATOR = Connection("10.99.0.2", 50000, IP, 22)
LOADED = Persistence((), enabled=True, nftables=False, backend="nft")
GOOD = Surroundings(
    *((), (), 1 << 30, ("0.0.0.0:22", "[::]:22"), (), (), (), "", ()),
    operator=OPERATOR,
    management_ifname=NIC,
    persistence=LOADED,
    dhcp_clients=(),
    record=Room("/srv/runbook/outputs", 1 << 40),
)
IP6, LAN6, ROUTER6, ROUTER_LINK_LOCAL = "fd16::1:1", "fd16::/64", "fd16::1", "fe80::1"
SLAAC6, TOKEN = "fd16::16:1ff:fe00:1", "::16:1ff:fe00:1"
ADDRESS6 = {"family": "inet6", "label": ""}
Row = dict[str, Any]


def params(**other: object) -> Params:
    """What the operator asks for on the standard host, but for `other`."""
    asked = {
        "host": "server-01",
        "interface": NIC,
        "address": ADDRESS,
        "gateway": GATEWAY,
        "consent": ["bpdu"],
    }
    return Params.model_validate({**asked, **other})


def link(ifname: str, **other: object) -> Row:
    """A link that is up and has a carrier."""
    plain = {"mac": "02:00:00:00:09:09", "up": True, "carrier": True, "mtu": 1500}
    return {"ifname": ifname, **plain, **other}


def address(ifname: str, value: str, **other: object) -> Row:
    """An IPv4 address with its length."""
    ip, _, length = value.partition("/")
    base = {"ifname": ifname, "family": "inet", "address": ip, "prefixlen": int(length)}
    return {**base, "scope": "global", "flags": "permanent", "label": ifname, **other}


def route(dst: str, ifname: str, **other: object) -> Row:
    """A unicast IPv4 route of the main table."""
    base = {"family": "inet", "table": 254, "type": "unicast", "dst": dst, "ifname": ifname}
    return {**base, "protocol": "boot", "scope": "global", **other}


def connected(ifname: str) -> Row:
    """The route that comes with the address."""
    return route(LAN, ifname, prefsrc=IP, protocol="kernel", scope="link")


def default(ifname: str, **other: object) -> Row:
    """The way out."""
    return route("default", ifname, gateway=GATEWAY, **other)


def as_row(message: Route) -> Row:
    """A route as the routes table has it."""
    told = {**asdict(message), "family": "inet", "type": "unicast"}
    return {name: value for name, value in told.items() if name not in ("action", "mtu")}


def static6() -> dict[str, list[Row]]:
    """The standard host with a static IPv6 address besides."""
    six = {"family": "inet6", "pref": "medium"}
    return {
        **more("addresses", {**address(NIC, f"{IP6}/64"), **ADDRESS6}),
        **more(
            "routes",
            route(LAN6, NIC, protocol="kernel", metric=256) | six,
            route("fe80::/64", NIC, protocol="kernel", metric=256) | six,
            route("default", NIC, gateway=ROUTER6, metric=1024, onlink=True) | six,
            route("fd20::/48", NIC, gateway=ROUTER6, metric=9, pref="high")
            | {**six, "pref": "high"},
        ),
    }


def slaac() -> dict[str, list[Row]]:
    """The standard host with an IPv6 address by SLAAC besides."""
    six = {"family": "inet6", "pref": "medium"}
    lent = {"flags": "mngtmpaddr", "valid_lft_s": 3600, "preferred_lft_s": 1800}
    learned = {"protocol": "ra", "metric": 1024, "expires_s": 1800}
    return {
        **more("addresses", {**address(NIC, f"{SLAAC6}/64"), **ADDRESS6, **lent}),
        **more(
            "routes",
            route(LAN6, NIC, protocol="kernel", metric=256, expires_s=3600) | six,
            route("default", NIC, gateway=ROUTER_LINK_LOCAL, **learned) | six,
        ),
        **more(
            "sysctl",
            {"name": f"net.ipv6.conf.{NIC}.accept_ra", "value": "1"},
            {"name": f"net.ipv6.conf.{NIC}.forwarding", "value": "0"},
        ),
    }


def file(path: str, content: str, mode: str = "0644") -> Row:
    """A file of the files table."""
    digest = hashlib.sha256(octets.bytes_of(content)).hexdigest()
    return {"path": path, "content": content, "sha256": digest, "mode": mode} | ENCODING


def inode(path: str, **other: Any) -> Inode:  # noqa: ANN401
    """A file or folder that nothing keeps from being changed."""
    plain = {"folder": False, "immutable": False, "append_only": False, "read_only": False}
    return Inode(**{"path": path, **plain, "mount": "/", "links": 1, **other})


def network(promise: Promise) -> Row:
    """The promised network, as libvirt tells it."""
    return {
        "name": promise.network,
        "bridge": promise.bridge,
        "mac": promise.mac,
        "stp": "on" if promise.stp else "off",
        "addresses": str(promise.address),
        "active": True,
        "persistent": True,
        "autostart": True,
    }


def rule(text: str, position: int, **other: object) -> Row:
    """An iptables rule of the filter table."""
    base = {"backend": "nft", "family": "inet", "table": "filter", "chain": text.split()[1]}
    return {**base, "position": position, "rule": text, "nth": 1, **other}


def lease(**other: object) -> Row:
    """A dhclient that runs on the NIC, with its lease file."""
    path = f"/var/lib/dhcp/dhclient.{NIC}.leases"
    base = {"client": "dhclient", "pid": 812, "ifname": NIC, "lease_file": path}
    return {**base, "argv": f"/sbin/dhclient -4 {NIC}", **other}


def standard() -> dict[str, list[Row]]:
    """The tables of a host that was never changed: one static address on the NIC."""
    return {
        "links": [link("lo"), link(NIC, mac=NIC_MAC, ifindex=2), link("enp4s0f1", ifindex=3)],
        "addresses": [address("lo", "127.0.0.1/8", scope="host"), address(NIC, ADDRESS)],
        "routes": [default(NIC, onlink=True), connected(NIC)],
        "rules": [
            {"family": "inet", "priority": number, "src": "all", "dst": "all", "table": table}
            for number, table in ((0, 255), (32766, 254), (32767, 253))
        ],
        "sysctl": [
            {"name": "net.ipv4.ip_forward", "value": "0"},
            {"name": "net.ipv4.conf.all.forwarding", "value": "0"},
            {"name": f"net.ipv4.conf.{NIC}.forwarding", "value": "0"},
            {"name": "net.ipv4.conf.all.rp_filter", "value": "2"},
            {"name": "net.ipv6.conf.all.forwarding", "value": "0"},
            {"name": "net.ipv6.conf.default.forwarding", "value": "0"},
        ],
        "files": [file("/etc/network/interfaces", INTERFACES)],
        "units": units(),
    }


PEER = "172.16.0.1"


def point_to_point(**tables: list[Row]) -> tuple[Plan, Snapshot]:
    """A host that was installed as hosters do it: a /32, and the gateway is its peer."""
    text = f"auto {NIC}\niface {NIC} inet static\n    address {IP}\n"
    text += f"    netmask 255.255.255.255\n    gateway {PEER}\n    pointopoint {PEER}\n"
    rows = {
        "addresses": [r for r in tables.get("addresses", []) if r["family"] == "inet6"],
        "routes": [r for r in tables.get("routes", []) if r["family"] == "inet6"],
    }
    way = route(f"{PEER}/32", NIC, prefsrc=IP, protocol="kernel", scope="link")
    rows["addresses"].append(address(NIC, f"{IP}/32", peer=PEER))
    rows["routes"] += [default(NIC, onlink=True), way]
    host = seen(**{**tables, **rows}, files=[file("/etc/network/interfaces", text)])
    return make_plan(params(address=f"{IP}/32", gateway=PEER), host), host


def units(**states: str) -> list[Row]:
    """What a Debian KVM host starts at boot, but for `states` (a unit's name without .service)."""
    usual = {"networking": "enabled", "libvirtd": "enabled", **states}
    return [{"name": f"{name}.service", "state": state} for name, state in usual.items()]


@cache
def _standard() -> Snapshot:
    return snapshot(**standard())


def seen(**tables: list[Row]) -> Snapshot:
    """The standard host, but for these tables."""
    other, made = snapshot(**tables), _standard()
    for table in TABLES:
        if table.name in tables:
            made = made.having(table.row, other.rows(table.row))
    return made


def more(table: str, *rows: Row) -> dict[str, list[Row]]:
    """The standard table with more rows."""
    return {table: [*standard().get(table, []), *rows]}


def demanding() -> dict[str, list[Row]]:
    """Tables that ask for every kind of change: leases, firewall rules, routes in other tables."""
    comment = f'-A INPUT -i {NIC} -m comment --comment "it\'s $(x)" -j ACCEPT'
    lease = "/var/lib/dhcpcd/enp4s0f0.lease"
    client = {"client": "dhcpcd", "pid": 7, "ifname": NIC, "argv": "dhcpcd: enp4s0f0 [ip4]"}
    return {
        "firewall": [rule(comment, 1), rule(f"-A INPUT -i {NIC} -j DROP", 1, family="inet6")],
        "leases": [{**client, "lease_file": lease}],
        **more("routes", route("10.0.0.0/8", NIC, gateway="172.16.0.7", table=9, onlink=True)),
    }


def ticking(left_s: float | None, undoing: str = "") -> Answer:
    """Answers for systemd: the change's timer ends in so many seconds; a unit is undoing."""
    blocks = [f"Id={undoing}\nActiveState=activating\n"] if undoing else []
    if left_s is not None:
        name = f"Id=runbook-deadline-{CHANGE}-1.timer\nActiveState=active"
        blocks.append(f"{name}\nNextElapseUSecMonotonic={100 + left_s:.6f}s\n")

    def answer(argv: Sequence[str]) -> Completed | None:
        said = {"systemctl": "\n".join(blocks), "python3": "100.0\n"}
        asked = argv[:2] == ("systemctl", "show") or argv[0] == "python3"
        return Completed(tuple(argv), 0, said[argv[0]].encode(), b"") if asked else None

    return answer


def undone(host: FakeHost, armed: Armed, why: str, *, entirely: bool = True) -> None:
    """As the undo script leaves the host's own things when it has ended."""
    end = "finished: the host is as it was" if entirely else "finished, but something is not back"
    for said in ("begins", *(() if entirely else ("cannot put back /etc/x",)), end):
        add(host, armed.layout.journal, f"2026-03-01T12:00:09Z undo ({why}): {said}\n")
    host.files.pop(armed.layout.open, None)
    if entirely:
        host.links.pop(layout.ARMED, None)


def add(host: FakeHost, path: str, text: str) -> None:
    """More text at the end of a file, and no event of it."""
    host.hold(path, host.text(path) + text)


def as_promised(promise: Promise, **tables: list[Row]) -> Snapshot:
    """The host that keeps the promise, but for these tables."""
    stp = 1 if promise.stp else 0
    kept = {
        "links": [
            link(promise.nic, mac=NIC_MAC, mtu=promise.mtu, master=promise.bridge),
            link(promise.bridge, kind="bridge", mac=promise.mac, mtu=promise.mtu, stp=stp),
        ],
        "bridge_ports": [{"bridge": promise.bridge, "port": promise.nic, "state": "forwarding"}],
        "addresses": [address(promise.bridge, str(promise.address))],
        "routes": [connected(promise.bridge), *(as_row(r) for r in promise.routes)],
        "sysctl": [{"name": name, "value": value} for name, value in promise.sysctls],
        "files": [
            file(f.path, f.text, "0755" if "/hooks/" in f.path else "0644") for f in promise.files
        ],
        "networks": [network(promise)],
        "units": units(),
    }
    return snapshot(**{**kept, **tables})


ENCODING = {"encoding": "utf-8"}


def link_dump(*links: tuple[int, str, str]) -> bytes:
    """What RTM_GETLINK answers: (ifindex, ifname, MAC) each."""
    return b"".join(_link_message(*one) for one in links)


def _link_message(index: int, name: str, mac: str) -> bytes:
    body = struct.pack("=BxHiII", 0, 1, index, 0x10043, 0)
    body += attribute(3, name.encode() + b"\0") + attribute(1, bytes.fromhex(mac.replace(":", "")))
    return struct.pack("=IHHII", 16 + len(body), 16, 2, 1, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """A netlink attribute, padded."""
    length = 4 + len(value)
    return (struct.pack("=HH", length, kind) + value).ljust((length + 3) & ~3, b"\0")


@dataclass
class Time:
    """A clock that moves only when somebody waits, or looks at it if `ticks` says so."""

    seconds: float = 0.0
    ticks: float = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        self.seconds += self.ticks
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


Answer = Callable[[Sequence[str]], Completed | None]


@dataclass
class FakeHost:
    """Files in memory, answers as told, and every write in `events`, in order."""

    files: dict[str, HostFile] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    dumps: dict[int, bytes] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    running: list[Process] = field(default_factory=list)
    fails: dict[str, BaseException] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    datagrams: list[bytes] = field(default_factory=list)
    deliveries: list[Delivery | None] = field(default_factory=list)
    frames: list[tuple[str, bytes]] = field(default_factory=list)
    gateway_sees: str | None = NIC_MAC
    claims: list[tuple[tuple[str, str], str]] = field(default_factory=list)
    shut_out: tuple[str, ...] = ()
    gate: str = ""
    name: str = "server-01"
    closed: int = 0

    def hold(self, path: str, content: str = "", mode: int = 0o644) -> None:
        """Have the file."""
        self.hold_bytes(path, content.encode(), mode)

    def hold_bytes(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Have a file that need not be text."""
        self.files[path] = HostFile(path, content, mode)

    def text(self, path: str) -> str:
        """What the file holds now."""
        return self.files[path].content.decode()

    def query(self, argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        del timeout
        return self._answer(argv)

    def _answer(self, argv: Sequence[str]) -> Completed:
        if argv[0] == "readlink":
            target = self.links.get(argv[-1])
            return Completed(tuple(argv), int(target is None), f"{target or ''}\n".encode(), b"")
        for answer in self.answers:
            done = answer(argv)
            if done is not None:
                return done
        return Completed(tuple(argv), 0, b"", b"")

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        return tuple(self.files.get(self._resolved(path)) for path in paths)

    def _resolved(self, path: str) -> str:
        for where, target in self.links.items():
            if path.startswith(f"{where}/"):
                return f"{where.rpartition('/')[0]}/{target}{path.removeprefix(where)}"
        return path

    def inodes(self, paths: Sequence[str]) -> tuple[tuple[Inode, ...], ...]:
        return tuple((inode(path.rpartition("/")[0], folder=True),) for path in paths)

    def glob(self, *patterns: str) -> tuple[str, ...]:
        return tuple(path for pattern in patterns for path in self._matching(pattern))

    def _matching(self, pattern: str) -> tuple[str, ...]:
        there = (*self.files, *self.links)
        # As in a shell, a star stays within one folder.
        found = (p for p in there if p.count("/") == pattern.count("/"))
        return tuple(sorted(p for p in found if fnmatch.fnmatchcase(p, pattern)))

    def processes(self, names: Sequence[str]) -> tuple[Process, ...]:
        wanted = [name.encode() for name in names]
        there = (p for p in self.running if any(n in p.cmdline + p.exe.encode() for n in wanted))
        return tuple(there)

    def dump(self, request: bytes) -> bytes:
        kind = struct.unpack_from("=H", request, 4)[0]
        return self.dumps.get(kind, b"")

    def networks(self) -> tuple[NetworkXML, ...]:
        return ()

    def guests(self) -> tuple[GuestXML, ...]:
        return ()

    def libvirt_version(self) -> int:
        return 9_000_000

    def gateway_mac_view(self, gateway: str, ifname: str, *, timeout: float = 2.0) -> str | None:
        del gateway, ifname, timeout
        return self.gateway_sees

    def router_mac_view(
        self, router: tuple[str, str], guest: tuple[str, str], ifname: str, *, timeout: float = 2.0
    ) -> str | None:
        del router, ifname, timeout
        self._written(f"ask the router as {guest[0]}")
        return guest[1] if self.gateway_sees else None

    def who_has(self, address: str, ifname: str, *, timeout: float = 1.2) -> tuple[str, ...]:
        del timeout
        return tuple(sorted(mac for at, mac in self.claims if at == (address, ifname)))

    def answers_mac(self, address: str, ifname: str, mac: str, *, timeout: float = 1.2) -> bool:
        del address, ifname, timeout
        self._written(f"ask from {mac}")
        return mac not in self.shut_out

    def execute(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0
    ) -> Completed:
        del timeout
        if tuple(argv[:3]) == ("sh", "-c", deadline.script()):
            return self._deadline(argv[4:], stdin)
        self._written("run " + " ".join(argv))
        return self._answer(argv)

    def _deadline(self, argv: Sequence[str], text: bytes) -> Completed:
        """What deadline.sh does, in its order."""
        manifest, seen, stem, number, line, *start = argv
        if hashlib.sha256(self.files[manifest].content).hexdigest() != seen:
            return Completed((), deadline.SINCE, b"", b"")
        self.append_file(f"{manifest.rpartition('/')[0]}/journal", f"{line}\n".encode())
        started = self.execute(start)
        if started.returncode != 0:
            return replace(started, returncode=deadline.TAKEN)
        earlier = (f"{stem}{n}.timer" for n in range(1, int(number)))
        stopped = self.execute(("systemctl", "stop", *earlier))
        if stopped.returncode == 0:
            self.write_file(HostFile(manifest, text, 0o600))
        return stopped

    def write_file(self, file: HostFile) -> None:
        self._written(f"write {file.path}")
        self.files[file.path] = file

    def append_file(self, path: str, content: bytes) -> None:
        self._written(f"append {path}: {content.decode()}")
        self.files[path] = replace(self.files[path], content=self.files[path].content + content)

    def remove_file(self, path: str) -> None:
        self._written(f"remove {path}")
        self.files.pop(path, None)
        self.links.pop(path, None)

    def move_file(self, path: str, to: str) -> None:
        self._written(f"move {path} {to}")
        if path in self.files:
            self.files[to] = replace(self.files.pop(path), path=to)

    def make_dir(self, path: str, mode: int) -> None:
        self._written(f"mkdir {path} {mode:04o}")

    def symlink(self, target: str, path: str) -> bool:
        self._written(f"link {path} -> {target}")
        if path in self.links:
            return False
        self.links[path] = target
        return True

    def send_netlink(self, datagram: bytes, delivery: Delivery | None = None) -> None:
        self.deliveries.append(delivery)
        self._written(f"netlink {len(check(datagram))}")
        self.datagrams.append(datagram)

    def iproute(self) -> AbstractContextManager[Any]:
        return self._never()

    def send_frame(self, ifname: str, frame: bytes) -> None:
        self._written(f"frame {ifname}")
        self.frames.append((ifname, frame))

    def define_network(self, xml: str) -> None:
        del xml
        self._never()

    def start_network(self, name: str) -> None:
        del name
        self._never()

    def set_network_autostart(self, name: str, *, autostart: bool) -> None:
        del name, autostart
        self._never()

    def doors(self, guest: str) -> GuestEndpoints:
        del guest
        return self._never()

    def beside(self) -> FakeHost:
        return self

    def guarded(self, lock: str, gate: str, on_refusal: OnRefusal | None = None) -> FakeHost:
        del on_refusal
        assert lock in self.files
        return replace(self, gate=gate)

    def close(self) -> None:
        self.closed += 1

    def _written(self, event: str) -> None:
        if self.gate and self.gate not in self.files:
            raise GateClosed("shut", host=self.name, state="as before", then="nothing")
        self.events.append(event)
        for start, error in self.fails.items():
            if event.startswith(start):
                raise error

    @staticmethod
    def _never() -> NoReturn:
        message = "a change is not made this way"
        raise AssertionError(message)


def _carrier(argv: Sequence[str]) -> Completed | None:
    up = argv[:2] == ("ip", "-oneline")
    return Completed(tuple(argv), 0, b"7: virbr1: <UP> state UP", b"") if up else None


def standard_host() -> FakeHost:
    """The standard host itself; whatever is asked of it succeeds."""
    links = (2, NIC, NIC_MAC), (7, BRIDGE, "52:54:00:00:00:07"), (9, CARRIER, "02:00:00:00:00:09")
    router = [((GATEWAY, NIC), "02:00:00:00:00:fe")]
    dumps = {netlink.RTM_GETLINK: link_dump(*links)}
    host = FakeHost(dumps=dumps, answers=[_carrier], claims=router)
    host.hold("/etc/network/interfaces", INTERFACES)
    return host


def cleared(**asked: object) -> Cleared:
    """A plan for the standard host, as preflight lets it through."""
    before, wanted = seen(), params(**asked)
    return preflight(wanted, make_plan(wanted, before), before, GOOD)


def armed(host: FakeHost, **asked: object) -> Armed:
    """The same plan, armed on the host; the writes that took are forgotten."""
    made = arm(cleared(**asked), PROBED, host, ORDER)
    host.events.clear()
    return made


def moved(host: FakeHost, armed: Armed, seconds: int, why: str, at: datetime = NOON) -> Armed:
    """The deadline moved by somebody to whom any other is wrong."""
    wish = deadline.DeadlineWish(lambda _seen, _at: seconds, why)
    return armed.until(deadline.move(armed.layout, host, wish, lambda: at).after)
