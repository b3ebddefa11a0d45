"""Whether a guest has to answer this machine after its move, as it answers other subnets now."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.guest.rules.case import GuestCase
from runbook.guest.target import Target
from runbook.plan.promise.guests import UNHEARD
from runbook.preflight.finding import Finding, looked_for

WHY = "a guest that answered other subnets before the change has to answer them after it"


@looked_for("guests: heard from here", "no guest runs, so none can answer", WHY)
def _heard(case: GuestCase) -> Iterator[Finding]:
    for about, target in case.each():
        if target.nic.live_xml:
            unheard = UNHEARD in case.params.consent
            yield (
                _accepted(about, target)
                if target.offer.heard and unheard
                else _judged(about, target)
            )


def _judged(about: str, target: Target) -> Finding:
    if target.offer.heard:
        return Finding(
            "ok",
            about,
            f"it answers another subnet at {target.offer.heard}: it has to answer this machine"
            f" at {target.guest.ipv4.ip}, if the host does",
            WHY,
            "if a firewall on the way admits only known addresses:"
            f" consent: [{UNHEARD}], or let it admit this address first",
        )
    return Finding(
        "ok",
        about,
        "it answers no other subnet now: an answer to this machine is reported, not required",
        "its own firewall may drop pings; its ARP answer is still required",
    )


def _accepted(about: str, target: Target) -> Finding:
    return Finding(
        "consent",
        about,
        f"it answers another subnet at {target.offer.heard}, and need not answer this machine"
        f" at {target.guest.ipv4.ip}",
        "runbook would not notice a router or a firewall that blocks the guest",
        f"take {UNHEARD} out of `consent` once the way to it is open",
        UNHEARD,
    )


RULES = (_heard,)
