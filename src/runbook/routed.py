"""The routed procedure: Params x Snapshot -> Plan.

The host's address moves from the NIC onto the bridge of a libvirt network, the
NIC becomes a port of that bridge, and all that names either follows. Files
come first: a disk that is full or a file that cannot be written is found out
while nothing else has changed.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import replace

from runbook import facts
from runbook.changes import network_hook
from runbook.changes.bridge_ports import Cutover, ForwardAtOnce, Settle, WarmUp
from runbook.changes.change import Change
from runbook.changes.conntrack import LOOSE, HoldTracking, ReleaseTracking
from runbook.changes.files import PutFile
from runbook.changes.network_hook import HookShape, hook_path, hook_script
from runbook.changes.network_xml import NetworkShape, network_xml
from runbook.changes.networks import CreateNetwork, InstallHook
from runbook.changes.routes import MakeRoom
from runbook.changes.sysctl import SetSysctl, TuneBridge
from runbook.errors import Refused
from runbook.moves import ipv6
from runbook.moves.admitted import admit, expected_firewall
from runbook.moves.clients import stop_clients
from runbook.moves.firewall import saved_rules, twins
from runbook.moves.interfaces import manual_stanza
from runbook.moves.routes import carried
from runbook.moves.saved import saved_firewall
from runbook.netfilter.expected import SAVED
from runbook.netfilter.packet import Connection
from runbook.params import Params
from runbook.plan import Plan
from runbook.promise import ExpectedFile, Promise, rows
from runbook.state.snapshot import Snapshot

FORWARDING = (("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1"))
# How the bridge speaks for the address by ARP; why these, and not proxy_arp: docs/boot.md.
ARP = (("arp_announce", "2"), ("arp_notify", "1"))
# The kernel's own default, for a host that has not loaded the module yet.
LOOSE_BY_DEFAULT = "1"
CHAIN_PROGRAMS = {"inet": "iptables", "inet6": "ip6tables"}


def make_plan(params: Params, seen: Snapshot, operator: Connection | None = None) -> Plan:
    """The plan, empty where the host is as promised already.

    `operator` is the connection that profile drop lets in.
    """
    promise = make_promise(params, seen, operator)
    unmet = tuple(check for check in promise.checks(seen) if not check.kept)
    if not unmet:
        return Plan(seen.host, promise, (), seen.digest(), (), params.deadline_s)
    _not_half_done(params, seen, promise)
    changes = tuple(_changes(params, seen, promise))
    return Plan(seen.host, promise, changes, seen.digest(), unmet, params.deadline_s)


def make_promise(params: Params, seen: Snapshot, operator: Connection | None = None) -> Promise:
    """The end state that the parameters ask for on this host."""
    mac, routes, mtu = _mac(params, seen), carried(params, seen), _mtu(params, seen)
    moves = ipv6.moved(params, seen)
    hook = HookShape(
        params.network,
        params.bridge,
        params.interface,
        mac,
        params.stp,
        routes,
        _bridge_sysctls(params),
        mtu,
        ipv6.hooked(moves),
    )
    return Promise(
        params.interface,
        params.bridge,
        params.network,
        params.ipv4,
        params.gateway,
        mac,
        params.stp,
        (_hook_file(hook), _sysctl_file(params, ipv6.lasting(params, seen, moves))),
        (*FORWARDING, *_bridge_sysctls(params)),
        routes,
        mtu,
        expected_firewall(params, seen, operator),
        ipv6.expected(moves),
    )


def _mac(params: Params, seen: Snapshot) -> str:
    """The MAC that the bridge will have."""
    if params.bridge_mac == "nic":
        return str(facts.nic_row(seen, params.interface)["mac"])
    if params.bridge_mac == "own":
        return _derived_mac(seen.identity.machine_id, params.network)
    return params.bridge_mac


def _derived_mac(machine_id: str, network: str) -> str:
    """A MAC from libvirt's own range, the same each time for one host and network."""
    digest = hashlib.sha256(f"{machine_id}/{network}".encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def _mtu(params: Params, seen: Snapshot) -> int:
    """The NIC's, which is the LAN's: the bridge must not carry smaller frames."""
    return int(facts.nic_row(seen, params.interface)["mtu"])


def _hook_file(shape: HookShape) -> ExpectedFile:
    return ExpectedFile(hook_path(shape.network), hook_script(shape))


def _bridge_sysctls(params: Params) -> tuple[tuple[str, str], ...]:
    # As in sysctl(8): a dot inside an interface's name is written as a slash.
    prefix = f"net.ipv4.conf.{params.bridge.replace('.', '/')}"
    return tuple((f"{prefix}.{word}", value) for word, value in ARP)


def _sysctl_file(params: Params, heard: tuple[tuple[str, str], ...]) -> ExpectedFile:
    text = _SYSCTL_FILE.format(
        network=params.network,
        forwarding=_sysctl_lines(FORWARDING),
        bridge=params.bridge,
        arp=_sysctl_lines(_bridge_sysctls(params)),
        heard=f"{_HEARD}{_sysctl_lines(heard)}" if heard else "",
    )
    return ExpectedFile(f"/etc/sysctl.d/60-runbook-{params.network}.conf", text)


def _sysctl_lines(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in pairs)


_SYSCTL_FILE = """\
# Bridged guests of libvirt network {network} need both.
{forwarding}
# {bridge} is not there yet when a boot reads this file. udev sets these when it
# comes, and libvirt's hook does when its network has started.
# arp_announce 2: an ARP request on the LAN never names another address of this host.
# arp_notify 1: the kernel announces the address when the bridge's MAC is set.
{arp}{heard}"""
_HEARD = "\n# Whoever forwards hears routers only where accept_ra is 2; the NIC is not to.\n"


def _not_half_done(params: Params, seen: Snapshot, promise: Promise) -> None:
    """Refuse a host that is neither as before nor as promised."""
    if not rows(seen.addresses, ifname=params.bridge, address=str(params.ipv4.ip)):
        return
    unmet = [check for check in promise.checks(seen) if not check.kept]
    lines = "\n".join(f"  - {c.about}: promised {c.promised}, seen {c.seen}" for c in unmet)
    raise Refused(
        f"{params.address} is on {params.bridge} already, and yet not all is as promised:\n{lines}",
        host=seen.host,
        state="nothing was written by this run; the host works as it did before it",
        then="mend each line by hand, or undo the earlier change, then run again",
    )


def _changes(params: Params, seen: Snapshot, promise: Promise) -> Iterator[Change]:
    nic, address = params.interface, params.ipv4
    facts.nic_row(seen, nic)
    held = facts.nic_address(seen, nic, address)
    connected = facts.connected_route(seen, nic, address)
    moved = facts.moved_routes(seen, nic, connected)
    yield from _prepare(params, seen, promise)
    loose = rows(seen.sysctl, name=LOOSE)
    value = str(loose[0]["value"]) if loose else LOOSE_BY_DEFAULT
    yield HoldTracking(value, loaded=bool(loose))
    yield MakeRoom(replace(connected, prefsrc=str(address.ip)))
    yield _network(params, seen, promise)
    yield _hook(promise)
    yield TuneBridge(params.bridge, _bridge_sysctls(params))
    yield ForwardAtOnce(params.bridge, params.stp)
    yield WarmUp(params.bridge, params.interface)
    moves = ipv6.moved(params, seen)
    yield from ipv6.enable(moves)
    yield Cutover(held, params.bridge, connected, moved, promise.routes, moves)
    yield Settle(str(address.ip), params.bridge, params.stp, promise.announced[1:])
    yield from ipv6.settle(moves, seen)
    yield ReleaseTracking(value)
    # Only now: a packet of a connection older than its tracking belongs to none until then.
    yield from admit(promise.firewall, seen)


def _prepare(params: Params, seen: Snapshot, promise: Promise) -> Iterator[Change]:
    _, sysctl_file = promise.files
    purpose = "keep forwarding on after a reboot"
    yield PutFile(sysctl_file.path, sysctl_file.text, 0o644, purpose)
    yield from manual_stanza(params.interface, seen)
    if promise.firewall.families:
        yield from saved_firewall(promise.firewall, params.interface, params.bridge, seen)
    yield from _twins_alone(params, seen, promise)
    yield from twins(params.interface, params.bridge, seen)
    yield from ipv6.keep_listening(seen)
    for name, value in FORWARDING:
        yield from _sysctl(name, value, seen)
    yield from stop_clients(params.interface, seen)


def _twins_alone(params: Params, seen: Snapshot, promise: Promise) -> Iterator[Change]:
    """Saved files of which nothing more is expected."""
    done = {SAVED[family] for family in promise.firewall.families}
    edits = saved_rules(params.interface, params.bridge, seen)
    yield from (edit for edit in edits if edit.path not in done)


def _sysctl(name: str, value: str, seen: Snapshot) -> Iterator[Change]:
    # net.ipv4.ip_forward shakes every net.ipv4.conf.*, and likewise for IPv6.
    prefix = ".".join(name.split(".")[:2]) + ".conf."
    table = {str(r["name"]): str(r["value"]) for r in rows(seen.sysctl)}
    if table.get(name) == value:
        return
    words = (".forwarding", ".accept_redirects")
    shaken = {n: v for n, v in table.items() if n.startswith(prefix) and n.endswith(words)}
    shaken.pop(name, None)
    yield SetSysctl(name, value, table.get(name, "0"), tuple(sorted(shaken.items())))


def _network(params: Params, seen: Snapshot, promise: Promise) -> CreateNetwork:
    shape = NetworkShape(
        params.network,
        str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{seen.identity.machine_id}/{params.network}")),
        params.interface,
        params.bridge,
        promise.mac,
        params.stp,
        params.dns,
        params.forward,
        params.ipv4,
        promise.mtu,
    )
    return CreateNetwork(params.network, params.bridge, network_xml(shape), _chains(seen))


def _chains(seen: Snapshot) -> tuple[str, ...]:
    """The programs in whose tables libvirt has no chains of its own yet."""
    rules = rows(seen.firewall)
    there = {r["family"] for r in rules if str(r["chain"]).startswith("LIBVIRT_")}
    return tuple(CHAIN_PROGRAMS[f] for f in ("inet", "inet6") if f not in there)


def _hook(promise: Promise) -> InstallHook:
    hook, _ = promise.files
    purpose = "bring NIC and routes back when libvirt starts the network"
    return InstallHook(PutFile(hook.path, hook.text, network_hook.MODE, purpose))
