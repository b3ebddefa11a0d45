"""A bridge that something else makes: what a libvirt network onto it and its guests depend on."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed.attach import onto
from runbook.preflight import files, firewall, identity, lasting, packets, ready, record, ssh_limits
from runbook.preflight.finding import Case, CaseWithoutPlan, Finding, looked_for
from runbook.preflight.networks import network_names
from runbook.state.files import FileRow, contents
from runbook.state.links import LinkRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import Stanza, stanzas

# Options by which a stanza gives the bridge a MAC that no port can change.
PINS = ("bridge_hw", "bridge-hw", "hwaddress", "hwaddr")


@looked_for(
    "bridge", "the bridge is up, and its port has a link", "guests reach the LAN by this port"
)
def _bridge(case: CaseWithoutPlan) -> Iterator[Finding]:
    for name in (case.params.bridge, case.params.interface):
        link = case.snapshot.find(LinkRow, name)
        if link is not None and not (link.up and link.carrier):
            yield Finding(
                "block",
                name,
                "it is down or has no carrier",
                "a bridge without a port that sends is off the LAN",
                "bring the link up first",
                field="interface",
            )


def _yours(case: Case) -> Iterator[Finding]:
    yield Finding(
        "ok",
        "your connection",
        f"it stays as it is: {case.params.bridge} has {case.params.address} already",
        "the change defines one libvirt network; it touches no interface, address, route or file"
        " of the host's network",
    )


@looked_for(
    "bridge MAC",
    "the bridge's stanza fixes its MAC",
    "a bridge without a MAC of its own takes a port's",
)
def _mac(case: CaseWithoutPlan) -> Iterator[Finding]:
    bridge = case.snapshot.find(LinkRow, case.params.bridge)
    ports = [row for row in case.snapshot.rows(LinkRow) if row.master == case.params.bridge]
    if bridge is None or _pinned(case.snapshot, bridge.ifname):
        return
    if lowest := [row for row in ports if row.mac == bridge.mac]:
        yield Finding(
            "note",
            "bridge MAC",
            f"{bridge.ifname} has {bridge.mac}, that of its port {lowest[0].ifname}",
            "Linux gives such a bridge the lowest MAC of its ports; a port with a lower MAC"
            " changes the host's MAC, and routers and DHCP servers take it for another machine",
            f"add `bridge_hw {bridge.mac}` to the stanza of {bridge.ifname}",
        )


def _pinned(snapshot: Snapshot, bridge: str) -> bool:
    return any(
        word in PINS or (word in ("up", "post-up", "pre-up") and " address " in f" {rest} ")
        for stanza in _stanzas(snapshot, bridge)
        for word, rest in stanza.options
    )


def _stanzas(snapshot: Snapshot, bridge: str) -> list[Stanza]:
    every = stanzas(contents(snapshot.rows(FileRow)))
    return [s for s in every if (s.kind, s.name) == ("iface", bridge)]


@looked_for("names", "the network's name is free", "an existing network would be replaced")
def _names(case: CaseWithoutPlan) -> Iterator[Finding]:
    yield from attach_names(case)


def attach_names(case: CaseWithoutPlan) -> Iterator[Finding]:
    """A network that has the name, or that leads onto the bridge already."""
    there = onto(case.snapshot, case.params.bridge)
    if any(row.name == case.params.network for row in there):
        return
    yield from network_names(case)
    for row in there:
        yield Finding(
            "block",
            f"network {row.name}",
            f"it leads onto {row.bridge} already",
            "a second network onto the same bridge gives guests nothing that this one does not",
            f"set network: {row.name}; there is nothing left to define then",
            field="network",
        )


@looked_for(
    "network",
    "the network is not there yet, or it runs and starts at boot",
    "guests need the network",
)
def _asleep(case: CaseWithoutPlan) -> Iterator[Finding]:
    row = case.snapshot.find(NetworkRow, case.params.network)
    if row is None or row.bridge != case.params.bridge:
        return
    if not (row.active and row.persistent and row.autostart):
        lacks = [
            word
            for word, has in (
                ("active", row.active),
                ("persistent", row.persistent),
                ("started at boot", row.autostart),
            )
            if not has
        ]
        yield Finding(
            "block",
            f"network {row.name}",
            f"it is not {', not '.join(lacks)}",
            "runbook did not make this network, so it neither replaces nor starts it",
            f"virsh net-start {row.name}; virsh net-autostart {row.name}",
        )


@looked_for(
    "DHCP", "the bridge has a static address", "a DHCP server may lend another address later"
)
def _lent(case: CaseWithoutPlan) -> Iterator[Finding]:
    for stanza in _stanzas(case.snapshot, case.params.bridge):
        if stanza.method == "dhcp":
            yield Finding(
                "note",
                "DHCP",
                f"{stanza.path} has `iface {stanza.name} {stanza.family} dhcp`",
                "the client stays as it is; if the server lends another address, an audit names it",
                f"nothing, or a reservation for the MAC of {stanza.name}",
            )


@looked_for(
    "STP",
    "spanning tree is off on the bridge",
    "with spanning tree a guest waits until its port forwards",
)
def _stp(case: CaseWithoutPlan) -> Iterator[Finding]:
    bridge = case.snapshot.find(LinkRow, case.params.bridge)
    if bridge is None or not (bridge.stp or bridge.forward_delay_s):
        return
    on = "STP is on" if bridge.stp else f"its forward delay is {bridge.forward_delay_s:g} s"
    yield Finding(
        "note",
        "STP",
        f"{bridge.ifname}: {on}",
        "a guest that starts or moves is without network until its port forwards",
        f"nothing, or `bridge_stp off` and `bridge_fd 0` in the stanza of {bridge.ifname}",
    )


# What a survey can ask of parameters before there is a plan.
WITHOUT_PLAN = (_bridge, attach_names, _asleep)
RULES = (
    *identity.RULES,
    *ready.OF_ANY_CHANGE,
    *files.OF_ANY_CHANGE,
    *record.RULES,
    _yours,
    _bridge,
    _mac,
    _lent,
    _stp,
    _names,
    _asleep,
    *packets.ACROSS_A_BRIDGE,
    *firewall.ACROSS_A_BRIDGE,
    *ssh_limits.RULES,
    *lasting.RULES,
)
