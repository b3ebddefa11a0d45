"""A host as a boot makes it of its interfaces files: what ifupdown gives to each interface.

Enough of ifupdown for the hosts of tests/cases/hosts: addresses, peers, gateways, bridges, bonds,
VLAN interfaces, a lease, and the commands `ip addr add` and `ip route add`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_interface

from tests.unit import fakes
from tests.unit.fakes import NIC, NIC_MAC, Row

from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import Stanza, physical, stanzas, words

HELPERS = {"bond": ("bond-slaves", "slaves"), "bridge": ("bridge_ports", "bridge-ports")}
LENT, ROUTER = "172.16.1.1/16", "172.16.0.1"
IFACE = "$IFACE"


def booted(files: dict[str, str], given: Iterable[list[str]] = (), **tables: list[Row]) -> Snapshot:
    """The host with these files, once all stanzas are up; `given` is what others gave.

    That is a list of interface, address and gateway for each.
    """
    every = [s for s in stanzas(files) if s.kind == "iface" and s.name != "lo"]
    every += [_as_stanza(*one) for one in given]
    usual = {
        "links": [fakes.link("lo"), *_links(every)],
        "bridge_ports": [
            {"bridge": s.name, "port": port, "state": "forwarding"}
            for s in every
            for port in _ports(s, "bridge")
        ],
        "addresses": _once([row for s in every for row in _addresses(s)]),
        "routes": _once([row for s in every for row in _routes(s)]),
        "leases": [fakes.lease(ifname=s.name, argv=f"dhclient -4 {s.name}") for s in _lent(every)],
        "files": [fakes.file(path, text) for path, text in files.items()],
    }
    return fakes.seen(**{**usual, **tables})


def _once(rows: list[Row]) -> list[Row]:
    """An interface has an address once, and one route to a network: that of its first address."""
    keys = {(r["ifname"], r.get("address"), r.get("dst")): r for r in reversed(rows)}
    return list(reversed(keys.values()))


def _as_stanza(name: str, address: str, gateway: str) -> Stanza:
    options = (("address", address), ("gateway", gateway))
    return Stanza("", 1, 3, "iface", name, "inet", "static", options)


def _lent(every: list[Stanza]) -> list[Stanza]:
    return [s for s in every if (s.family, s.method) == ("inet", "dhcp")]


def _ports(stanza: Stanza, kind: str) -> tuple[str, ...]:
    given = (rest for word, rest in stanza.options if word in HELPERS[kind])
    return tuple(port for rest in given for port in words(rest) if port != "none")


def _links(every: list[Stanza]) -> Iterator[Row]:
    masters = {port: s.name for s in every for kind in HELPERS for port in _ports(s, kind)}
    bonds = {port for s in every for port in _ports(s, "bond")}
    names = dict.fromkeys((*masters, *(physical(s.name) for s in every), NIC))
    for index, name in enumerate(names, start=2):
        own = next((s for s in every if s.name == name), None)
        options = dict(own.options) if own else {}
        kind = next((k for k in HELPERS if own and _ports(own, k)), "")
        lower = options.get("vlan-raw-device", name.partition(".")[0] if "." in name else "")
        bond = options.get("bond-mode", "") if kind == "bond" else ""
        # A bond and a bridge have the MAC of the first NIC in them, and so has a VLAN interface.
        mac = f"02:00:00:00:00:{index:02x}" if name in bonds and name != NIC else NIC_MAC
        yield fakes.link(
            name,
            ifindex=index,
            mac=mac,
            master=masters.get(name, ""),
            lower=lower,
            kind="vlan" if lower else kind,
            bond_mode=bond,
            **({"stp": 0, "forward_delay_s": 0.0} if kind == "bridge" else {}),
        )


def _addresses(stanza: Stanza) -> Iterator[Row]:
    name, options = physical(stanza.name), dict(stanza.options)
    if (stanza.family, stanza.method) == ("inet", "dhcp"):
        yield fakes.address(name, LENT, flags="", valid_lft_s=3600, preferred_lft_s=3600)
    if (stanza.family, stanza.method) == ("inet", "static") and "address" in options:
        peer = options.get("pointopoint", "")
        yield fakes.address(name, _given(options), label=stanza.name, peer=peer)
    if (stanza.family, stanza.method) == ("inet6", "static"):
        six = f"{options['address']}/{options.get('netmask', '64')}"
        yield {**fakes.address(name, six if "/" not in options["address"] else options["address"]),
               **fakes.ADDRESS6}  # fmt: skip
    for command in _commands(stanza, ("addr", "add")):
        yield fakes.address(_device(command, name), command[0])


def _given(options: dict[str, str]) -> str:
    address = options["address"]
    return address if "/" in address else ip_interface(f"{address}/{options['netmask']}").exploded


def _routes(stanza: Stanza) -> Iterator[Row]:
    name, options = physical(stanza.name), dict(stanza.options)
    six = {"family": "inet6", "pref": "medium"} if stanza.family == "inet6" else {}
    for row in _addresses(stanza):
        if row["family"] == "inet" and (row["prefixlen"] < 32 or row.get("peer")):
            far = row.get("peer") or f"{row['address']}/{row['prefixlen']}"
            network = str(ip_interface(far).network)
            kept = {"prefsrc": row["address"], "protocol": "kernel", "scope": "link"}
            yield fakes.route(network, name, **kept)
    gateway = ROUTER if stanza.method == "dhcp" else options.get("gateway", "")
    if gateway:
        yield fakes.route("default", name, gateway=gateway, onlink=True) | six
    for to, *rest in _commands(stanza, ("route", "add")):
        via = rest[rest.index("via") + 1] if "via" in rest else ""
        dst = to if "/" in to or to == "default" else f"{to}/32"
        yield fakes.route(dst, _device(rest, name), gateway=via)


def _device(command: list[str], own: str) -> str:
    """The interface of a command: that of `dev`, which may be `$IFACE`."""
    given = command[command.index("dev") + 1] if "dev" in command else own
    return own if given.strip('"{}$') == "IFACE" else given


def _commands(stanza: Stanza, verb: tuple[str, str]) -> Iterator[list[str]]:
    for word, rest in stanza.options:
        said = list(words(rest))
        if word in ("up", "post-up") and said[0] == "ip" and tuple(said[1:3]) == verb:
            yield said[3:]
