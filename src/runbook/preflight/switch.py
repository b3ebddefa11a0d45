"""What the switch port will see: BPDUs, and the bridge's MAC beside the NIC's."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.routed.facts import nic_row
from runbook.preflight.finding import Case, Finding, looked_for

BPDU = "bpdu"


@looked_for("STP", "off: no BPDUs are sent", "a switch port with BPDU guard shuts on the first")
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
    nic, mac = case.params.interface, case.plan.of_host.mac
    link = nic_row(case.snapshot, nic)
    if mac == link.mac:
        why = "it is the default of Linux: a bridge takes the MAC of a port"
        yield Finding("ok", "bridge MAC", f"{mac}, that of {nic}", why)
        return
    yield Finding(
        "note",
        "bridge MAC",
        f"{mac}, and {nic} keeps {link.mac}",
        "a switch port with port security counts the MACs that it sees, guests' as well",
        "if the switch port allows only one MAC, raise that limit first",
    )


RULES = (_stp, _mac)
