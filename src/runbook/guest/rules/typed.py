"""What is wrong with a guest's values on this LAN, told while a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from runbook.common.errors import ParameterError
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.plan.routed.ipv4 import point_to_point


def unfit(params: Params, guest: Guest) -> Iterator[ParameterError]:
    """One for each value that preflight would refuse; the host's own address is none already."""
    lan = params.ipv4.network
    alone = point_to_point(guest.ipv4)
    if guest.ipv4.ip not in lan and not alone:
        yield ParameterError(
            "address",
            guest.address,
            f"it is outside the LAN {lan}, so the router does not look for it there",
            f"give it one of {lan}",
        )
    for other in params.guests:
        if other.name != guest.name and other.ipv4.ip == guest.ipv4.ip:
            yield ParameterError(
                "address",
                guest.address,
                f"guest {other.name} has it in params/{params.host}.yaml",
                "give it another",
            )
    router = IPv4Address(guest.gateway or params.gateway)
    if router == params.ipv4.ip:
        yield ParameterError(
            "gateway",
            str(router),
            "it is the host, which forwards nothing for its guests",
            f"give the physical router, {params.gateway}",
        )
    elif (guest.ipv4.ip in lan or alone) and router not in guest.ipv4.network:
        if alone and guest.gateway:
            return
        yield ParameterError(
            "gateway",
            str(router),
            f"it is not on the guest's link {guest.ipv4.network}",
            f"give the guest its gateway, gateway: {router}, if it is to be reached off the link"
            if alone
            else f"correct the gateway, or the prefix length: the LAN is {lan}",
        )
