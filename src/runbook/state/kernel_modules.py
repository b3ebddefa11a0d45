"""What appears on a host because a kernel module was loaded: nobody has changed it.

The rules of libvirt load connection tracking, the first bridge loads the bridge, and so on. A
module stays loaded after an undo, and so do its parameters.
"""

from __future__ import annotations

from runbook.state import modules
from runbook.state.files import FileRow
from runbook.state.modules import ModuleRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax import sysctl_d
from runbook.state.sysctl import SysctlRow

CALLS = ("iptables", "ip6tables", "arptables")
# The parameters that a module brings, of those that a snapshot has, each with the kernel's value.
BROUGHT = {
    "nf_conntrack": {"net.netfilter.nf_conntrack_tcp_loose": "1"},
    "br_netfilter": {f"net.bridge.bridge-nf-call-{word}": "1" for word in CALLS},
}


def loaded_since(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The modules that were loaded between the snapshots.

    An older snapshot does not list modules. Then these are the modules whose parameters appeared.
    """
    if before.has(modules.TABLE) and after.has(modules.TABLE):
        there = {row.name for row in before.rows(ModuleRow)}
        return tuple(row.name for row in after.rows(ModuleRow) if row.name not in there)
    old, new = _parameters(before), _parameters(after)
    return tuple(
        module
        for module, brought in BROUGHT.items()
        if new.keys() & brought.keys() and not old.keys() & brought.keys()
    )


def brought(before: Snapshot, after: Snapshot) -> frozenset[str]:
    """The parameters that appeared with a module and have the value that a module load gives."""
    values = _parameters(after)
    files = {row.path: row.content for row in after.rows(FileRow)}
    return frozenset(
        name
        for module in loaded_since(before, after)
        for name, value in BROUGHT.get(module, {}).items()
        # udev applies sysctl.d when a module comes.
        if values.get(name) in (value, sysctl_d.assigned(files, name)[0])
    )


def _parameters(snapshot: Snapshot) -> dict[str, str]:
    return {row.name: row.value for row in snapshot.rows(SysctlRow)}
