"""Whether a packet matches an option: yes, no, or unknown, as for every unlisted option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_network

from runbook.plan.netfilter.packet import Network, Packet
from runbook.plan.netfilter.rule import REMEMBERED, Option, ParsedRule

# None: it may match or not.
Answer = bool | None
ANY_PROTOCOL = ("all", "0")
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "icmpv6": "ipv6-icmp"}
# Modules that match nothing by themselves: their options say what.
SILENT = frozenset(
    (
        *("tcp", "udp", "icmp", "icmp6", "conntrack", "state", "multiport", "comment", "physdev"),
        *("limit", "addrtype", "recent", "mark", "hashlimit", "set", "mac", "iprange", "hl", "ttl"),
        *("connlimit", "owner", "string", "pkttype", "length", "u32", "connmark", "time"),
    )
)
# Modules that match a header which a packet of TCP, UDP or ICMP begins without.
OF_A_HEADER = frozenset(("rt", "hbh", "dst", "frag", "mh", "ah", "esp"))
SYN_ONLY = ("FIN,SYN,RST,ACK", "SYN")


def matches(packet: Packet, rule: ParsedRule) -> Answer:
    """Whether all of the rule's matches hold."""
    certain = True
    for option in rule.matches:
        answer = _one(packet, option)
        if answer is False:
            return False
        certain = certain and answer is True
    return certain or None


def _one(packet: Packet, option: Option) -> Answer:
    judge = _JUDGES.get(option.name)
    # iptables knows no negated module.
    if judge is None or (option.negated and option.name == "-m"):
        return None
    try:
        answer = judge(packet, option.words)
    except (ValueError, LookupError):
        return None
    return answer if answer is None or not option.negated else not answer


@lru_cache(REMEMBERED)
def network_of(text: str) -> Network:
    """The network that a rule names; ValueError for anything else."""
    return ip_network(text, strict=False)


def _within(address: Network | None, expected: str) -> Answer:
    network = network_of(expected)
    if network.prefixlen == 0:
        return True
    if address is None or address.version != network.version:
        return None
    if network.supernet_of(address):  # type: ignore[arg-type]
        return True
    return None if address.overlaps(network) else False


def _interface(name: str | None, expected: str) -> Answer:
    if expected == "+":
        return True
    if name is None:
        return None
    return name.startswith(expected[:-1]) if expected.endswith("+") else name == expected


def _protocol(packet: Packet, values: tuple[str, ...]) -> Answer:
    (wanted,) = values
    name = PROTOCOLS.get(wanted.lower(), wanted.lower())
    if name in ANY_PROTOCOL:
        return True
    # Another number may be this protocol's under a name that is not listed here.
    return None if name.isdigit() else name == packet.proto


def _in_range(port: int | None, expected: str) -> Answer:
    """Whether the port is in iptables' `LOW:HIGH`; either end may be left out."""
    low, colon, high = expected.partition(":")
    if port is None:
        return None
    return int(low or 0) <= port <= int((high or 65535) if colon else low)


def in_ports(port: int | None, expected: str) -> Answer:
    """Whether the port is in one of several ranges, with commas between them."""
    return _any([_in_range(port, part) for part in expected.split(",")])


def _any(answers: list[Answer]) -> Answer:
    return True if True in answers else None if None in answers else False


def _states(packet: Packet, values: tuple[str, ...]) -> Answer:
    wanted = values[0].split(",")
    # SNAT and DNAT are states beside the state, and which they are is not known.
    return True if packet.ctstate in wanted else None if {"SNAT", "DNAT"} & set(wanted) else False


def _icmp(packet: Packet, values: tuple[str, ...]) -> Answer:
    wanted, _, code = values[0].partition("/")
    if wanted == "any":
        return True
    if packet.icmp_type is None:
        return None
    return False if packet.icmp_type != int(wanted) else None if code else True


def _module(name: str) -> Answer:
    return False if name in OF_A_HEADER else True if name in SILENT else None


Judge = Callable[[Packet, tuple[str, ...]], Answer]
_JUDGES: Mapping[str, Judge] = {
    "-m": lambda _, values: _module(values[0]),
    "-p": _protocol,
    "-s": lambda packet, values: _within(packet.src, values[0]),
    "-d": lambda packet, values: _within(packet.dst, values[0]),
    "-i": lambda packet, values: _interface(packet.iif, values[0]),
    "-o": lambda packet, values: _interface(packet.oif, values[0]),
    "--sport": lambda packet, values: _in_range(packet.sport, values[0]),
    "--dport": lambda packet, values: _in_range(packet.dport, values[0]),
    "--sports": lambda packet, values: in_ports(packet.sport, values[0]),
    "--dports": lambda packet, values: in_ports(packet.dport, values[0]),
    "--ports": lambda packet, values: _any(
        [in_ports(packet.sport, values[0]), in_ports(packet.dport, values[0])]
    ),
    "--ctstate": _states,
    "--icmp-type": _icmp,
    "--icmpv6-type": _icmp,
    "--tcp-flags": lambda packet, values: packet.starts if values == SYN_ONLY else None,
    "--syn": lambda packet, _: packet.starts,
    "--comment": lambda _, __: True,
    "--physdev-in": lambda packet, values: _interface(packet.physdev_in, values[0]),
    "--physdev-out": lambda packet, values: _interface(packet.physdev_out, values[0]),
}
