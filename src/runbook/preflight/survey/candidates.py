"""The interface that a survey is about: the host's way out, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from runbook.common.errors import Refused
from runbook.plan.routed.attach import lan_bridge, made_by_libvirt, physical_ports
from runbook.plan.routed.facts import default_routes, nic_names, nic_row
from runbook.preflight.bridge_port import unable
from runbook.preflight.survey.nics import ipv4_addresses
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot


def candidates(snapshot: Snapshot, given_values: Mapping[str, object]) -> tuple[str, ...]:
    """The interfaces that could be meant, in name order; raises Refused if there is none.

    One that is given is the only one; whether it will do is for the judge.
    Otherwise it is those with an address and an IPv4 default route that could
    become a bridge's port, or the port of a bridge that has both.
    """
    if given_values.get("interface"):
        return (str(given_values["interface"]),)
    for route in default_routes(snapshot)[:1]:
        if route.nexthops:
            raise _several_ways(snapshot, route.nexthops)
    ways = tuple(dict.fromkeys(row.ifname for row in default_routes(snapshot)))
    able = [name for name in nic_names(snapshot) if name in ways and not unfit(snapshot, name)]
    able = able or _ports_of_bridges(snapshot, ways)
    if not able:
        raise _refused(snapshot, ways)
    return tuple(able)


def _ports_of_bridges(snapshot: Snapshot, ways: tuple[str, ...]) -> list[str]:
    """The port onto the LAN of a bridge that has the address already: to attach a network to."""
    ports = (physical_ports(snapshot, name)[:1] for name in ways)
    return [port for found in ports for port in found if lan_bridge(snapshot, port)]


def unfit(snapshot: Snapshot, name: str) -> str:
    """Why an interface cannot become, or be, the port of the guests' bridge; '' if it can."""
    link = nic_row(snapshot, name)
    if lan_bridge(snapshot, name):
        return ""
    if link.master:
        return f"{name} is part of {link.master} already"
    for problem, why in unable(link):
        return f"{name} is {problem}: {why}"
    return "" if ipv4_addresses(snapshot, name) else f"{name} has no IPv4 address"


def _refused(snapshot: Snapshot, ways: tuple[str, ...]) -> Refused:
    if not ways:
        return _no(
            snapshot,
            "it has no IPv4 default route, so runbook cannot find interface and router",
            "name them: -p interface NAME -p address ADDRESS/LENGTH -p gateway ADDRESS",
        )
    links = [link for name in ways if (link := snapshot.find(LinkRow, name))]
    bridges = [link.ifname for link in links if link.kind == "bridge"]
    if bridges:
        return _bridged(snapshot, bridges[0])
    reasons = "; ".join(unfit(snapshot, link.ifname) for link in links)
    return _no(
        snapshot,
        f"no interface with its default route can become a bridge port: {reasons}",
        "runbook needs a physical NIC, a bond or a VLAN interface; see docs/hosts.md",
    )


def _several_ways(snapshot: Snapshot, ways: str) -> Refused:
    return _no(
        snapshot,
        f"its default route leads {ways}, and runbook carries one with a single IPv4 router",
        "give it one router: ip route replace default via ROUTER dev INTERFACE, now and in what"
        " sets the route at a boot",
    )


def _bridged(snapshot: Snapshot, bridge: str) -> Refused:
    ports = " ".join(r.ifname for r in snapshot.rows(LinkRow) if r.master == bridge) or "none"
    addresses = " ".join(ipv4_addresses(snapshot, bridge)) or "(none)"
    on = f"its address {addresses} is on the bridge {bridge}"
    networks = made_by_libvirt(snapshot, bridge)
    if networks:
        return _no(
            snapshot,
            f"{on} of the libvirt network {networks[0].name} already; ports: {ports}",
            "there is nothing to survey: that is what the change makes. `routed.ipynb`, with the"
            " parameters it was made with, checks whether the host is as promised",
        )
    return _no(
        snapshot,
        f"{on} already, and none of its ports leads onto the LAN; ports: {ports}",
        "runbook needs a bridge with a physical port; see docs/hosts.md",
    )


def _no(snapshot: Snapshot, problem: str, then: str) -> Refused:
    return Refused(f"{snapshot.host}: {problem}", host=snapshot.host, then=then)
