"""Steps that wait: for a carrier, for an address that may be used, for a router."""

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
