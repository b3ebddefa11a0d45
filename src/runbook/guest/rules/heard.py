"""Whether a guest has to answer from this machine after its move, as it answers others now."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.guest.procedure import Target
from runbook.guest.rules.case import GuestCase
from runbook.plan.promise.guests import UNHEARD
from runbook.preflight.finding import Finding, looked_for

WHY = "what answered before has to answer after, from beyond the host too"


@looked_for("guests: heard from here", "no guest runs: nothing to hear", WHY)
def _heard(case: GuestCase) -> Iterator[Finding]:
    for about, one in case.each():
        if one.nic.live_xml:
            unheard = UNHEARD in case.params.consent
            yield _accepted(about, one) if one.offer.heard and unheard else _judged(about, one)


def _judged(about: str, one: Target) -> Finding:
    if one.offer.heard:
        return Finding(
            "ok",
            about,
            f"it answers another subnet at {one.offer.heard}: it has to answer this machine"
            f" at {one.guest.ipv4.ip}, if the host does",
            WHY,
            "where a firewall on the way lets only known addresses through:"
            f" consent: [{UNHEARD}], or have it let this one through first",
        )
    return Finding(
        "ok",
        about,
        "it is not seen to answer another subnet: whether it answers this machine is told only",
        "its own firewall may drop pings; who answers by ARP is required all the same",
    )


def _accepted(about: str, one: Target) -> Finding:
    return Finding(
        "consent",
        about,
        f"it answers another subnet at {one.offer.heard}, and need not answer this machine"
        f" at {one.guest.ipv4.ip}",
        "a router or a firewall that lets nothing through to it would go unnoticed",
        f"take {UNHEARD} out of `consent` once the way to it is open",
        UNHEARD,
    )


RULES = (_heard,)
