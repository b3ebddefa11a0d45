"""What a boot of the host would do to its network, in order, read off a snapshot. Pure.

Nothing is started for it. It follows the files and settings that a boot goes
by: kernel parameters, ifupdown, other network services, libvirt, its network,
and the hook that brings the NIC and the routes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runbook.common import shell_pattern
from runbook.plan.changes.network_online import TARGET, WAIT_S
from runbook.plan.forecast import boot_libvirt
from runbook.plan.forecast.boot_effect import BootEffect, BootStep, started
from runbook.plan.forecast.boot_ifupdown import brought_up_stanzas, starts_at_boot
from runbook.plan.promise import cloud_init, managers
from runbook.plan.promise.attached import FORWARD, AttachedPromise
from runbook.plan.promise.host import Promise
from runbook.state import units
from runbook.state.files import FileRow, contents
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax import sysctl_d
from runbook.state.syntax.cloud_init import OFF, SWITCH
from runbook.state.syntax.ifupdown import stanzas
from runbook.state.units import UnitRow

# What bridge-utils names the option by that lists a bridge's ports, and ifupdown2 too.
PORTS = ("bridge_ports", "bridge-ports")


def rehearse(promise: Promise, snapshot: Snapshot) -> tuple[BootStep, ...]:
    """Every step of a boot that the host's network depends on."""
    stages = _ATTACHED if isinstance(promise, AttachedPromise) else _STAGES
    found = (one for stage in stages for one in stage(promise, snapshot))
    return tuple(BootStep(order, one) for order, one in enumerate(found, start=1))


def _sysctls(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    texts = contents(snapshot.rows(FileRow))
    for name, wanted in promise.sysctls:
        value, path = sysctl_d.assigned(texts, name)
        then = f"take the other value out of {path}" if path else "put it into /etc/sysctl.d"
        kept = value == wanted
        yield BootEffect(
            name, path or "no file of sysctl.d", wanted, value or "not set", kept, then
        )


def _networking(_: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    yield started((units.IFUPDOWN,), snapshot, "ifupdown brings the NIC's link up")


def _managers(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    on = [
        row.name
        for row in snapshot.rows(UnitRow)
        if row.state == "enabled"
        and row.name in units.MANAGERS
        and not managers.leaves_alone(row.name.removesuffix(".service"), promise.nic, snapshot)
    ]
    then = (
        f"each could give {promise.nic} an address: systemctl disable {' '.join(on)} (without"
        " --now: a stop may take the address off the NIC at once)"
    )
    shown = ", ".join(on) or "none"
    yield BootEffect("other network services", "systemd", "none", shown, not on, then)


def _cloud_init(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    if not cloud_init.is_there(snapshot):
        return
    alone = cloud_init.leaves_alone(snapshot)
    wanted, path = "leaves the network alone", cloud_init.decides(snapshot) or "no file"
    does = wanted if alone else f"may write the stanzas of {promise.nic} anew"
    then = f"write `{OFF.strip()}` into {SWITCH}"
    yield BootEffect("cloud-init", path, wanted, does, alone, then)


def _saved_rules(_: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    saved = [
        path
        for path in contents(snapshot.rows(FileRow))
        if path.startswith("/etc/iptables/rules.v")
    ]
    if saved:
        found = started((units.SAVED_RULES,), snapshot, "saved rules are loaded by it")
        yield BootEffect(
            *(found.about, " ".join(saved), found.promised, found.does, found.kept, found.then),
            required=False,
        )


def _online(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """What waits for the bridge; a plan of an earlier version has no such files."""
    files = promise.files[2:]
    rows = [snapshot.find(FileRow, file.path) for file in files]
    waits = all(file.is_in(row) for row, file in zip(rows, files, strict=True))
    wanted = f"waits for {promise.bridge}, at most {WAIT_S} s"
    then = "undo the change and make it again; it writes the unit and the target's drop-in"
    if files:
        reads, does = files[0].path, wanted if waits else "does not wait as promised"
        yield BootEffect(TARGET, reads, wanted, does, waits, then)


def _bridge_of_others(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """The stanza of ifupdown that makes the bridge; runbook reads nothing else that makes one."""
    every = stanzas(contents(snapshot.rows(FileRow)))
    own = [s for s in every if (s.kind, s.name) == ("iface", promise.bridge)]
    about, wanted = f"ifup {promise.bridge}", f"a bridge with port {promise.nic}"
    if not own:
        does = "no stanza of ifupdown: something else makes it"
        then = f"check that {promise.bridge} comes up at a boot: runbook cannot read it off"
        yield BootEffect(about, "ifupdown", wanted, does, kept=False, then=then, required=False)
        return
    yield from _networking(promise, snapshot)
    words = [w for s in own for k, v in s.options if k in PORTS for w in v.split()]
    holds = any(shell_pattern.matches(promise.nic, word) for word in words)
    starts = starts_at_boot(promise.bridge, every)
    does = f"ports {' '.join(words) or 'none'}{'' if starts else ', not started at boot'}"
    kept = starts and (holds or bool({"all", "regex"} & set(words)))
    then = f"write `auto {promise.bridge}` and `bridge_ports {promise.nic}` in {own[0].path}"
    yield BootEffect(about, own[0].path, wanted, wanted if kept else does, kept, then)


def _attached_network(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    wanted, does = f"started: {FORWARD} {promise.bridge}", "not defined"
    if row := snapshot.find(NetworkRow, promise.network):
        start = "started" if row.autostart else "not started"
        does = f"{start}: {row.forward_mode} {row.bridge}"
    then = f"virsh net-autostart {promise.network}, and fix it with virsh net-edit"
    what = f"network {promise.network}"
    yield BootEffect(what, "libvirt", wanted, does, does == wanted, then)


_ATTACHED: tuple[Callable[[Promise, Snapshot], Iterator[BootEffect]], ...] = (
    _bridge_of_others,
    boot_libvirt.daemon,
    _attached_network,
)
_STAGES: tuple[Callable[[Promise, Snapshot], Iterator[BootEffect]], ...] = (
    _sysctls,
    _networking,
    brought_up_stanzas,
    _managers,
    _cloud_init,
    _saved_rules,
    boot_libvirt.daemon,
    boot_libvirt.network,
    boot_libvirt.hooks,
    boot_libvirt.brought_back,
    boot_libvirt.client,
    _online,
)
