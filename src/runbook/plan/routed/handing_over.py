"""Whether what comes in for the NIC may go by the bridge while the routes still lead by the NIC."""

from __future__ import annotations

from runbook.state.firewall import FirewallRow
from runbook.state.nftables import NftablesRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

STRICT = "1"
# What a rule asks that wants to know whether the way back is by the same interface.
OF_IPTABLES, OF_NFTABLES = "-m rpfilter", '"fib":'


def may_go_by_the_bridge(nic: str, snapshot: Snapshot) -> bool:
    """Nobody on the host asks whether the way back is by the interface that a frame came in by.

    The bridge gets the NIC's own rp_filter; of the two values the kernel takes the larger one.
    """
    dotted = nic.replace(".", "/")
    names = [f"net.ipv4.conf.{name}.rp_filter" for name in ("all", dotted)]
    rows = (snapshot.find(SysctlRow, name) for name in names)
    if max((row.value for row in rows if row), default="") == STRICT:
        return False
    asked = [OF_IPTABLES in row.rule for row in snapshot.rows(FirewallRow)]
    asked += [OF_NFTABLES in row.rule for row in snapshot.rows(NftablesRow)]
    return not any(asked)
