"""Entries of the NIC that the bridge has not: fixed and proxy neighbours, multicast groups."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.preflight.boot_lines import BY_NAME
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.neighbours import NeighbourRow

ABOUT = "fixed neighbours"
WHY = (
    "the entry stays with the NIC: on the bridge the host asks for the neighbour by ARP or NDP, and"
    " does not find one that gives no answer"
)
FIXED = "PERMANENT"
MOST_SHOWN = 5


@looked_for(ABOUT, "no entry of the NIC's ARP and NDP tables is a fixed one", WHY)
def _fixed(case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    rows = [r for r in case.snapshot.rows(NeighbourRow) if (r.ifname, r.state) == (nic, FIXED)]
    if not rows:
        return
    shown = ", ".join(f"{row.address} is {row.mac}" for row in rows[:MOST_SHOWN])
    more = f", and {len(rows) - MOST_SHOWN} more" if len(rows) > MOST_SHOWN else ""
    one = rows[0]
    yield Finding(
        "consent",
        ABOUT,
        f"on {nic}, fixed by hand or by a program: {shown}{more}",
        WHY,
        "if they answer ARP or NDP, nothing has to be done now; after the change set each again"
        f" (ip neigh replace {one.address} lladdr {one.mac} dev {bridge} nud permanent), and"
        f" have what sets it at a boot use {bridge}; then consent: [{BY_NAME}]",
        BY_NAME,
    )


@looked_for(
    "proxy entries",
    "the host answers ARP and NDP on the NIC for no other address",
    "the kernel drops such entries when the NIC's address goes",
)
def _proxied(case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    if proxies := case.around.entries.proxies:
        version = "ip -6" if ":" in proxies[0] else "ip"
        yield Finding(
            "block",
            "proxy entries",
            f"on {nic} the host answers for {_some(proxies)}",
            "the kernel drops these entries when the address leaves the NIC, and an undo does not"
            " bring them back",
            f"delete each ({version} neigh del proxy {proxies[0]} dev {nic}); have what makes them"
            f" at a boot do it for {bridge}, in a unit with Wants= and After=network-online.target;"
            f" start it after the change ({version} neigh add proxy {proxies[0]} dev {bridge})",
        )


@looked_for(
    "multicast",
    "no program has joined a multicast group by the NIC",
    "a program hears a group by the interface that it has joined by",
)
def _joined(case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    if groups := case.around.entries.groups:
        yield Finding(
            "consent",
            "multicast",
            f"programs have joined {_some(groups)} by {nic}",
            f"what is sent to a group comes in by {bridge} after the change: a program that has"
            f" joined by {nic} hears nothing until it joins again",
            "restart the program right after the change, and after an undo; if it names the"
            f" interface, have it name {bridge}; then consent: [{BY_NAME}]",
            BY_NAME,
        )


def _some(addresses: tuple[str, ...]) -> str:
    more = f", and {len(addresses) - MOST_SHOWN} more" if len(addresses) > MOST_SHOWN else ""
    return f"{', '.join(addresses[:MOST_SHOWN])}{more}"


RULES = (_fixed, _proxied, _joined)
