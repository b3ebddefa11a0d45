"""DHCP: servers on this host, and a lease for the host's own address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface, ip_address, ip_interface

from runbook.plan.routed.facts import addresses_on, nic_row
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.dhcp_clients import OTHERS, Client, Trust
from runbook.state.files import FileRow, contents
from runbook.state.host.environment import Listener
from runbook.state.leases import LeaseRow
from runbook.state.networks import NetworkRow
from runbook.state.syntax.ifupdown import stanzas

RESERVATION, SERVER = "dhcp-reservation", "dhcp-server"
MOST_SHOWN = 3
# As long as the steps from the end of the client to the cutover may take on a slow host.
LEAST_S = 60
_HARMLESS = {
    Trust.POWERLESS: "it cannot configure the host's network, so the change leaves it alone",
    Trust.ELSEWHERE: "it is in another network namespace, as in a container: it serves no NIC of"
    " the host, so the change leaves it alone",
}
TWO = "two DHCP servers on one LAN can lend one address to two machines"


@looked_for("libvirt's DHCP", "no libvirt network would serve the LAN", TWO)
def _of_libvirt(case: Case) -> Iterator[Finding]:
    for row in case.snapshot.rows(NetworkRow):
        if row.dhcp and _on_the_lan(row, case):
            yield Finding(
                "block",
                f"network {row.name}",
                f"it lends {row.dhcp} on {row.bridge or 'its bridge'}",
                TWO,
                f"take <dhcp> out of it (virsh net-edit {row.name}), or renumber it",
            )


def _on_the_lan(row: NetworkRow, case: Case) -> bool:
    addresses = [ip_interface(word) for word in row.addresses.split()]
    lan = case.params.ipv4.network
    inside = any(
        isinstance(address, IPv4Interface) and address.network.overlaps(lan)
        for address in addresses
    )
    return inside or row.bridge == case.params.bridge


@looked_for("DHCP server", "no program of this host serves the NIC (udp port 67)", TWO)
def _of_the_host(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    for listener in case.around.dhcp_servers:
        current = f"{listener.program} listens on {listener.address}:67"
        if nic == listener.ifname or listener.address == str(case.params.ipv4.ip):
            yield Finding(
                "block",
                "DHCP server",
                f"{current}, on {nic}",
                "it is bound to the NIC. The IP stack hears nothing on a bridge port, so its"
                " clients would get no answer",
                f"move it off {nic}, or bind it to {case.params.bridge} after the change by hand",
            )
        elif not listener.ifname and _everywhere(listener.address):
            yield _perhaps(listener, current, nic)


def _everywhere(address: str) -> bool:
    return address == "*" or ip_address(address.strip("[]")).is_unspecified


def _perhaps(listener: Listener, current: str, nic: str) -> Finding:
    return Finding(
        "consent",
        "DHCP server",
        f"{current}, whatever the interface",
        f"if it serves {nic}, its clients get no answer; if it also serves the bridge, {TWO}",
        f"read its configuration; if it serves neither, set consent: [{SERVER}]; if it does, stop"
        f" {listener.program}, or bind it to its own interface",
        SERVER,
    )


@looked_for(
    "DHCP lease",
    "the host's address comes from no lease",
    "when a lease ends, the DHCP server may give the address to another machine",
)
def _reservation(case: Case) -> Iterator[Finding]:
    lent = " and ".join(_signs(case))
    if not lent:
        return
    bridge, link = case.plan.of_host.mac, nic_row(case.snapshot, case.params.holder)
    if client := case.plan.of_host.client:
        yield _kept(lent, client.name, case)
        return
    if bridge == link.mac:
        why = "the server knows the host by this MAC; after the change nobody renews the lease"
        then = (
            "reserve the address for this MAC, with an infinite lease or outside the pool; or"
            " addressing: keep, and the client renews the lease on the bridge"
        )
        yield Finding("note", "DHCP lease", f"{lent}; the bridge has the NIC's MAC", why, then)
        return
    yield Finding(
        "consent",
        "DHCP lease",
        f"{lent}; the NIC is {link.mac}, the bridge will be {bridge}",
        "nobody renews the lease after the change, so the server may lend the address to another"
        " machine; server or switch may also allow only the NIC's MAC to use it",
        f"reserve the address outside the pool, then consent: [{RESERVATION}];"
        " or bridge_mac: nic, and a reservation for that MAC; or bridge_mac: nic and addressing:"
        " keep, and the client renews the lease on the bridge",
        RESERVATION,
    )


def _kept(lent: str, client: str, case: Case) -> Finding:
    address, bridge = case.params.ipv4.ip, case.params.bridge
    return Finding(
        "note",
        "DHCP lease",
        f"{lent}; {client} goes on on {bridge}, and the server knows it as before",
        f"libvirt's network has {address} in its definition: if the server ever lends another"
        f" address, {bridge} gets that one, and routes and firewall rules still name {address}",
        f"reserve {address} at the DHCP server, or look at the host again if its lease changes",
    )


@looked_for(
    "lease's end",
    f"the lease lasts {LEAST_S} s or more",
    "nobody renews it while the change is made; at its end the kernel removes the address",
)
def _ends(case: Case) -> Iterator[Finding]:
    nic, ip = case.params.holder, str(case.params.ipv4.ip)
    held = [row for row in addresses_on(case.snapshot, nic) if row.address == ip]
    for row in held:
        if row.valid_lft_s is not None and row.valid_lft_s < LEAST_S:
            yield Finding(
                "block",
                "lease's end",
                f"the lease of {ip} ends in {row.valid_lft_s} s",
                "the change stops the client first, and the address could end before the cutover",
                f"wait until the client has renewed it (`ip address show {nic}`), and have the"
                " server lend it for longer",
            )


def _signs(case: Case) -> Iterator[str]:
    nic = case.params.holder
    leases = [row for row in case.snapshot.rows(LeaseRow) if row.ifname == nic]
    for lease in leases[:1]:
        yield f"{lease.client} runs on {nic}" if lease.pid else f"{lease.client} left a lease"
    for row in addresses_on(case.snapshot, nic):
        if row.address == str(case.params.ipv4.ip) and row.valid_lft_s is not None:
            yield "the address has a limited lifetime"
    for stanza in stanzas(contents(case.snapshot.rows(FileRow))):
        if (stanza.kind, stanza.name, stanza.family) == ("iface", nic, "inet"):
            yield from (f"{stanza.path} says dhcp",) if stanza.method == "dhcp" else ()


@looked_for(
    "DHCP client",
    "every process that looks like one is Debian's own client, or none is there",
    "any process can call itself dhclient, so runbook checks program and owner",
)
def _clients(case: Case) -> Iterator[Finding]:
    nic = case.params.holder
    there = [c for c in case.around.dhcp_clients if c.ifname in (nic, "")]
    for client in there:
        if client.trust is Trust.OWN and client.is_outdated:
            why = "an upgrade replaced its program since it started; an undo starts the new one"
            yield Finding("note", "DHCP client", _in_words(client), why)
        elif client.trust is Trust.UNKNOWN:
            yield _unknown(client)
        elif client.trust is Trust.FOREIGN and client.program not in OTHERS:
            yield _foreign(client, nic)
    for trust, why in _HARMLESS.items():
        if harmless := [c for c in there if c.trust is trust]:
            yield Finding("note", "DHCP client", _some(harmless), why)


def _in_words(client: Client) -> str:
    serves = client.ifname or "all interfaces"
    program = client.exe or "a program that is not known"
    owner = client.owner or "a user that is not known"
    process = f"process {client.pid} ({program}, of {owner})"
    return f"{process} has the name {client.program} and serves {serves}"


def _some(there: Sequence[Client]) -> str:
    """The first few: anybody may start any number of them."""
    more = f"; and {len(there) - MOST_SHOWN} more" if len(there) > MOST_SHOWN else ""
    return "; ".join(_in_words(client) for client in there[:MOST_SHOWN]) + more


def _foreign(client: Client, nic: str) -> Finding:
    return Finding(
        "block",
        "DHCP client",
        _in_words(client),
        "it can configure the host's network, but its program is from no Debian package of DHCP"
        " clients: the undo may be unable to start it again",
        f"have ifupdown run {nic} with Debian's own client, and stop process {client.pid}",
    )


def _unknown(client: Client) -> Finding:
    return Finding(
        "block",
        "DHCP client",
        _in_words(client),
        "it is not known who started this process, so runbook cannot judge it",
        "connect as root or through sudo; if this is a recording, record the host again",
    )


RULES = (_of_libvirt, _of_the_host, _clients, _reservation, _ends)
