"""IPv6 on the bridge instead of the NIC: switches, token, router advertisements.

libvirt turns IPv6 off on the bridge of a network without an IPv6 address, and
one with such an address would advertise itself as a router on the LAN. So the
network has none, and IPv6 is switched on beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runbook.plan.changes.ipv6 import DEAF, LEARN, conf, set_token, stand_in
from runbook.plan.changes.messages import Route
from runbook.plan.changes.routes import delete
from runbook.plan.changes.steps import CarryNeighbours, Netlink, Step, Sysctl
from runbook.plan.changes.waits import AwaitLinkLocal, AwaitRouter


@dataclass(frozen=True, slots=True)
class EnableIPv6:
    """IPv6 on the bridge switched on, its link-local address and its neighbours ready."""

    bridge: str
    nic: str
    learns: bool
    token: str = ""

    phase = "network"
    title = "switch IPv6 on on the bridge"

    @property
    def before(self) -> str:
        return f"{self.bridge}: no IPv6"

    @property
    def after(self) -> str:
        heard = "heard" if self.learns else "not heard"
        return f"{self.bridge}: IPv6, router advertisements {heard}, neighbours of {self.nic}"

    def do(self) -> tuple[Step, ...]:
        """All that decides over advertisements first, then the switch.

        An advertisement that is heard before the token is there makes an
        address of the bridge's MAC.
        """
        # With forwarding on, nothing less than 2 is heard.
        heard = (("accept_ra", LEARN), ("autoconf", "1")) if self.learns else ()
        return (
            *(Sysctl(conf(self.bridge, word), value) for word, value in heard),
            *set_token(self.token, self.bridge),
            Sysctl(conf(self.bridge, "disable_ipv6"), "0"),
            AwaitLinkLocal(self.bridge),
            CarryNeighbours(self.nic, self.bridge, "inet6"),
        )

    def undo(self) -> tuple[Step, ...]:
        """Nothing: all of it goes with the bridge."""
        return ()


@dataclass(frozen=True, slots=True)
class DeafenNIC:
    """No router advertisement makes the NIC take an address beside the bridge's."""

    nic: str
    value_before: str

    phase = "settle"
    title = "have the NIC ignore router advertisements"

    @property
    def before(self) -> str:
        return f"{conf(self.nic, 'accept_ra')} = {self.value_before}"

    @property
    def after(self) -> str:
        return f"{conf(self.nic, 'accept_ra')} = {DEAF}"

    def do(self) -> tuple[Step, ...]:
        return (Sysctl(conf(self.nic, "accept_ra"), DEAF),)

    def undo(self) -> tuple[Step, ...]:
        """Heard again, before the NIC leaves the bridge."""
        return (Sysctl(conf(self.nic, "accept_ra"), self.value_before),)


@dataclass(frozen=True, slots=True)
class LearnOnBridge:
    """The bridge makes the same addresses of the router's next advertisement."""

    bridge: str
    token: str
    learned: tuple[Route, ...]

    phase = "settle"
    title = "learn from router advertisements on the bridge"

    @property
    def before(self) -> str:
        return "\n".join(f"{r.dst} via {r.gateway} dev {self.bridge}, a stand-in" for r in self._in)

    @property
    def after(self) -> str:
        token = f"token {self.token} dev {self.bridge}"
        return "\n".join((token, *(f"{r.dst} via {r.gateway} dev {r.ifname}" for r in self._own)))

    @property
    def _own(self) -> tuple[Route, ...]:
        return tuple(replace(route, ifname=self.bridge) for route in self.learned)

    @property
    def _in(self) -> tuple[Route, ...]:
        return tuple(map(stand_in, self._own))

    def do(self) -> tuple[Step, ...]:
        """The token once more: setting it asks the routers to speak."""
        token = set_token(self.token, self.bridge)
        if not self.learned:
            return token
        gone = tuple(delete(route) for route in self._in)
        return (*token, AwaitRouter(self.bridge, self._own), Netlink(gone))

    def undo(self) -> tuple[Step, ...]:
        """Nothing: it goes with the bridge."""
        return ()
