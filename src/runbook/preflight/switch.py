"""What the switch port will see: BPDUs, and the bridge's MAC beside the NIC's."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed.facts import nic_row
from runbook.preflight import known_macs
from runbook.preflight.finding import Case, Finding, looked_for

BPDU, NEW_MAC = "bpdu", "new-mac"
GUESTS = "each guest on the LAN has a MAC of its own as well"


@looked_for(
    "STP", "off: no BPDUs are sent", "a switch port with BPDU guard shuts down at the first BPDU"
)
def _stp(case: Case) -> Iterator[Finding]:
    if case.params.stp:
        yield Finding(
            "consent",
            "STP",
            "spanning tree is on, so the host sends BPDUs",
            "a switch port with BPDU guard shuts down at the first BPDU; the undo cannot open it",
            f"set stp: false, or consent: [{BPDU}] once you know that the port has no guard",
            BPDU,
        )


def _mac(case: Case) -> Iterator[Finding]:
    nic, mac = case.params.holder, case.plan.of_host.mac
    link = nic_row(case.snapshot, nic)
    if mac == link.mac:
        why = "it is the default of Linux: a bridge takes the MAC of a port"
        yield Finding("ok", "bridge MAC", f"{mac}, that of {nic}", f"{why}; {GUESTS}")
        return
    current = f"{mac}, and {nic} keeps {link.mac}"
    signs = tuple(known_macs.signs(case.snapshot, nic))
    if not signs:
        why = f"a switch port with port security counts the MACs that it sees; {GUESTS}"
        do = "if the switch port admits known MACs only, set bridge_mac: nic"
        yield Finding("note", "bridge MAC", current, why, do)
        return
    yield Finding(
        "consent",
        "bridge MAC",
        f"{current}; {'; '.join(signs)}",
        "where somebody else owns the switch, it may drop frames from a MAC that he does not know,"
        " shut the port, or block the server; the undo cannot open it again",
        f"set bridge_mac: nic, which keeps the MAC that is known; or ask the owner to admit {mac},"
        f" then consent: [{NEW_MAC}]; {GUESTS}",
        NEW_MAC,
    )


RULES = (_stp, _mac)
