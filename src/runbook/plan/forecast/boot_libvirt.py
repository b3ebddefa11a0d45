"""What libvirt starts at a boot, and what comes back with it by its network hook."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.changes.network_hook import DIRECTORY, FIRST, MODE
from runbook.plan.forecast.boot_effect import BootEffect, started
from runbook.plan.promise.files import file_checks
from runbook.plan.promise.host import Promise
from runbook.state import units
from runbook.state.files import FileRow, contents
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot


def daemon(_: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """Libvirt itself: a network is started only by a daemon that runs."""
    # Its socket does not do: nobody may ask it anything after a boot.
    yield started(units.LIBVIRT, snapshot, "a network is started only by a daemon that runs")


def network(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """The network that makes the bridge: defined as promised, and started."""
    wanted = _defined(promise)
    does = "not defined"
    if row := snapshot.find(NetworkRow, promise.network):
        stp, start = row.stp, "started" if row.autostart else "not started"
        ipv4 = " ".join(a for a in row.addresses.split() if ":" not in a)
        does = f"{start}: {row.bridge} {row.mac} stp {stp} {ipv4}"
    then = f"virsh net-autostart {promise.network}, and fix it with virsh net-edit"
    what = f"network {promise.network}"
    yield BootEffect(what, "libvirt", wanted, does, does == wanted, then)


def _defined(promise: Promise) -> str:
    stp = "on" if promise.stp else "off"
    return f"started: {promise.bridge} {promise.mac} stp {stp} {promise.address}"


def hooks(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """Each network hook that libvirt runs: the one of the plan, and those of others."""
    ours, *_ = promise.files
    paths = {FIRST, ours.path}
    paths |= {path for path in contents(snapshot.rows(FileRow)) if path.startswith(f"{DIRECTORY}/")}
    for path in sorted(paths):
        if path == ours.path:
            yield _our_hook(promise, snapshot)
        elif snapshot.find(FileRow, path):
            does = "somebody else's; runs as well"
            yield BootEffect("libvirt's own hook", path, does, does, kept=True, required=False)


def _our_hook(promise: Promise, snapshot: Snapshot) -> BootEffect:
    ours, *_ = promise.files
    does = "absent"
    if row := snapshot.find(FileRow, ours.path):
        text = "as promised" if ours.is_in(row) else "other text"
        does = f"{text}, mode {row.mode}"
    wanted = f"as promised, mode {MODE:04o}"
    then = f"undo the change and make it again; it writes {ours.path}"
    return BootEffect("hook of runbook", ours.path, wanted, does, does == wanted, then)


def brought_back(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """What comes of the hook, where libvirt runs it."""
    stages = (daemon, network, hooks)
    needed = [one for stage in stages for one in stage(promise, snapshot) if one.required]
    runs = all(one.kept for one in needed)
    missing = ", ".join(one.about for one in needed if not one.kept)
    reads, then = promise.files[0].path, f"fix first: {missing}"
    wirings = (
        (promise.nic, f"port of {promise.bridge}"),
        *((f"{a.address}/{a.prefixlen}", f"address of {promise.bridge}") for a in promise.others),
        *((f"route to {r.dst}", " ".join(r.words()[2:])) for r in promise.routes),
        *_wirings6(promise),
    )
    for what, wanted in wirings:
        yield BootEffect(what, reads, wanted, wanted if runs else "does not come back", runs, then)


def client(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """The DHCP client on the bridge, which the hook starts."""
    if promise.client is None:
        return
    broken = [
        check.about for check in file_checks(promise.client.files, snapshot) if not check.kept
    ]
    unit = promise.client.files[0].path
    wanted = f"renews the lease on {promise.bridge}"
    does = f"not as promised: {', '.join(broken)}" if broken else wanted
    then = "undo the change and make it again; it writes the unit and the client's script"
    yield BootEffect(promise.client.name, unit, wanted, does, not broken, then)


def _wirings6(promise: Promise) -> Iterator[tuple[str, str]]:
    if promise.ipv6 is None:
        return
    if promise.ipv6.learns:
        yield "router advertisements", f"heard on {promise.bridge}"
    yield from ((address, f"address of {promise.bridge}") for address in promise.ipv6.addresses)
    for gateway in promise.ipv6.gateways:
        yield "route to ::/0", f"via {gateway} dev {promise.bridge}"
