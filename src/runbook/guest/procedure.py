"""The guest procedure: Params x Snapshot x what each guest offers -> Plan.

A guest's NIC moves to the host's network on the LAN, and then the guest's own configuration is
edited. The undo inside every guest is armed first. Then NIC and configuration change guest by
guest, so no guest is without network while another one is changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from runbook.common.redact import redact_text
from runbook.guest import facts
from runbook.guest.configure.by_hand import by_hand
from runbook.guest.configure.guest_edit import Declined, FileEdit, GuestEdit
from runbook.guest.target import Target
from runbook.params import Params
from runbook.plan.changes.change import Change
from runbook.plan.changes.guest.configuration import Reconfigure, ReconfigureByHand, WatchInside
from runbook.plan.changes.guest.nic import Forwarding, MoveNic, Rejoin
from runbook.plan.plan import Plan
from runbook.plan.promise.guests import UNHEARD, ExpectedGuest, GuestPromise
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot


def make_plan(params: Params, targets: tuple[Target, ...], seen: Snapshot) -> Plan:
    """The plan, empty where every guest is as promised already; raises Refused without a LAN."""
    promise = make_promise(params, targets, seen)
    unmet = tuple(check for check in promise.checks(seen) if not check.kept)
    changes = tuple(_changes(targets, promise, seen))
    return Plan(seen.host, promise, changes, seen.digest(), unmet, params.deadline_s)


def make_promise(params: Params, targets: tuple[Target, ...], seen: Snapshot) -> GuestPromise:
    """The end state that the parameters ask for."""
    guests = tuple(
        ExpectedGuest(
            one.guest.name,
            one.nic.mac,
            one.guest.ipv4,
            one.desired.gateway,
            bool(one.nic.live_xml),
            bool(one.nic.defined_xml),
            one.desired.nameservers,
            one.offer.heard,
            UNHEARD in params.consent,
            one.guest.login,
            one.guest.login_from or "",
        )
        for one in targets
    )
    return GuestPromise(params.network, facts.bridge(params, seen), params.interface, guests)


def _changes(
    targets: tuple[Target, ...], promise: GuestPromise, seen: Snapshot
) -> Iterator[Change]:
    inside = {one.guest.name: one for one in targets if not one.there_already}
    for one in inside.values():
        if isinstance(one.edit, GuestEdit):
            yield WatchInside(one.guest.name, one.edit.digest, one.offer.way)
    moved = []
    for one in targets:
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
    name, to_have = one.guest.name, f"{one.guest.address} via {one.desired.gateway}"
    if isinstance(one.edit, GuestEdit):
        made = one.edit
        has = ", ".join(one.offer.inside.addresses if one.offer.inside else ()) or "no address"
        new = "\n".join(
            (f"{name}: {to_have} on {made.ifname} ({made.manager})", *map(_diff, made.files))
        )
        yield Reconfigure(name, made.digest, made.in_words, f"{name}: {has}", new)
    elif one.guest.by_hand:
        why = (one.edit.reason,) if isinstance(one.edit, Declined) else one.offer.tried
        told = by_hand(one.desired, why)
        wait = one.guest.wait_s
        address = one.guest.address
        yield ReconfigureByHand(name, one.nic.mac, address, promise.bridge, told, wait)


def _diff(file: FileEdit) -> str:
    """The lines that are changed, before and after, and none beside them: it goes into records."""
    old, new = (
        redact_text((text or b"").decode(errors="replace")) for text in (file.before, file.after)
    )
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), file.path, file.path, "", "", 0
    )
    return "\n".join(line.rstrip("\n") for line in lines)
