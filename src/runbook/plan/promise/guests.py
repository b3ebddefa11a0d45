"""What guests will be: on the network, at their addresses, and whether a snapshot shows it.

The host's snapshot shows the half that is libvirt's and the bridge's. What the
guest itself says, and what the LAN says of it, are checks of the verification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Interface

from runbook.plan.promise.check import Check, equal
from runbook.plan.promise.subject import SubjectKind
from runbook.state.guests import TapRow
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot

# The consent to a guest that does not answer the operator's machine as it answered others.
UNHEARD = "unheard"


@dataclass(frozen=True, slots=True)
class ExpectedGuest:
    """One guest's end state.

    `running` and `defined` say which of its two halves there are: a guest that is shut
    off has no tap, and one that is not persistent has no definition. `nameservers` are
    those that it is given; empty, it keeps its own. `heard` is the address at which it
    answered another subnet before ('' for none); it then has to answer this machine
    afterwards, unless `unheard` is consented to. `login` and `login_from` are by whom and how
    it is entered, for a program that takes the change up.
    """

    name: str
    mac: str
    address: IPv4Interface
    gateway: str
    running: bool
    defined: bool
    nameservers: tuple[str, ...] = ()
    heard: str = ""
    unheard: bool = False
    login: str = "root"
    login_from: str = ""

    def in_words(self, about: str) -> str:
        """Where the guest will be, in words; nothing is promised inside a guest that is off."""
        if self.running:
            return f"{about} at {self.address}"
        return (
            f"{about} as defined, for it is shut off: it starts there with the addresses that it"
            f" has inside, and comes to {self.address} by a run for {self.name} after that"
        )

    def checks(self, network: str, bridge: str, snapshot: Snapshot) -> Iterator[Check]:
        """The checks of this guest that the host's state can answer."""
        own = (self.name, self.mac)
        nics = [row for row in snapshot.rows(TapRow) if (row.guest, row.mac) == own]
        if self.running:
            shown = " ".join(r.source for r in nics if r.live_xml)
            yield equal(f"{self.name} runs on network", network, shown)
            taps = [r.target for r in nics]
            ports = [port for tap in taps if (port := snapshot.find(LinkRow, tap))]
            shown = " ".join(port.master or "no bridge" for port in ports)
            yield equal(f"{self.name}'s {' '.join(taps) or 'tap'} is in", bridge, shown)
        if self.defined:
            shown = " ".join(r.defined_source for r in nics)
            yield equal(f"{self.name} is defined on network", network, shown)


@dataclass(frozen=True, slots=True)
class GuestPromise:
    """The end state of all guests of one change; `nic` is the host's port on the LAN."""

    network: str
    bridge: str
    nic: str
    guests: tuple[ExpectedGuest, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for a promise about no guest: any host would keep it."""
        if not self.guests:
            raise ValueError("a promise about guests names at least one")

    @property
    def subject(self) -> SubjectKind:
        """Guests."""
        return SubjectKind.GUESTS

    @property
    def announcements(self) -> tuple[tuple[str, str], ...]:
        """The host's own addresses stay where they are."""
        return ()

    @property
    def purpose(self) -> tuple[str, ...]:
        """What the change is for, in lines."""
        told = (guest.in_words(f"{guest.name} ({guest.mac})") for guest in self.guests)
        return (f"The change puts guests on libvirt network {self.network}, {self.bridge}:", *told)

    @property
    def move(self) -> str:
        """Which guests come onto which bridge, in a few words."""
        told = ", ".join(guest.in_words(guest.name) for guest in self.guests)
        return f"{told}, onto {self.bridge}"

    @property
    def end_state(self) -> str:
        """The end state in a sentence."""
        told = ", ".join(guest.in_words(guest.name) for guest in self.guests)
        return f"on {self.bridge}: {told}"

    def checks(self, snapshot: Snapshot) -> tuple[Check, ...]:
        """Every check that the host's state can answer."""
        found = (guest.checks(self.network, self.bridge, snapshot) for guest in self.guests)
        return tuple(check for checks in found for check in checks)
