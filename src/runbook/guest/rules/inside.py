"""Whether somebody can get inside a guest, and may change its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from runbook.guest.configure.guest_edit import Declined, GuestEdit
from runbook.guest.rules.case import GuestCase
from runbook.guest.target import Target
from runbook.preflight.finding import Finding, Level, looked_for
from runbook.state.guest.inside import Inside

WHY = "the address of a guest can be changed only inside the guest"
NO_NAMES = (
    "the guest has no name server, so no name resolves in it: `apt update`, for example, fails"
)
GIVE_NAMES = "to give the guest a name server, fill in `nameservers`"


@looked_for("guests: inside", "no guest needs a change inside", WHY)
def _way_in(case: GuestCase) -> Iterator[Finding]:
    for about, target in case.each():
        if target.nic.live_xml and not target.there_already:
            yield _judged(about, target)


def _judged(about: str, target: Target) -> Finding:
    if isinstance(target.edit, GuestEdit):
        current = f"by {target.offer.way}; {target.edit.manager} has {target.edit.ifname}"
        lacks = _without_names(target)
        noted = "; ".join((*target.edit.notes, *_noted(target.edit, target), *lacks))
        then, field = (GIVE_NAMES, "nameservers") if lacks else ("", "")
        level: Level = "note" if noted else "ok"
        return Finding(level, about, current, noted or WHY, then, field=field)
    if target.guest.by_hand:
        return Finding(
            "note",
            about,
            f"by hand, for {target.guest.wait_s} s at most: {_why_not(target)}",
            "what a person changes inside is not undone by this program",
            "open the guest's console before you continue",
        )
    if isinstance(target.edit, Declined):
        return Finding("block", about, target.edit.reason, WHY, target.edit.then)
    return Finding(
        "block",
        about,
        f"runbook cannot enter the guest: {_why_not(target)}",
        WHY,
        "install qemu-guest-agent in it, or give it a serial console with a login (ttyS0);"
        " or do it by hand: by_hand: true",
    )


def _noted(edit: GuestEdit, target: Target) -> Iterator[str]:
    inside = target.offer.inside
    if inside is None or not edit.files:
        return
    if not edit.survives_reboot(systemd=inside.systemd):
        yield "if the guest restarts during the change, its own undo does not run"


def _without_names(target: Target) -> tuple[str, ...]:
    """That no name will resolve in the guest, where that is to be expected; else nothing."""
    inside = target.offer.inside
    if inside is None or target.there_already or target.desired.nameservers:
        return ()
    if not inside.nameservers:
        return (NO_NAMES,)
    silent = _left_behind(inside, target.desired.address.network)
    lost = f"names may not resolve any more: the LAN may not reach {', '.join(silent)}"
    return (lost,) if silent else ()


def _left_behind(inside: Inside, network: IPv4Network) -> tuple[str, ...]:
    """Name servers that the move leaves behind, where no other answers.

    Also one that does not answer now: it may be down for the moment, or the guest has
    nothing to ask it with.
    """
    if inside.lasting(network):
        return ()
    all_answering = replace(inside, answering=inside.nameservers)
    return tuple(s for s in inside.nameservers if s not in all_answering.lasting(network))


def _why_not(target: Target) -> str:
    if isinstance(target.edit, Declined):
        return target.edit.reason
    return "; ".join(target.offer.tried) or "it was not tried"


RULES = (_way_in,)
