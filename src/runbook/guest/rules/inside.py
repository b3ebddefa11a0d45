"""Whether somebody can get inside a guest, and may change its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from runbook.guest.configure.guest_edit import Declined, GuestEdit
from runbook.guest.rules.case import GuestCase
from runbook.guest.target import Target
from runbook.preflight.finding import Finding, looked_for
from runbook.state.guest.inside import Inside

WHY = "the address of a guest can be changed only inside the guest"


@looked_for("guests: inside", "no guest needs a change inside", WHY)
def _way_in(case: GuestCase) -> Iterator[Finding]:
    for about, one in case.each():
        if one.nic.live_xml and not one.there_already:
            yield _judged(about, one)


def _judged(about: str, one: Target) -> Finding:
    if isinstance(one.edit, GuestEdit):
        seen = f"by {one.offer.way}; {one.edit.manager} has {one.edit.ifname}"
        noted = "; ".join((*one.edit.notes, *_noted(one.edit, one)))
        return Finding("note" if noted else "ok", about, seen, noted or WHY)
    if one.guest.by_hand:
        return Finding(
            "note",
            about,
            f"by hand, for {one.guest.wait_s} s at most: {_why_not(one)}",
            "what a person changes inside is not undone by this program",
            "open the guest's console before you continue",
        )
    if isinstance(one.edit, Declined):
        return Finding("block", about, one.edit.reason, WHY, one.edit.then)
    return Finding(
        "block",
        about,
        f"runbook cannot enter the guest: {_why_not(one)}",
        WHY,
        "install qemu-guest-agent in it, or give it a serial console with a login (ttyS0);"
        " or do it by hand: by_hand: true",
    )


def _noted(edit: GuestEdit, one: Target) -> Iterator[str]:
    seen = one.offer.inside
    if seen is None or not edit.files:
        return
    if not edit.survives_reboot(systemd=seen.systemd):
        yield "if the guest restarts during the change, its own undo does not run"
    left = () if one.desired.nameservers else _left_behind(seen, one.desired.address.network)
    if left:
        yield (
            f"names may not resolve any more: the LAN may not reach {', '.join(left)},"
            " so set `nameservers` in the guest's entry"
        )


def _left_behind(seen: Inside, network: IPv4Network) -> tuple[str, ...]:
    """Name servers that the move leaves behind, where no other answers.

    Also one that does not answer now: it may be down for the moment, or the guest has
    nothing to ask it with.
    """
    if seen.lasting(network):
        return ()
    asked = replace(seen, answering=seen.nameservers)
    return tuple(s for s in seen.nameservers if s not in asked.lasting(network))


def _why_not(one: Target) -> str:
    if isinstance(one.edit, Declined):
        return one.edit.reason
    return "; ".join(one.offer.tried) or "it was not tried"


RULES = (_way_in,)
