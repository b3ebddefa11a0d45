"""The NICs that a bond does not use leave no group, and join none, while this lasts."""

from __future__ import annotations

from runbook.apply.steps.hand_over import tried
from runbook.common import octets
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.transport.host import Host


def hush(step: HushIdlePorts, host: Host) -> None:
    """Take IFF_MULTICAST from each NIC that is not in use, or give it back to all of the bonds."""
    word = "off" if step.on else "on"
    for bond in step.bonds:
        for port in _ports(bond, host, idle=step.on):
            # The undo on the host does the same (undo_head.sh).
            tried(host, ("ip", "link", "set", "dev", port, "multicast", word))


def _ports(bond: str, host: Host, *, idle: bool) -> list[str]:
    folder = f"/sys/class/net/{bond}/bonding"
    files = host.read_files([f"{folder}/slaves", f"{folder}/active_slave"])
    slaves, active = (octets.text_of(file.content).split() if file else [] for file in files)
    return [port for port in slaves if not idle or port not in active]
