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


def make_plan(params: Params, targets: tuple[Target, ...], snapshot: Snapshot) -> Plan:
    """The plan, empty where every guest is as promised already; raises Refused without a LAN."""
    promise = make_promise(params, targets, snapshot)
    unmet = tuple(check for check in promise.checks(snapshot) if not check.kept)
    changes = tuple(_changes(targets, promise, snapshot))
    return Plan(snapshot.host, promise, changes, snapshot.digest(), unmet, params.deadline_s)


def make_promise(params: Params, targets: tuple[Target, ...], snapshot: Snapshot) -> GuestPromise:
    """The end state that the parameters ask for."""
    guests = tuple(
        ExpectedGuest(
            target.guest.name,
            target.nic.mac,
            target.guest.ipv4,
            target.desired.gateway,
            bool(target.nic.live_xml),
            bool(target.nic.defined_xml),
            target.desired.nameservers,
            target.offer.heard,
            UNHEARD in params.consent,
            target.guest.login,
            target.guest.login_from or "",
        )
        for target in targets
    )
    return GuestPromise(params.network, facts.bridge(params, snapshot), params.interface, guests)


def _changes(
    targets: tuple[Target, ...], promise: GuestPromise, snapshot: Snapshot
) -> Iterator[Change]:
    inside = {
        configured.guest.name: configured for configured in targets if not configured.there_already
    }
    for configured in inside.values():
        if isinstance(configured.edit, GuestEdit):
            yield WatchInside(configured.guest.name, configured.edit.digest, configured.offer.way)
    moved = []
    for configured in targets:
        plugged = tuple(_plugged(configured, promise, snapshot))
        moved += [configured] if plugged and configured.nic.tap else []
        yield from plugged
        if configured.guest.name in inside and configured.nic.live_xml:
            yield from _configured(configured, promise)
    for configured in moved:
        yield Forwarding(configured.guest.name, configured.nic.tap, promise.bridge)


def _plugged(target: Target, promise: GuestPromise, snapshot: Snapshot) -> Iterator[Change]:
    nic, network = target.nic, promise.network
    live_there = not nic.live_xml or nic.source == network
    if not (live_there and (not nic.defined_xml or nic.defined_source == network)):
        yield MoveNic(
            *(target.guest.name, nic.mac, network),
            *(nic.source, nic.live_xml, nic.defined_source, nic.defined_xml),
        )
    if nic.live_xml and nic.source == network:
        link = snapshot.find(LinkRow, nic.tap)
        if link and link.master != promise.bridge:
            yield Rejoin(target.guest.name, nic.tap, promise.bridge, link.master)


def _configured(target: Target, promise: GuestPromise) -> Iterator[Change]:
    name, to_have = target.guest.name, f"{target.guest.address} via {target.desired.gateway}"
    if isinstance(target.edit, GuestEdit):
        result = target.edit
        has = (
            ", ".join(target.offer.inside.addresses if target.offer.inside else ()) or "no address"
        )
        new = "\n".join(
            (f"{name}: {to_have} on {result.ifname} ({result.manager})", *map(_diff, result.files))
        )
        yield Reconfigure(name, result.digest, result.in_words, f"{name}: {has}", new)
    elif target.guest.by_hand:
        why = (target.edit.reason,) if isinstance(target.edit, Declined) else target.offer.tried
        lines = by_hand(target.desired, why)
        wait = target.guest.wait_s
        address = target.guest.address
        yield ReconfigureByHand(name, target.nic.mac, address, promise.bridge, lines, wait)


def _diff(file: FileEdit) -> str:
    """The lines that are changed, before and after, and none beside them: it goes into records."""
    old, new = (
        redact_text((text or b"").decode(errors="replace")) for text in (file.before, file.after)
    )
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), file.path, file.path, "", "", 0
    )
    return "\n".join(line.rstrip("\n") for line in lines)
