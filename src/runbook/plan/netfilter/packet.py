"""A packet as the rules see it, and the packets of the operator's own connection.

A field that is None is not known: a rule that asks for it may match or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from runbook.state.host.operator_connection import Connection, Family

Network = IPv4Network | IPv6Network
State = Literal["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"]


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `src` and `dst` are networks where any address of them is meant.

    An interface is '' where the packet has none (a packet for the host leaves
    by none), `physdev_in` and `physdev_out` where it crosses no bridge. `starts`
    says of a TCP packet whether it is a SYN.
    """

    family: Family
    proto: str
    ctstate: State
    src: Network | None = None
    dst: Network | None = None
    sport: int | None = None
    dport: int | None = None
    iif: str | None = None
    oif: str | None = None
    physdev_in: str | None = None
    physdev_out: str | None = None
    starts: bool | None = None
    icmp_type: int | None = None


def arriving(connection: Connection, iif: str | None, ctstate: State) -> Packet:
    """A packet of the client's as it comes in; `iif` None where that is not known."""
    return Packet(
        connection.family,
        "tcp",
        ctstate,
        src=ip_network(connection.client),
        dst=ip_network(connection.server),
        sport=connection.client_port,
        dport=connection.server_port,
        iif=iif,
        oif="",
        starts=ctstate == "NEW",
    )


def leaving(connection: Connection, oif: str | None) -> Packet:
    """The server's answer."""
    arrived = arriving(connection, "", "ESTABLISHED")
    ends = {"src": arrived.dst, "dst": arrived.src}
    ports = {"sport": arrived.dport, "dport": arrived.sport}
    return replace(arrived, **ends, **ports, oif=oif)  # type: ignore[arg-type]
