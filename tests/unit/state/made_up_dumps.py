"""Dumps of any links and rules at all, each with the rows that are in it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import ip_network
from socket import AF_INET, AF_INET6
from typing import NamedTuple

from hypothesis import strategies as st
from tests.unit.fakes import attribute

from runbook.state.bridge_ports import STATES, BridgePortRow
from runbook.state.links import BOND_MODES, OPERSTATES, LinkRow
from runbook.state.rules import ACTIONS, RuleRow

KINDS = ("", "veth", "vlan", "bridge", "bond", "vxlan", "tun")
NEWLINK, NEWRULE = 16, 32
Attributes = list[tuple[int, bytes]]
# Two lengths, so that some messages have one layout, and others another.
names = st.text("abc.-0", min_size=4, max_size=5)
words = st.integers(0, (1 << 32) - 1)
# Few, so that interfaces lead to one another.
indexes = st.integers(0, 6)
macs = st.sampled_from([None, b"", bytes(6), bytes.fromhex("020000000001"), bytes(20)])


class Link(NamedTuple):
    """What the kernel says of an interface; None where it does not."""

    flags: int
    kind: str
    mac: bytes | None
    own_mac: bytes | None
    mtu: int | None
    operstate: int | None
    master: int | None
    lower: int | None
    foreign: bool
    data: tuple[int | None, int | None, int | None]
    port_of: str
    port: tuple[int, int | None]
    altnames: list[str]
    backwards: bool


Interfaces = dict[int, tuple[str, Link]]
optional = st.none() | indexes
links = st.builds(
    Link,
    words,
    st.sampled_from(KINDS),
    macs,
    macs,
    st.none() | words,
    st.none() | st.integers(0, len(OPERSTATES) - 1),
    optional,
    optional,
    st.booleans(),
    st.tuples(optional, optional, optional),
    st.sampled_from(["", "bridge", "bond"]),
    st.tuples(st.integers(0, len(STATES) - 1), st.none() | words),
    st.lists(names, max_size=2),
    st.booleans(),
)


def _alike(link: Link) -> st.SearchStrategy[Link]:
    """The same with other values, so that many have the same attributes of the same sizes."""

    def other(value: int | None, by: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
        return st.none() if value is None else by

    return st.builds(
        link._replace,
        flags=words,
        kind=st.sampled_from([kind for kind in KINDS if len(kind) == len(link.kind)]),
        mac=st.just(link.mac) | st.binary(min_size=6, max_size=6),
        mtu=other(link.mtu, words),
        operstate=other(link.operstate, st.integers(0, len(OPERSTATES) - 1)),
        master=other(link.master, indexes),
        lower=other(link.lower, indexes),
        port=st.tuples(st.integers(0, len(STATES) - 1), other(link.port[1], words)),
        data=st.tuples(*(other(value, indexes) for value in link.data)),
    )


def _many(of: list[Link]) -> st.SearchStrategy[Interfaces]:
    """By their index; each has another name."""
    either = st.sampled_from(of).flatmap(_alike)
    return st.dictionaries(names, either, max_size=12).map(
        lambda named: dict(enumerate(named.items(), 1))
    )


interfaces = st.lists(links, min_size=1, max_size=3).flatmap(_many)


def dump_of(interfaces: Interfaces) -> bytes:
    """RTM_NEWLINK of each."""
    return b"".join(_newlink(index, *pair) for index, pair in interfaces.items())


def _newlink(index: int, ifname: str, link: Link) -> bytes:
    numbers = [(4, link.mtu), (10, link.master), (5, link.lower)]
    found: Attributes = [
        (3, _text(ifname)),
        *((kind, _word(n)) for kind, n in numbers if n is not None),
    ]
    found += [(kind, mac) for kind, mac in ((1, link.mac), (54, link.own_mac)) if mac is not None]
    found += [(16, bytes([link.operstate]))] if link.operstate is not None else []
    found += [(37, _word(0))] if link.foreign else []
    found += [(18, info)] if (info := _info(link)) else []
    found += [(52, _nest((53, _text(name)) for name in link.altnames))] if link.altnames else []
    fixed = struct.pack("=4xiI4x", index, link.flags)
    return message(NEWLINK, fixed, found[::-1] if link.backwards else found)


def _info(link: Link) -> bytes:
    info: Attributes = [(1, _text(link.kind))] if link.kind else []
    # Of what else has a kind, this is no list of attributes.
    data = b"\xff" * 6
    if link.kind in ("bridge", "bond", "vxlan"):
        kinds = {"bridge": (1, 5, 7), "bond": (9, 1, 8), "vxlan": (3, 9, 8)}[link.kind]
        data = _nest((k, _word(n)) for k, n in zip(kinds, link.data, strict=True) if n is not None)
    info += [(2, data)] if link.kind else []
    state, cost = link.port
    port: Attributes = [(1, bytes([state])), *([(3, _word(cost))] if cost is not None else [])]
    port = port[::-1] if link.backwards else port
    data = _nest(port) if link.port_of == "bridge" else b"\xff" * 6
    return _nest([*info, *([(4, _text(link.port_of)), (5, data)] if link.port_of else [])])


def link_row(index: int, interfaces: Interfaces) -> LinkRow:
    """The row of one."""
    ifname, link = interfaces[index]
    first, second, third = link.data
    bridge, bond = link.kind == "bridge", link.kind == "bond"
    below = link.lower or (first if link.kind == "vxlan" else 0)
    return LinkRow(
        ifname,
        index,
        link.kind,
        (link.mac or b"").hex(":"),
        link.mtu or 0,
        bool(link.flags & 1),
        bool(link.flags & 0x10000),
        "" if link.operstate is None else OPERSTATES[link.operstate],
        _name(interfaces, link.master),
        "" if link.foreign or link.kind == "veth" else _name(interfaces, below),
        None if not bridge or second is None else min(second, 1),
        None if not bridge or first is None else first / 100,
        BOND_MODES.get(second, f"mode {second}") if bond and second is not None else "",
        " ".join(link.altnames),
        "on" if bridge and third else "",
        (link.own_mac or b"").hex(":"),
    )


def port_rows(interfaces: Interfaces) -> list[BridgePortRow]:
    """The rows of those that are ports of a bridge."""
    return [
        BridgePortRow(
            _name(interfaces, link.master), ifname, STATES[link.port[0]], link.port[1] or 0
        )
        for ifname, link in interfaces.values()
        if link.port_of == "bridge"
    ]


def _name(interfaces: Interfaces, index: int | None) -> str:
    return interfaces[index][0] if index in interfaces else ""


class Rule(NamedTuple):
    """What the kernel says of a rule of policy routing."""

    family: int
    priority: int | None
    src: tuple[bytes, int] | None
    dst: tuple[bytes, int] | None
    iif: str
    oif: str
    mark: int | None
    mask: int | None
    action: int
    table: int | None
    small_table: int
    inverted: bool


def _rules(family: int) -> st.SearchStrategy[Rule]:
    size = 4 if family == AF_INET else 16
    prefixes = st.none() | st.tuples(
        st.binary(min_size=size, max_size=size), st.integers(0, size * 8)
    )
    either = st.just("") | names
    few = st.sampled_from([None, 0, 0xFF, 0xFFFFFFFF])
    return st.builds(
        Rule,
        st.just(family),
        st.none() | words,
        prefixes,
        prefixes,
        either,
        either,
        few,
        few,
        st.integers(0, 9),
        few,
        st.integers(0, 255),
        st.booleans(),
    )


rules = st.lists(_rules(AF_INET) | _rules(AF_INET6), max_size=20)


def newrule(rule: Rule) -> bytes:
    """RTM_NEWRULE."""
    bits = [0 if prefix is None else prefix[1] for prefix in (rule.dst, rule.src)]
    head = (rule.family, *bits, rule.small_table, rule.action, 2 if rule.inverted else 0)
    prefixes = [(2, rule.src), (1, rule.dst)]
    found: Attributes = [(kind, prefix[0]) for kind, prefix in prefixes if prefix is not None]
    found += [(kind, _text(name)) for kind, name in ((3, rule.iif), (17, rule.oif)) if name]
    numbers = [(6, rule.priority), (10, rule.mark), (16, rule.mask), (15, rule.table)]
    found += [(kind, _word(number)) for kind, number in numbers if number is not None]
    return message(NEWRULE, struct.pack("=BBBxBxxBI", *head), found)


def rule_row(rule: Rule) -> RuleRow:
    """Its row."""
    whole = rule.mask in (None, 0xFFFFFFFF)
    mark = "" if rule.mark is None else f"{rule.mark:#x}" + ("" if whole else f"/{rule.mask:#x}")
    return RuleRow(
        "inet" if rule.family == AF_INET else "inet6",
        rule.priority or 0,
        _prefix(rule.src),
        _prefix(rule.dst),
        rule.iif,
        rule.oif,
        mark,
        ACTIONS.get(rule.action, str(rule.action)),
        rule.small_table if rule.table is None else rule.table,
        rule.inverted,
    )


def _prefix(prefix: tuple[bytes, int] | None) -> str:
    return f"{ip_network(prefix[0]).network_address}/{prefix[1]}" if prefix else "all"


def message(kind: int, fixed: bytes, attributes: Iterable[tuple[int, bytes]]) -> bytes:
    """A message of the kernel."""
    body = fixed + _nest(attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def _nest(attributes: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(attribute(kind, value) for kind, value in attributes)


def _word(number: int) -> bytes:
    return struct.pack("=I", number)


def _text(name: str) -> bytes:
    return name.encode() + b"\0"
