"""The kernel's tables at size: what fills each, which tool shows it as text, and what reads it."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import NamedTuple

from runbook.state import addresses, bridge_ports, firewall, links, neighbours, routes, rules

NIC, PEER = "enp4s0f0", "peer0"
NETWORK = (
    f"link add {NIC} type veth peer {PEER}",
    f"link set {PEER} up",
    f"link set {NIC} up",
    f"address add 172.16.1.1/16 dev {NIC}",
    f"address add 2001:db8::1/64 dev {NIC} nodad",
)
# A bridge has at most 1,023 ports, and an interface with many addresses is slow to get one more.
TOGETHER = 1000
# With which `ip rule restore` begins (iproute2, ip/iprule.c), and linux/fib_rules.h.
RULE_DUMP_MAGIC = 0x71706986
RTM_NEWRULE, FRA_SRC, FRA_PRIORITY, FRA_TABLE, LOOKUP = 32, 2, 6, 15, 1
BATCH = ("ip", "-batch", "-")


class KernelTable(NamedTuple):
    """One table: `by` is the command that fills it from its standard input."""

    tool: tuple[str, ...]
    reader: ModuleType
    content: Callable[[int], bytes]
    sizes: tuple[int, ...] = (1000, 10000, 100000)
    by: tuple[str, ...] = BATCH


def fill(name: str, count: int, inside: tuple[str, ...]) -> None:
    """A NIC, and so many rows; `inside` is what the commands of iptables are put behind."""
    table = TABLES[name]
    _run(BATCH, _lines(NETWORK))
    _run((*(inside if name == "firewall" else ()), *table.by), table.content(count))


def _run(argv: tuple[str, ...], told: bytes) -> None:
    subprocess.run(argv, input=told, check=True, capture_output=True)


def _lines(lines: Iterable[str]) -> bytes:
    return "\n".join((*lines, "")).encode()


def _routes(count: int) -> bytes:
    ways = (f"via 172.16.0.{1 + n % 200} dev {NIC}" for n in range(count))
    return _lines(f"route add {at(n)}/32 {way}" for n, way in enumerate(ways))


def _routes_of_ipv6(count: int) -> bytes:
    ways = (f"via 2001:db8::{2 + n % 200:x} dev {NIC}" for n in range(count))
    return _lines(f"route add {_at_ipv6(n)}/128 {way}" for n, way in enumerate(ways))


def _neighbours(count: int) -> bytes:
    return _permanent(map(at, range(count)))


def _neighbours_of_ipv6(count: int) -> bytes:
    return _permanent(map(_at_ipv6, range(count)))


def _permanent(there: Iterable[str]) -> bytes:
    macs = ((it, (2 << 40 | n).to_bytes(6).hex(":")) for n, it in enumerate(there))
    # What is permanent is not limited by gc_thresh3.
    return _lines(f"neigh add {it} lladdr {mac} dev {NIC} nud permanent" for it, mac in macs)


def _addresses(count: int) -> bytes:
    pairs = ((f"a{n:03}", f"b{n:03}") for n in range(-(-count // TOGETHER)))
    made = (f"link add {one} type veth peer {other}" for one, other in pairs)
    given = (f"address add {at(n)}/32 dev a{n // TOGETHER:03}" for n in range(count))
    return _lines((*made, *given))


def _rules(count: int) -> bytes:
    """As `ip rule save` gives them, the last one first.

    For `ip rule add`, and for a rule behind the others, the kernel looks through all of them.
    """
    priorities = range(1000 + count, 1000, -1)
    return struct.pack("=I", RULE_DUMP_MAGIC) + b"".join(map(_rule, range(count), priorities))


def _rule(number: int, priority: int) -> bytes:
    # struct fib_rule_hdr: the family, and how long the source's prefix is.
    body = struct.pack("=BBB4xBI", 2, 0, 32, LOOKUP, 0)
    body += struct.pack("=HH4s", 8, FRA_SRC, bytes(map(int, at(number).split("."))))
    for kind, value in ((FRA_PRIORITY, priority), (FRA_TABLE, 100 + number % 50)):
        body += struct.pack("=HHI", 8, kind, value)
    return struct.pack("=IHHII", 16 + len(body), RTM_NEWRULE, 0, 1, 0) + body


def _links(count: int) -> bytes:
    return _lines(f"link add a{n} type veth peer b{n}" for n in range(count // 2))


def _ports(count: int) -> bytes:
    bridges = (f"link add br{n} type bridge" for n in range(-(-count // TOGETHER)))
    masters = (f"master br{n // TOGETHER}" for n in range(count))
    ports = (f"link add a{n} {it} type veth peer b{n}" for n, it in enumerate(masters))
    return _lines((*bridges, *ports))


def iptables(count: int) -> str:
    """A list of addresses that are dropped; every tenth rule names the NIC."""
    head = ("*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]")
    body = (
        f"-A INPUT -s {at(n)}/32 {'-i ' + NIC + ' ' if n % 10 == 0 else ''}-j DROP"
        for n in range(count)
    )
    return "\n".join((*head, *body, "COMMIT", ""))


def at(number: int) -> str:
    """An address for each number."""
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _at_ipv6(number: int) -> str:
    return f"2001:db8:1::{number >> 16:x}:{number & 0xFFFF:x}"


TABLES = {
    "routes": KernelTable(("ip", "route", "show", "table", "all"), routes, _routes),
    "routes of IPv6": KernelTable(
        ("ip", "-6", "route", "show", "table", "all"), routes, _routes_of_ipv6
    ),
    "neighbours": KernelTable(("ip", "neighbour"), neighbours, _neighbours),
    "neighbours of IPv6": KernelTable(("ip", "-6", "neighbour"), neighbours, _neighbours_of_ipv6),
    "addresses": KernelTable(("ip", "address"), addresses, _addresses),
    "rules": KernelTable(("ip", "rule"), rules, _rules, by=("ip", "rule", "restore")),
    # The kernel takes half a minute and 5 GB for 100,000 links.
    "links": KernelTable(("ip", "-d", "link"), links, _links),
    # Each port has a link as its other end: the kernel takes 20 seconds and 3 GB for 30,000.
    "ports of bridges": KernelTable(
        ("bridge", "-d", "link"), bridge_ports, _ports, sizes=(1000, 10000, 30000)
    ),
    "firewall": KernelTable(
        ("iptables-nft-save", "-c"),
        firewall,
        lambda count: iptables(count).encode(),
        sizes=(1000, 10000, 50000),
        by=("iptables-nft-restore",),
    ),
}
