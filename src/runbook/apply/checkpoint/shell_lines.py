"""Each step of an undo as lines of a shell script that a person can read."""

from __future__ import annotations

import shlex
from functools import singledispatch

from runbook.apply.checkpoint import undo_checks
from runbook.common import octets
from runbook.common.printable import one_line
from runbook.plan.changes.guest_steps import Plug, UndoneInside
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.ipv6 import stand_in
from runbook.plan.changes.messages import LinkMaster, Message, Route
from runbook.plan.changes.processes import EndUnit, StartClient
from runbook.plan.changes.revert_steps import EndOwnClient, InsertRule, RaiseNetwork
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    Detour,
    DropAttached,
    DropNetwork,
    NeedNic,
    Netlink,
    Step,
    Sysctl,
)
from runbook.plan.changes.two_bridges import (
    EXPEDITED,
    CloseShortcut,
    HurryKernel,
    JoinBridges,
    OpenShortcut,
    TakePorts,
)
from runbook.plan.changes.waits import (
    AwaitAdmitted,
    AwaitCarrier,
    AwaitLinkLocal,
    AwaitRouter,
    Relearn,
)
from runbook.state.dhcp_clients import PROGRAMS

# Nothing of a lock may live on in a program that the undo starts.
NO_LOCKS = "8>&- 9>&-"


@singledispatch
def shell_lines(step: Step) -> list[str]:
    """The step as lines of an undo script; TypeError if it has no place in one."""
    message = f"{type(step).__name__} has no place in an undo script"
    raise TypeError(message)


@shell_lines.register
def _(step: Netlink | Detour) -> list[str]:
    messages = step.messages
    for number, message in enumerate(messages, 1):
        if isinstance(message, LinkMaster):
            moves = ["hurry", *_batch(messages[:number]), "hurry_no_more"]
            if not message.master:
                moves = [f"hand_over {shlex.quote(message.ifname)}", *moves, "hand_over_no_more"]
            # Only now: what came by the bridge was for an address that the bridge has to have.
            return [*moves, *_batch(messages[number:])]
    return _batch(messages)


def _batch(messages: tuple[Message, ...]) -> list[str]:
    """Half of these find their work done already; ip says so, and goes on."""
    words = [one_line(shlex.join(message.words())) for message in messages]
    return ["ip -force -batch - >/dev/null 2>&1 <<'IP'", *words, "IP"] if words else []


@shell_lines.register
def _(step: NeedNic) -> list[str]:
    return [f"need_nic {shlex.join((step.ifname, step.mac))}"]


@shell_lines.register
def _(step: JoinBridges) -> list[str]:
    return [f"join_bridges {shlex.join((step.new, step.old, step.mac))}"]


@shell_lines.register
def _(step: TakePorts) -> list[str]:
    return ["hurry", f"take_ports {shlex.join((step.new, step.old))}", "hurry_no_more"]


@shell_lines.register
def _(step: HurryKernel) -> list[str]:
    before, after = step.values
    return [
        f'if [ "$(cat {EXPEDITED} 2>/dev/null)" = {before} ]; then echo {after} >{EXPEDITED}; fi'
    ]


@shell_lines.register
def _(step: HushIdlePorts) -> list[str]:
    return [shlex.join(("hush_idle_ports" if step.on else "hush_no_more", *step.bonds))]


@shell_lines.register
def _(step: OpenShortcut) -> list[str]:
    # A guest that was restarted since has a tap of another name; the undo looks for it.
    macs = (mac for mac, _ in step.guests)
    return [f"open_shortcut {shlex.join((step.nic, ' '.join(step.local), *macs))}"]


@shell_lines.register
def _(_step: CloseShortcut) -> list[str]:
    return ["close_shortcut"]


@shell_lines.register
def _(step: Announce) -> list[str]:
    return [f"announce {shlex.join((step.ifname, step.address))}"]


@shell_lines.register
def _(step: CarryNeighbours) -> list[str]:
    return [f"carry_neighbours {shlex.join((step.source, step.target))}"]


@shell_lines.register
def _(step: Relearn) -> list[str]:
    return [
        f"relearn {shlex.join((step.ifname, step.token or '::1', *_learned(route)))}"
        for route in step.routes
    ]


def _learned(route: Route) -> tuple[str, str, str]:
    return route.gateway, str(route.metric), str(stand_in(route).metric)


@shell_lines.register
def _(step: DropNetwork) -> list[str]:
    chains = [f"drop_chains {shlex.quote(name)}" for name in step.chains_of]
    return [drop_line(step), *chains]


@shell_lines.register
def _(step: DropAttached) -> list[str]:
    return [drop_line(step)]


@shell_lines.register
def _(step: Plug) -> list[str]:
    lines = [f"plug {shlex.join((step.guest, step.which, step.xml, step.mac))}"]
    # A running guest's tap leaves one bridge for the other.
    return ["hurry", *lines, "hurry_no_more"] if step.which == "live" else lines


@shell_lines.register
def _(step: UndoneInside) -> list[str]:
    return [f"# {one_line(step.describe())}"]


@shell_lines.register
def _(step: Sysctl) -> list[str]:
    wanted, quoted = shlex.quote(step.value), shlex.quote(undo_checks.sysctl_path(step.name))
    return [f"if [ -e {quoted} ]; then printf '%s\\n' {wanted} >{quoted}; fi"]


@shell_lines.register
def _(step: Command) -> list[str]:
    given = octets.text_of(step.stdin)
    feed = f"printf '%s' {shlex.quote(given)} | " if given else ""
    return [f"{feed}{shlex.join(step.argv)} {NO_LOCKS} >/dev/null 2>&1"]


@shell_lines.register
def _(step: EndOwnClient) -> list[str]:
    return [f"end_client {_known(step.client)}"]


@shell_lines.register
def _(step: InsertRule) -> list[str]:
    quiet = f"{NO_LOCKS} >/dev/null 2>&1"
    return [f"{shlex.join(step.check)} {quiet} || {shlex.join(step.insert)} {quiet}"]


@shell_lines.register
def _(step: AwaitAdmitted) -> list[str]:
    # It was asked before the change, and it was admitted.
    return [f"# {one_line(step.describe())}"]


@shell_lines.register
def _(step: AwaitCarrier) -> list[str]:
    return [f"await_carrier {shlex.quote(step.ifname)}"]


@shell_lines.register
def _(step: AwaitLinkLocal) -> list[str]:
    return [f"await_link_local {shlex.quote(step.ifname)}"]


@shell_lines.register
def _(step: AwaitRouter) -> list[str]:
    gateways = [route.gateway for route in step.routes]
    return [f"await_router {shlex.join((step.ifname, gateway))}" for gateway in gateways]


@shell_lines.register
def _(step: StartClient) -> list[str]:
    start = f"{shlex.join(step.argv)} {NO_LOCKS} >/dev/null 2>&1"
    return [f"client_runs {_known(step)} || {start}"]


def _known(client: StartClient) -> str:
    """What the host's own client of an interface is known by."""
    return shlex.join((client.ifname, client.family, *PROGRAMS[client.program]))


@shell_lines.register
def _(step: RaiseNetwork) -> list[str]:
    return [raise_line(step)]


def raise_line(step: RaiseNetwork) -> str:
    """The line by which a network comes again, at a boot too."""
    return f"raise_network {shlex.join((step.name, step.bridge, step.path))}"


@shell_lines.register
def _(step: EndUnit) -> list[str]:
    # It comes before the address: nothing may wait for a systemd that does not answer.
    return [f"timeout 5 systemctl stop {shlex.quote(step.unit)} {NO_LOCKS} >/dev/null 2>&1"]


def drop_line(step: DropNetwork | DropAttached) -> str:
    """The line by which a network goes, at a boot too."""
    if isinstance(step, DropAttached):
        return f"drop_attached {shlex.quote(step.name)}"
    return f"drop_network {shlex.join((step.name, step.bridge))}"
