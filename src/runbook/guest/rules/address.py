"""A guest's address and gateway: on the LAN, nobody else's, and never the host."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.guest.rules.case import GuestCase
from runbook.guest.target import Target
from runbook.plan.routed.ipv4 import point_to_point
from runbook.preflight.finding import Finding, looked_for
from runbook.state.addresses import AddressRow

TWO = "two machines with one address take each other's packets"


@looked_for(
    "guests: gateway",
    "the gateway of each guest is the router",
    "the host forwards nothing for its guests: through it they would reach nothing",
)
def _gateway(case: GuestCase) -> Iterator[Finding]:
    own = {row.address for row in case.snapshot.rows(AddressRow) if row.family == "inet"}
    for about, target in case.each():
        router = target.desired.gateway
        if router in own | {str(case.params.ipv4.ip)}:
            yield Finding(
                "block",
                about,
                f"its gateway {router} is the host itself",
                "the host is a neighbour on the same LAN, not the way out of it",
                f"give the physical router: gateway: {case.params.gateway}",
            )
        elif target.desired.off_link:
            yield from _off_the_link(about, target)


def _off_the_link(about: str, target: Target) -> Iterator[Finding]:
    """A gateway outside the guest's subnet: its own parameter has to ask for it, and a /32."""
    router = target.desired.gateway
    current = f"its gateway {router} is not on the link of {target.guest.address}"
    if point_to_point(target.guest.ipv4) and target.guest.gateway:
        yield Finding(
            "note",
            about,
            current,
            "the guest gets a route to it on the link first, and asks for it by ARP all the same",
            "nothing, if the router knows this guest's address",
        )
        return
    yield Finding(
        "block",
        about,
        current,
        "a guest cannot find a router outside its own subnet by ARP",
        "give the guest a prefix length with which its gateway is in its subnet; or, if the gateway"
        f" is to be reached off the link, address: {target.guest.ipv4.ip}/32 and gateway: {router}"
        " in the guest's entry",
    )


@looked_for("guests: address", "each address is on the LAN, and no address is used twice", TWO)
def _address(case: GuestCase) -> Iterator[Finding]:
    for about, target in case.each():
        yield from _on_the_lan(case, about, target)
        for whose, address in _others(case, target):
            if str(target.guest.ipv4.ip) == address:
                yield Finding(
                    "block",
                    about,
                    f"its address {address} is that of {whose}",
                    TWO,
                    "give it another",
                )


def _on_the_lan(case: GuestCase, about: str, target: Target) -> Iterator[Finding]:
    lan = case.params.ipv4.network
    if point_to_point(case.params.ipv4):
        # There is no subnet to compare with; the guest's gateway is judged all the same.
        return
    if target.guest.ipv4.ip not in lan and point_to_point(target.guest.ipv4):
        yield Finding(
            "note",
            about,
            f"its address {target.guest.address} is outside {lan}",
            f"the router has to know that it is on this LAN: a route to {target.guest.address}",
            f"nothing, if {target.desired.gateway} has such a route, as for a failover address",
        )
    elif target.guest.ipv4.ip not in lan:
        yield Finding(
            "block",
            about,
            f"its address {target.guest.address} is outside {lan}",
            "the router does not look for it on this LAN",
            f"give it one of {lan}",
        )
    elif target.guest.ipv4.network != lan:
        yield Finding(
            "note",
            about,
            f"its prefix length says {target.guest.ipv4.network}, and the LAN is {lan}",
            "it would reach the rest of the LAN through the router only",
            f"write {target.guest.ipv4.ip}/{lan.prefixlen}, unless you want that",
        )


def _others(case: GuestCase, target: Target) -> Iterator[tuple[str, str]]:
    yield "the host", str(case.params.ipv4.ip)
    yield "the router", case.params.gateway
    if target.desired.gateway != case.params.gateway:
        yield "its router", target.desired.gateway
    guests = {guest.name: guest for guest in case.params.guests}
    guests |= {other.guest.name: other.guest for other in case.targets}
    for name, guest in guests.items():
        if name != target.guest.name:
            yield f"guest {name}", str(guest.ipv4.ip)


@looked_for(
    "guests: address in use",
    "no other machine answers ARP for these addresses",
    f"{TWO} (asked by ARP probe from the host, RFC 5227)",
)
def _in_use(case: GuestCase) -> Iterator[Finding]:
    for about, target in case.each():
        for mac in target.offer.answers:
            if mac != target.nic.mac:
                yield Finding(
                    "block",
                    about,
                    f"{mac} answers for {target.guest.ipv4.ip} already",
                    f"{TWO} (asked by ARP probe from the host, RFC 5227)",
                    "give the guest another address, or find the machine with"
                    f" {mac} and remove the address there",
                )


RULES = (_gateway, _address, _in_use)
