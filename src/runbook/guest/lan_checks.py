"""Checks of a guest from outside: who answers for its address, where the router sends packets.

They run on the host, on the router if runbook may log in there, and on this machine, which may be
beyond the router. They use pings and not TCP: a firewall on the way may refuse a TCP connection,
and the kernel reports its ICMP as an answer of the guest.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Interface, ip_address

from runbook.params import KnownHost, Params
from runbook.plan.promise.check import Check
from runbook.plan.promise.guests import UNHEARD, ExpectedGuest, GuestPromise
from runbook.state import neighbours
from runbook.state.addresses import AddressRow
from runbook.state.snapshot import Snapshot
from runbook.transport.connect import ask_router
from runbook.transport.host import Host
from runbook.transport.router import RouterSays

PING = ("ping", "-n", "-q", "-c", "1", "-W", "1")
LIMIT_S = 5.0
TRIES = 3
NO_ANSWER = f"no answer to {TRIES} pings"


@dataclass(frozen=True, slots=True)
class LanView:
    """One guest, seen from the LAN.

    `answers` are the MACs that answer for its address by ARP. `router_sends_to` is None if no
    reply came, `router` is None if the router is not asked. `from_here` is whether the guest
    answers this machine, or why this machine cannot tell.
    """

    answers: tuple[str, ...]
    pinged: bool
    router_sends_to: str | None
    router: RouterSays | None
    from_here: bool | str

    def checks(self, expected: ExpectedGuest) -> Iterator[Check]:
        """Each against what is promised; who answers by ARP is always required."""
        ip, mac = str(expected.address.ip), expected.mac
        answering = ", ".join(self.answers) or "nobody"
        about = f"{ip}, asked for by ARP from the host, is answered for by"
        yield Check(about, mac, answering, self.answers == (mac,))
        # A guest's own firewall may drop pings.
        current = _word(answered=self.pinged)
        yield Check(f"the host pings {ip}", "answers", current, self.pinged, required=False)
        answer = self.router_sends_to or "no reply to look at"
        sure = self.router_sends_to is not None
        about = f"{expected.gateway}, pinged from the host as {expected.name}, sends the reply to"
        yield Check(about, mac, answer, answer == mac, required=sure)
        if self.router is not None:
            answer = " ".join(self.router.macs) or self.router.said
            about = f"{self.router.router}, logged in to, holds for {ip}"
            yield Check(about, mac, answer, self.router.macs == (mac,), bool(self.router.macs))
        yield self._from_here(expected)

    def _from_here(self, expected: ExpectedGuest) -> Check:
        """Required where an answer was to be had before, and this machine can tell."""
        about = f"this machine pings {expected.address.ip}"
        if isinstance(self.from_here, str):
            why = f"not required: {self.from_here}"
            return Check(about, why, "not asked", kept=False, required=False)
        current = _word(answered=self.from_here)
        if not expected.heard or expected.unheard:
            why = (
                f"consent {UNHEARD}"
                if expected.heard
                else "before the change it answered no other subnet"
            )
            return Check(about, f"not required: {why}", current, self.from_here, required=False)
        if not self.from_here:
            current += f", and the host answers; a firewall on the way? (consent {UNHEARD})"
        return Check(about, f"answers, as at {expected.heard} before", current, self.from_here)


def _word(*, answered: bool) -> str:
    return "answers" if answered else NO_ANSWER


def first_answering(host: Host, params: Params, addresses: Iterable[str]) -> str:
    """The first of a guest's addresses that answers somebody of another subnet; '' for none.

    The host asks as the address that it has on the LAN, so the answer has to come through the
    guest's router. An address on the LAN is asked from this machine.
    """
    for address in map(IPv4Interface, addresses):
        on_the_lan = address.ip in params.ipv4.network
        ip, own = str(address.ip), str(params.ipv4.ip)
        if _here_pings(ip) if on_the_lan else _host_pings(host, ip, "-I", own):
            return ip
    return ""


def listen(
    host: Host,
    params: KnownHost,
    promise: GuestPromise,
    expected: ExpectedGuest,
    snapshot: Snapshot,
) -> LanView:
    """Ask the LAN about one guest; `seen` is its host."""
    ip = str(expected.address.ip)
    answers = host.who_has(ip, promise.bridge)
    pinged = _host_pings(host, ip)
    return LanView(
        answers,
        pinged,
        _router_sends_to(host, promise, expected),
        ask_router(params, ip),
        _from_here(ip, _own_address(snapshot, promise, expected)),
    )


def _own_address(snapshot: Snapshot, promise: GuestPromise, expected: ExpectedGuest) -> str:
    """The host's own address beside the guest's; '' where it has none there."""
    lan = expected.address.network
    for row in snapshot.rows(AddressRow):
        on_it = (row.ifname, row.family) == (promise.bridge, "inet")
        if on_it and ip_address(row.address) in lan:
            return row.address
    return ""


def _host_pings(host: Host, ip: str, *options: str) -> bool:
    argv = (*PING, *options, ip)
    return any(host.query(argv, timeout=LIMIT_S).returncode == 0 for _ in range(TRIES))


def _router_sends_to(host: Host, promise: GuestPromise, expected: ExpectedGuest) -> str | None:
    """Ask in the guest's name, where the router's own MAC is known."""
    table = neighbours.read(host)
    macs = [row.mac for row in table if row.address == expected.gateway and row.mac]
    if not macs:
        return None
    router = (expected.gateway, macs[0])
    return host.router_mac_view(router, (str(expected.address.ip), expected.mac), promise.nic)


def _from_here(ip: str, host: str) -> bool | str:
    """Where the host itself is out of reach, its guest's silence is no news."""
    if shutil.which(PING[0]) is None:
        return "this machine has no ping (Debian: iputils-ping)"
    if host and not _here_pings(host):
        return "the host does not answer this machine either"
    return _here_pings(ip)


def _here_pings(ip: str) -> bool:
    return any(_here_pings_once(ip) for _ in range(TRIES))


def _here_pings_once(ip: str) -> bool:
    try:
        done = subprocess.run(
            (*PING, ip),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
