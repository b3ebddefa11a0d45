"""What a boot of the host would do to its network, in order, read off a snapshot. Pure.

Nothing is started for it. It follows the files and settings that a boot goes
by: kernel parameters, ifupdown, other network services, libvirt, its network,
and the hook that brings the NIC and the routes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from runbook.common import shell_pattern
from runbook.plan.changes.network_hook import DIRECTORY, FIRST, MODE
from runbook.plan.changes.network_online import TARGET, WAIT_S
from runbook.plan.promise import cloud_init, managers
from runbook.plan.promise.attached import FORWARD, AttachedPromise
from runbook.plan.promise.check import Check
from runbook.plan.promise.files import file_checks
from runbook.plan.promise.host import Promise
from runbook.state import units
from runbook.state.files import FileRow, contents
from runbook.state.links import MADE_AT_BOOT, LinkRow
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax import sysctl_d
from runbook.state.syntax.cloud_init import OFF, SWITCH
from runbook.state.syntax.ifupdown import Stanza, physical, stanzas
from runbook.state.units import UnitRow

# Options of ifupdown's helpers that take an interface for one of their own.
PORTS = ("bridge_ports", "bridge-ports")
TAKES_PORTS = ("bridge_ports", "bridge-ports", "bond-slaves", "slaves")


@dataclass(frozen=True, slots=True)
class BootEffect:
    """One thing that a boot does; `then` says what to do if it is not as promised."""

    about: str
    reads: str
    promised: str
    does: str
    kept: bool
    then: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class BootStep:
    """An effect with its place in the order of the boot, counted from 1."""

    order: int
    effect: BootEffect

    def check(self) -> Check:
        """The effect as a check of the verdict."""
        effect = self.effect
        about = f"boot {self.order}: {effect.about}"
        return Check(about, effect.promised, effect.does, effect.kept, effect.required)


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
    yield _started((units.IFUPDOWN,), snapshot, "ifupdown brings the NIC's link up")


def _started(names: tuple[str, ...], snapshot: Snapshot, why: str) -> BootEffect:
    row = (snapshot.find(UnitRow, name) for name in names)
    states = {unit.name: unit.state for unit in row if unit and unit.state}
    shown = ", ".join(f"{name} {state}" for name, state in states.items()) or "not installed"
    then = f"{why}: systemctl enable {next(iter(states), names[0])}"
    kept = any(state in ("enabled", "alias") for state in states.values())
    return BootEffect(" or ".join(states) or names[0], "systemd", "enabled", shown, kept, then)


def _ifupdown(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    every = stanzas(contents(snapshot.rows(FileRow)))
    yield from _made(promise, snapshot, every)
    for stanza in every:
        if stanza.kind == "iface" and _at_boot(stanza.name, every):
            yield _brought_up(stanza, promise)
        elif stanza.kind == "mapping" and _matches(promise.nic, stanza):
            does = f"a script decides what {promise.nic} is"
            then = f"take the mapping out of {stanza.path}"
            yield BootEffect(
                f"mapping {stanza.name}", stanza.path, "none", does, kept=False, then=then
            )


def _made(promise: Promise, snapshot: Snapshot, every: tuple[Stanza, ...]) -> Iterator[BootEffect]:
    """A bond or a VLAN interface is there only if ifupdown is told to make it."""
    link = snapshot.find(LinkRow, promise.nic)
    if link and link.kind in MADE_AT_BOOT and not _at_boot(promise.nic, every):
        nic, then = promise.nic, f"write `auto {promise.nic}` before its stanza"
        does = f"nothing makes {nic}: no `auto` and no `allow-hotplug` names it"
        yield BootEffect(f"ifup {nic}", "ifupdown", f"a {link.kind}", does, kept=False, then=then)


def _at_boot(name: str, every: tuple[Stanza, ...]) -> bool:
    starts = (s for s in every if s.kind == "auto" or s.kind.startswith("allow-"))
    return any(_matches(name, stanza) for stanza in starts)


def _matches(name: str, stanza: Stanza) -> bool:
    return any(shell_pattern.matches(name, pattern.lstrip("/")) for pattern in stanza.name.split())


def _brought_up(stanza: Stanza, promise: Promise) -> BootEffect:
    wrong = _wrong(stanza, promise)
    address = dict(stanza.options).get("address", "")
    does = " ".join(word for word in (stanza.family, stanza.method, address) if word)
    of_nic = physical(stanza.name) in (promise.nic, promise.holder)
    wanted = f"{stanza.family} manual" if of_nic else "nothing of the kind"
    then = f"{wrong}: take that out of {stanza.path}"
    what = f"ifup {stanza.name}"
    return BootEffect(what, stanza.path, wanted if wrong else does, does, not wrong, then)


def _wrong(stanza: Stanza, promise: Promise) -> str:
    options = dict(stanza.options)
    if physical(stanza.name) in (promise.nic, promise.holder) and stanza.method != "manual":
        return f"{physical(stanza.name)} would have an address of its own"
    if stanza.name == promise.bridge:
        return f"ifupdown would make {promise.bridge} before libvirt does"
    if _plain(options.get("address", "").partition("/")[0]) in map(_plain, promise.announced):
        return f"{stanza.name} would hold the bridge's address"
    if any(promise.nic in options.get(word, "").split() for word in TAKES_PORTS):
        return f"{stanza.name} would take {promise.nic}"
    return ""


def _plain(address: str) -> str:
    """An address in its one canonical spelling (RFC 5952); a name stays as it is."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address


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
        found = _started((units.SAVED_RULES,), snapshot, "saved rules are loaded by it")
        yield BootEffect(
            *(found.about, " ".join(saved), found.promised, found.does, found.kept, found.then),
            required=False,
        )


def _libvirt(_: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    # Its socket does not do: nobody may ask it anything after a boot.
    yield _started(units.LIBVIRT, snapshot, "a network is started only by a daemon that runs")


def _network(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
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


def _hooks(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
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


def _brought_back(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """What comes of the hook, where libvirt runs it."""
    stages = (_libvirt, _network, _hooks)
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


def _client(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
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
    starts = _at_boot(promise.bridge, every)
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
    _libvirt,
    _attached_network,
)
_STAGES: tuple[Callable[[Promise, Snapshot], Iterator[BootEffect]], ...] = (
    _sysctls,
    _networking,
    _ifupdown,
    _managers,
    _cloud_init,
    _saved_rules,
    _libvirt,
    _network,
    _hooks,
    _brought_back,
    _client,
    _online,
)
