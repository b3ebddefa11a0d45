"""The guest procedure: Params x Snapshot x what each guest offers -> Plan.

A guest's NIC moves to the host's network on the LAN, and its own configuration
follows, from inside. What is done inside comes first as an undo there; then,
guest by guest, NIC and configuration, so that none is without network for
another one's sake.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runbook.common import serial
from runbook.common.redact import redact_text
from runbook.guest import facts
from runbook.guest.configure.by_hand import by_hand
from runbook.guest.configure.edit import Declined, FileEdit, GuestEdit, Wanted, edit
from runbook.guest.facts import Nic
from runbook.params import Params
from runbook.params.guests import Guest
from runbook.plan.changes.change import Change
from runbook.plan.changes.guest.configuration import Reconfigure, ReconfigureByHand, WatchInside
from runbook.plan.changes.guest.nic import Forwarding, MoveNic, Rejoin
from runbook.plan.plan import Plan
from runbook.plan.promise.guests import UNHEARD, ExpectedGuest, GuestPromise
from runbook.state.guest.inside import Inside
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Offer:
    """What a guest offers: the way inside ('' for none), what is seen there, what was tried.

    `answers` are the MACs that answered by ARP for the address that it is to have, `heard` the
    address that it has and at which it answers another subnet, '' for none.
    """

    guest: str
    way: str = ""
    inside: Inside | None = None
    tried: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One guest of the plan: what is asked for, its NIC, what it offers, what is done inside."""

    guest: Guest
    nic: Nic
    wanted: Wanted
    offer: Offer
    inside: GuestEdit | Declined | None

    @property
    def there_already(self) -> bool:
        """Whether nothing is to be done inside."""
        if isinstance(self.inside, GuestEdit):
            return not self.inside.files
        return self.guest.by_hand and self.offer.answers == (self.nic.mac,)


def targets(
    params: Params, guests: tuple[Guest, ...], seen: Snapshot, offers: Mapping[str, Offer]
) -> tuple[Target, ...]:
    """Each guest with all that the plan needs; raises ParameterError where a name is wrong."""
    return tuple(_target(params, guest, seen, offers[guest.name]) for guest in guests)


def wanted(params: Params, guest: Guest, seen: Snapshot) -> Wanted:
    """What the guest is to have."""
    mac = facts.nic(params, guest, seen).mac
    gateway = facts.gateway(params, guest)
    return Wanted(guest.name, mac, guest.ipv4, gateway, guest.nameservers)


def _target(params: Params, guest: Guest, seen: Snapshot, offer: Offer) -> Target:
    asked = wanted(params, guest, seen)
    made = edit(offer.inside, asked) if offer.inside else None
    return Target(guest, facts.nic(params, guest, seen), asked, offer, made)


def make_plan(params: Params, found: tuple[Target, ...], seen: Snapshot) -> Plan:
    """The plan, empty where every guest is as promised already; raises Refused without a LAN."""
    promise = make_promise(params, found, seen)
    unmet = tuple(check for check in promise.checks(seen) if not check.kept)
    changes = tuple(_changes(found, promise, seen))
    return Plan(seen.host, promise, changes, seen.digest(), unmet, params.deadline_s)


def make_promise(params: Params, found: tuple[Target, ...], seen: Snapshot) -> GuestPromise:
    """The end state that the parameters ask for."""
    guests = tuple(
        ExpectedGuest(
            one.guest.name,
            one.nic.mac,
            one.guest.ipv4,
            one.wanted.gateway,
            bool(one.nic.live_xml),
            bool(one.nic.defined_xml),
            one.wanted.nameservers,
            one.offer.heard,
            UNHEARD in params.consent,
            one.guest.login,
            one.guest.login_from or "",
        )
        for one in found
    )
    return GuestPromise(params.network, facts.bridge(params, seen), params.interface, guests)


def digest(made: GuestEdit) -> str:
    """SHA-256 of all that is done inside; a plan holds this, never a whole file of the guest."""
    files = tuple((f.path, f.before or b"", f.after, f.mode) for f in made.files)
    told = (made.manager, made.ifname, files, made.down, made.up, made.home)
    return hashlib.sha256(serial.dumps(told).encode()).hexdigest()


def _changes(found: tuple[Target, ...], promise: GuestPromise, seen: Snapshot) -> Iterator[Change]:
    inside = {one.guest.name: one for one in found if not one.there_already}
    for one in inside.values():
        if isinstance(one.inside, GuestEdit):
            yield WatchInside(one.guest.name, digest(one.inside), one.offer.way)
    moved = []
    for one in found:
        plugged = tuple(_plugged(one, promise, seen))
        moved += [one] if plugged and one.nic.tap else []
        yield from plugged
        if one.guest.name in inside and one.nic.live_xml:
            yield from _configured(one, promise)
    for one in moved:
        yield Forwarding(one.guest.name, one.nic.tap, promise.bridge)


def _plugged(one: Target, promise: GuestPromise, seen: Snapshot) -> Iterator[Change]:
    nic, network = one.nic, promise.network
    live_there = not nic.live_xml or nic.source == network
    if not (live_there and (not nic.defined_xml or nic.defined_source == network)):
        yield MoveNic(
            *(one.guest.name, nic.mac, network),
            *(nic.source, nic.live_xml, nic.defined_source, nic.defined_xml),
        )
    if nic.live_xml and nic.source == network:
        link = seen.find(LinkRow, nic.tap)
        if link and link.master != promise.bridge:
            yield Rejoin(one.guest.name, nic.tap, promise.bridge, link.master)


def _configured(one: Target, promise: GuestPromise) -> Iterator[Change]:
    name, to_have = one.guest.name, f"{one.guest.address} via {one.wanted.gateway}"
    if isinstance(one.inside, GuestEdit):
        made = one.inside
        has = ", ".join(one.offer.inside.addresses if one.offer.inside else ()) or "no address"
        new = "\n".join((f"{name}: {to_have} on {made.ifname} ({made.manager})", *_diffs(made)))
        yield Reconfigure(name, digest(made), shown(made), f"{name}: {has}", new)
    elif one.guest.by_hand:
        why = (one.inside.reason,) if isinstance(one.inside, Declined) else one.offer.tried
        told = by_hand(one.wanted, why).text()
        wait = one.guest.wait_s
        address = one.guest.address
        yield ReconfigureByHand(name, one.nic.mac, address, promise.bridge, told, wait)


def shown(made: GuestEdit) -> str:
    """The edit in words, in its order."""
    files = tuple(f"write {file.path}" for file in made.files)
    runs = tuple(" ".join(argv) for argv in (*made.down, *made.up))
    return "; ".join((*runs[: len(made.down)], *files, *runs[len(made.down) :]))


def _diffs(made: GuestEdit) -> Iterator[str]:
    return (_diff(file) for file in made.files)


def _diff(file: FileEdit) -> str:
    """The lines that are changed, before and after, and none beside them: it goes into records."""
    old, new = (
        redact_text((text or b"").decode(errors="replace")) for text in (file.before, file.after)
    )
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), file.path, file.path, "", "", 0
    )
    return "\n".join(line.rstrip("\n") for line in lines)
