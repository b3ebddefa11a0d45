"""Steps that wait: for a carrier, an address that may be used, a router, a switch port."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.messages import Route


@dataclass(frozen=True, slots=True)
class AwaitCarrier:
    """Wait until the interface has a carrier and its queue sends."""

    ifname: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"wait until {self.ifname} is up"


@dataclass(frozen=True, slots=True)
class AwaitAdmitted:
    """Ask for `address` by ARP out of `ifname`, in its own MAC and then in `mac`.

    Whoever answers the first has to answer the second: then the switch admits both.
    """

    ifname: str
    mac: str
    address: str
    budget_s: float = 10.0

    def describe(self) -> str:
        return f"ask {self.address} by ARP on {self.ifname} in the MAC {self.mac}"


@dataclass(frozen=True, slots=True)
class AwaitLinkLocal:
    """Wait until the interface has a link-local IPv6 address that it may use."""

    ifname: str
    budget_s: float = 10.0

    def describe(self) -> str:
        return f"wait until {self.ifname} has its link-local address"


@dataclass(frozen=True, slots=True)
class AwaitRouter:
    """Wait until the kernel made each of these routes of a router advertisement."""

    ifname: str
    routes: tuple[Route, ...]
    budget_s: float = 20.0

    def describe(self) -> str:
        gateways = ", ".join(route.gateway for route in self.routes)
        return f"wait for a router advertisement on {self.ifname} from {gateways}"


@dataclass(frozen=True, slots=True)
class Relearn:
    """Ask for router advertisements until the kernel made each route, then drop its stand-in.

    Only ever part of an undo. Setting the `token` is what asks; the one that
    was there is set again.
    """

    ifname: str
    token: str
    routes: tuple[Route, ...]
    budget_s: float = 10.0

    def describe(self) -> str:
        gateways = ", ".join(route.gateway for route in self.routes)
        return f"have {self.ifname} learn its default route anew from {gateways}"
