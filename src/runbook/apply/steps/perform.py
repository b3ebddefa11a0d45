"""One step, made on the host. Steps inside a guest are made by `guest/steps`."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import replace
from functools import cache, partial, singledispatch

from runbook.apply.steps import ndp_bytes, netlink_bytes, waits
from runbook.apply.steps.commands import failed, run
from runbook.apply.steps.hand_over import handed_over, tried
from runbook.apply.steps.idle_ports import hush
from runbook.common.errors import GateClosed, StepFailed
from runbook.plan.changes.aside import MoveAside
from runbook.plan.changes.file_steps import EditFile, MakeDir, RemoveFile, WriteFile
from runbook.plan.changes.guest_steps import AwaitForwarding, AwaitPerson, Plug
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.messages import Neighbour, is_ipv6
from runbook.plan.changes.networks import CLIENT, STDIN, URI
from runbook.plan.changes.processes import Kill
from runbook.plan.changes.revert_steps import TakeBack
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    GatedNetlink,
    Netlink,
    Step,
    Sysctl,
)
from runbook.plan.changes.two_bridges import (
    EXPEDITED,
    SHORTCUT,
    CloseShortcut,
    HurryKernel,
    OpenShortcut,
)
from runbook.plan.changes.waits import AwaitAdmitted, AwaitCarrier, AwaitLinkLocal, AwaitRouter
from runbook.state import dhcp_clients, links, neighbours
from runbook.state.dhcp_clients import Trust
from runbook.state.links import LinkRow
from runbook.transport import arp
from runbook.transport.host import Delivery, Host, HostFile

# As many as the undo on the host carries (undo_head.sh).
REACHABLE, MOST_NEIGHBOURS = "REACHABLE", 4096
# One frame can be lost; neighbours take the same news three times without harm.
ANNOUNCEMENTS = 3


@singledispatch
def perform(step: Step, host: Host) -> None:
    """Make the step; returns when it is done, raises StepFailed when it is not."""
    message = f"{type(step).__name__} belongs to an undo and cannot be performed on {host.name}"
    raise TypeError(message)


@perform.register
def _(step: Netlink, host: Host) -> None:
    _send(step, host)


@perform.register
def _(step: GatedNetlink, host: Host) -> None:
    if not step.joining:
        _send(step, host, step.first)
        return
    with handed_over(host, _link(host, step.joining)):
        _send(step, host, step.first)


def _send(step: Netlink, host: Host, first: int = 0) -> None:
    # Asked once for each interface: a datagram is of one moment.
    datagram = netlink_bytes.encode(step.messages, cache(partial(ifindex, host)))
    words = tuple(" ".join(("ip", *message.words())) for message in step.messages)
    host.send_netlink(datagram, Delivery(words, first))


@perform.register
def _(step: WriteFile, host: Host) -> None:
    host.write_file(HostFile(step.path, step.content, step.mode, step.uid, step.gid))


@perform.register
def _(step: EditFile, host: Host) -> None:
    (file,) = host.read_files([step.path])
    if file is None or hashlib.sha256(file.content).hexdigest() != step.sha256:
        raise failed(host, step, f"{step.path} is not as it was when the plan was made")
    host.write_file(replace(file, content=step.applied_to(file.content)))


@perform.register
def _(step: RemoveFile, host: Host) -> None:
    host.remove_file(step.path)


@perform.register
def _(step: MoveAside, host: Host) -> None:
    host.move_file(step.path, step.aside)


@perform.register
def _(step: MakeDir, host: Host) -> None:
    host.make_dir(step.path, 0o755)


@perform.register
def _(step: Command, host: Host) -> None:
    run(step, host)


@perform.register
def _(step: TakeBack, host: Host) -> None:
    run(Command(("/bin/sh", step.script, step.part), budget_s=step.budget_s), host)


@perform.register
def _(step: Kill, host: Host) -> None:
    running = (c for c in dhcp_clients.read(host) if c.trust is Trust.OWN)
    if (step.pid, step.running) not in {(client.pid, client.argv) for client in running}:
        raise failed(host, step, f"process {step.pid} is not that client any more")
    run(Command(("kill", "-KILL", str(step.pid)), budget_s=step.budget_s), host)


@perform.register
def _(step: Sysctl, host: Host) -> None:
    run(Command(("sysctl", "-q", "-w", f"{step.name}={step.value}")), host)


@perform.register
def _(step: Announce, host: Host) -> None:
    told = ndp_bytes.unsolicited_advertisement if is_ipv6(step.address) else gratuitous_arp
    mac = bytes.fromhex(_link(host, step.ifname).mac.replace(":", ""))
    frame = told(mac, step.address)
    for _ in range(ANNOUNCEMENTS):
        host.send_frame(step.ifname, frame)


@perform.register
def _(step: CarryNeighbours, host: Host) -> None:
    known = [
        row
        for row in neighbours.read(host)
        if (row.family, row.ifname) == (step.family, step.source) and row.mac
    ]
    if not known:
        return
    known.sort(key=lambda row: row.state != REACHABLE)
    carried = (Neighbour(step.target, row.address, row.mac) for row in known[:MOST_NEIGHBOURS])
    try:
        host.send_netlink(netlink_bytes.encode(tuple(carried), lambda name: ifindex(host, name)))
    except GateClosed:
        raise
    except StepFailed:
        # The kernel's table has no room for them twice. A neighbour that is not carried is asked
        # for again, and anybody on the LAN can fill the table.
        return


@perform.register
def _(step: HurryKernel, host: Host) -> None:
    (file,) = host.read_files([EXPEDITED])
    before, after = step.values
    if file is not None and file.content.strip() == before.encode():
        # Whoever cannot write it waits a moment longer, and that is all.
        host.execute(("tee", EXPEDITED), stdin=after.encode(), timeout=step.budget_s)


@perform.register
def _(step: OpenShortcut, host: Host) -> None:
    tried(host, ("nft", "-f", "-"), step.ruleset)


@perform.register
def _(_step: CloseShortcut, host: Host) -> None:
    tried(host, ("nft", "delete", "table", "netdev", SHORTCUT))


@perform.register
def _(step: Plug, host: Host) -> None:
    argv = (CLIENT, *URI, "update-device", step.guest, STDIN, f"--{step.which}")
    run(Command(argv, step.xml.encode(), step.budget_s), host)


def gratuitous_arp(mac: bytes, address: str) -> bytes:
    """A broadcast ARP request in which sender and target are `address` (RFC 5227, 3)."""
    ip = socket.inet_aton(address)
    return arp.request(mac, ip, ip)


def ifindex(host: Host, ifname: str) -> int:
    """The interface's index on the host now."""
    return _link(host, ifname).ifindex


def _link(host: Host, ifname: str) -> LinkRow:
    found = [row for row in links.read(host) if row.ifname == ifname]
    if len(found) != 1:
        raise failed(host, Netlink(()), f"the host has no interface {ifname}")
    return found[0]


# What is a function elsewhere, by the kind of its step.
perform.register(AwaitCarrier, waits.carrier)
perform.register(AwaitAdmitted, waits.admitted)
perform.register(AwaitLinkLocal, waits.link_local)
perform.register(AwaitRouter, waits.router)
perform.register(AwaitForwarding, waits.forwarding)
perform.register(AwaitPerson, waits.person)
perform.register(HushIdlePorts, hush)
