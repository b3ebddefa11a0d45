"""The host's own steps, made while guests run on its bridge: all but those that move the address.

No procedure plans them so: it refuses a host that is on the bridge and half as promised. So the
plan is put together here, of the changes that it makes on any host, in its order: files,
kernel parameters, libvirt's restart, the port of the warm-up, STP off and on, a firewall profile.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.changes.bridge_ports import ForwardAtOnce, Settle, WarmUp
from runbook.plan.changes.change import Change
from runbook.plan.changes.conntrack import LOOSE, HoldTracking, ReleaseTracking
from runbook.plan.changes.files import PutFile
from runbook.plan.changes.network_hook import MODE
from runbook.plan.changes.networks import InstallHook
from runbook.plan.changes.sysctl import TuneBridge
from runbook.plan.plan import PHASES, Plan
from runbook.plan.promise.host import Promise
from runbook.plan.routed import sysctls
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.firewall.live import admit
from runbook.plan.routed.firewall.saved import saved_firewall
from runbook.preflight import Cleared
from runbook.run import pipeline
from runbook.run.session import Ready, Session, Underway
from runbook.state.host import operator_connection
from runbook.state.host.probes import probe
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow


def ready(made: Session) -> Ready:
    """From the host as it is to one with the session's firewall profile."""
    params, before = made.params, pipeline.read(made)
    promise = make_promise(params, before, operator_connection.read(made.host))
    changes = tuple(_changes(made, promise, before))
    unmet = tuple(check for check in promise.checks(before) if not check.kept)
    drawn = Plan(before.host, promise, changes, before.digest(), unmet, params.deadline_s)
    asked = (params.gateway, params.probes, params.interface, params.bridge)
    return Ready(Cleared(drawn, before, ()), probe(made.host, *asked))


def make(made: Session, cleared: Ready) -> Underway:
    """Arm, apply every phase, verify; it is left to be undone."""
    underway = pipeline.arm(made, cleared)
    for phase in PHASES:
        applied = pipeline.apply(made, underway, phase)
    pipeline.verify(made, underway, applied)
    return underway


def _changes(made: Session, promise: Promise, seen: Snapshot) -> Iterator[Change]:
    params = made.params
    hook, sysctl_file, *online = promise.files
    (loose,) = (row.value for row in seen.rows(SysctlRow) if row.name == LOOSE)
    yield PutFile(sysctl_file.path, sysctl_file.text, 0o644, "keep forwarding on")
    for file in online:
        yield PutFile(file.path, file.text, 0o644, "have the network's target wait")
    yield from saved_firewall(promise.firewall, params.interface, params.bridge, seen)
    for name, value in sysctls.FORWARDING:
        yield from sysctls.switched(name, value, seen)
    yield HoldTracking(loose, loaded=True)
    yield InstallHook(PutFile(hook.path, hook.text, MODE, "bring NIC and routes back"))
    yield TuneBridge(params.bridge, sysctls.of_bridge(params, seen))
    yield ForwardAtOnce(params.bridge, params.stp)
    yield WarmUp(params.bridge, params.interface)
    yield Settle(str(params.ipv4.ip), params.bridge, params.stp)
    yield ReleaseTracking(loose)
    yield from admit(promise.firewall, seen)
