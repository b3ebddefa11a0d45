"""Whether the NIC is called the same after the next boot."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.changes.nic_name import link_path
from runbook.plan.promise import nic_name
from runbook.preflight.finding import Case, Finding

ABOUT, NAME = "NIC's name", "nic-name"
WHY = "stanza, hook and sysctl file know the NIC by its name; the bridge would have no port"


def _name(case: Case) -> Iterator[Finding]:
    nic, snapshot = case.params.interface, case.snapshot
    pinned = next(nic_name.pinned(nic, snapshot), None)
    if pinned and pinned[1] == nic:
        yield Finding("ok", ABOUT, f"{nic} by its MAC, in {pinned[0]}", WHY)
    elif pinned:
        current = f"{pinned[0]} calls this card {pinned[1]} at the next boot, and it is {nic} now"
        do = "take the file away, or reboot and give the new name"
        yield Finding("block", ABOUT, current, WHY, do)
    elif nic_name.can_be_pinned(nic, snapshot):
        path = link_path(case.params.network)
        yield Finding("ok", ABOUT, f"the change keeps {nic} by its MAC, in {path}", WHY)
    elif nic_name.by_order(nic) and (others := nic_name.others_by_order(nic, snapshot)):
        yield Finding(
            "consent",
            ABOUT,
            f"the kernel gives {nic} and {', '.join(others)} their names in the order in which it"
            " finds the cards, and no file ties a name to a MAC",
            f"two cards may change names at a boot. {WHY}",
            f"name the card in {nic_name.UDEV_RULES} or a .link file, under a name that is not the"
            f" kernel's; or, if the order has always been the same, consent: [{NAME}]",
            NAME,
        )
    else:
        yield Finding("ok", ABOUT, f"no other card competes for the name {nic}", WHY)


RULES = (_name,)
