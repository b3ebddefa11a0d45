"""Kernel parameters that the bridge needs: now, and after a boot."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.params import Params
from runbook.plan.changes.sysctl import SetSysctl
from runbook.plan.promise.files import ExpectedFile
from runbook.state.links import ACTIVE_BACKUP, LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.sysctl import SysctlRow

FORWARDING6 = "net.ipv6.conf.all.forwarding"
FORWARDING = (("net.ipv4.ip_forward", "1"), (FORWARDING6, "1"))
# How the bridge announces the address by ARP. docs/explanation/boot.md says why not proxy_arp.
ARP = (("arp_announce", "2"), ("arp_notify", "1"))
# What somebody may have set for the NIC alone: the bridge takes its place on the LAN.
FOLLOW = (
    *("net.ipv4.conf.{}.accept_redirects", "net.ipv4.conf.{}.send_redirects"),
    *("net.ipv4.conf.{}.rp_filter", "net.ipv4.conf.{}.arp_ignore", "net.ipv4.conf.{}.proxy_arp"),
    "net.ipv6.conf.{}.accept_redirects",
)


def of_bridge(params: Params, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """How the bridge speaks for the address by ARP, and what follows from the NIC to it."""
    return (*_arp(params), *followed(params, snapshot))


def _arp(params: Params) -> tuple[tuple[str, str], ...]:
    return tuple((f"net.ipv4.conf.{_dotted(params.bridge)}.{word}", value) for word, value in ARP)


def followed(params: Params, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """The NIC's own parameters, as the bridge's: a new interface has the default's value."""
    table = {row.name: row.value for row in snapshot.rows(SysctlRow)}
    nic, bridge = _dotted(params.holder), _dotted(params.bridge)
    values = ((name, table.get(name.format(nic))) for name in FOLLOW)
    return tuple(
        (name.format(bridge), value)
        for name, value in values
        if value is not None and value != table.get(name.format("default"))
    )


def of_port(params: Params, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """IPv6 off on the port of an adopted bridge.

    ifupdown's bridge script of Debian 11 sets it for each port at each boot. After the change no
    boot runs the script for this port.
    """
    name = f"net.ipv6.conf.{_dotted(params.interface)}.disable_ipv6"
    row = snapshot.find(SysctlRow, name)
    default = snapshot.find(SysctlRow, "net.ipv6.conf.default.disable_ipv6")
    off = params.adopt and row and row.value == "1" and not (default and default.value == "1")
    return ((name, "1"),) if off else ()


def _dotted(ifname: str) -> str:
    """As in sysctl(8): a dot inside an interface's name is written as a slash."""
    return ifname.replace(".", "/")


def file(params: Params, snapshot: Snapshot, heard: tuple[tuple[str, str], ...]) -> ExpectedFile:
    """The file of sysctl.d; `heard` is who hears router advertisements."""
    text = _FILE.format(
        network=params.network,
        forwarding=_lines(FORWARDING),
        bridge=params.bridge,
        arp=_lines(_arp(params)),
    )
    own = followed(params, snapshot)
    text += _FOLLOWED.format(nic=params.holder, lines=_lines(own)) if own else ""
    text += _HEARD + _lines(heard) if heard else ""
    port = of_port(params, snapshot)
    text += _PORT.format(nic=params.interface, old=params.adopt, lines=_lines(port)) if port else ""
    return ExpectedFile(f"/etc/sysctl.d/60-runbook-{params.network}.conf", text)


def _lines(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in pairs)


_FOLLOWED = """
# Set for {nic} before the change.
{lines}"""
_HEARD = """
# Whoever forwards hears router advertisements only where accept_ra is 2; a port of
# a bridge is not to hear any.
"""
_PORT = """
# {nic} had no IPv6 as a port of {old}: ifupdown's bridge script said so at each boot.
{lines}"""
_FILE = """\
# Bridged guests of libvirt network {network} need both.
{forwarding}
# {bridge} is not there yet when a boot reads this file. udev sets these when it
# comes, and libvirt's hook does when its network has started.
# arp_announce 2: an ARP request on the LAN never names another address of this host.
# arp_notify 1: the kernel announces the address when the bridge's MAC is set.
{arp}"""


def switched(name: str, value: str, snapshot: Snapshot) -> Iterator[SetSysctl]:
    """A forwarding switch, with the parameters that it resets; nothing if it is set already."""
    # net.ipv4.ip_forward shakes every net.ipv4.conf.*, and likewise for IPv6.
    prefix = ".".join(name.split(".")[:2]) + ".conf."
    table = {row.name: row.value for row in snapshot.rows(SysctlRow)}
    if table.get(name) == value:
        return
    words = (".forwarding", ".accept_redirects")
    shaken = {n: v for n, v in table.items() if n.startswith(prefix) and n.endswith(words)}
    shaken.pop(name, None)
    bonds = _with_idle_ports(snapshot) if name == FORWARDING6 else ()
    yield SetSysctl(name, value, table.get(name, "0"), tuple(sorted(shaken.items())), bonds)


def _with_idle_ports(snapshot: Snapshot) -> tuple[str, ...]:
    """The bonds that use one NIC at a time, whether the change is about them or not."""
    rows = snapshot.rows(LinkRow)
    return tuple(row.ifname for row in rows if row.bond_mode == ACTIVE_BACKUP)
