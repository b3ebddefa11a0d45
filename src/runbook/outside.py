"""What the LAN says of a guest: who answers for its address, and where the router sends to.

Asked from the host, from the router where it lets itself be asked, and from this
machine, which may be beyond the router.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from runbook.guest_promise import ExpectedGuest, GuestPromise
from runbook.params import Params
from runbook.promise import Check
from runbook.reach import ask_router
from runbook.state import neighbours
from runbook.transport.host import Host
from runbook.transport.router import RouterSays

PING = ("ping", "-n", "-q", "-c", "1", "-W", "1")
LIMIT_S = 5.0
TRIES = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """One guest as the LAN has it.

    `answers` are the MACs that answer for its address by ARP. `router_sends_to` is None where
    no reply came, `router` where it is not to be asked, `from_here` where this machine does
    not reach the host's own address either, so that it says nothing.
    """

    answers: tuple[str, ...]
    pinged: bool
    router_sends_to: str | None
    router: RouterSays | None
    from_here: bool | None

    def checks(self, guest: ExpectedGuest) -> Iterator[Check]:
        """Each against what is promised."""
        ip, mac = str(guest.address.ip), guest.mac
        shown = ", ".join(self.answers) or "nobody"
        yield Check(f"{ip} is answered for by", mac, shown, self.answers == (mac,))
        # A guest's own firewall may drop pings.
        yield Check(f"the host pings {ip}", *_answered(self.pinged), required=False)
        told = self.router_sends_to or "no reply to look at"
        sure = self.router_sends_to is not None
        about = f"{guest.gateway} sends {guest.name}'s packets to"
        yield Check(about, mac, told, told == mac, required=sure)
        if self.router is not None:
            told = " ".join(self.router.macs) or self.router.said
            about = f"{self.router.router} holds for {ip}"
            yield Check(about, mac, told, self.router.macs == (mac,), bool(self.router.macs))
        if self.from_here is not None:
            yield Check(f"{ip} answers this machine", *_answered(self.from_here), required=False)


def _answered(yes: bool) -> tuple[str, str, bool]:  # noqa: FBT001 - one value in, three words out
    return "answers", "answers" if yes else "no answer", yes


def listen(host: Host, params: Params, promise: GuestPromise, guest: ExpectedGuest) -> Heard:
    """Ask the LAN about one guest."""
    ip = str(guest.address.ip)
    answers = host.who_has(ip, promise.bridge)
    pinged = _host_pings(host, ip)
    return Heard(
        answers,
        pinged,
        _router_sends_to(host, promise, guest),
        ask_router(params, ip),
        _here_pings(ip) if _here_pings(str(params.ipv4.ip)) else None,
    )


def _host_pings(host: Host, ip: str) -> bool:
    return any(host.query((*PING, ip), timeout=LIMIT_S).returncode == 0 for _ in range(TRIES))


def _router_sends_to(host: Host, promise: GuestPromise, guest: ExpectedGuest) -> str | None:
    """Ask in the guest's name, where the router's own MAC is known."""
    table = neighbours.read(host)
    known = table[(table["address"] == guest.gateway) & (table["mac"] != "")]["mac"].tolist()
    if not known:
        return None
    router = (guest.gateway, str(known[0]))
    return host.router_mac_view(router, (str(guest.address.ip), guest.mac), promise.nic)


def _here_pings(ip: str) -> bool:
    try:
        done = subprocess.run(
            (*PING, ip),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
