"""Fixed entries of the ARP and NDP tables: they stay with the NIC, and the bridge has none."""

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


RULES = (_fixed,)
