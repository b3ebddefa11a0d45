"""What the undo script looks at again before it calls the host as before.

Read off the way back itself: each address, route and port that it puts back is
looked for, each kernel parameter is read, and the network has to be gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from runbook.plan.changes.guest_steps import Plug
from runbook.plan.changes.leases import StopClient
from runbook.plan.changes.messages import RA, Action, Address, LinkMaster, Message, Route, is_ipv6
from runbook.plan.changes.processes import EndUnit
from runbook.plan.changes.steps import (
    NETWORKS,
    Detour,
    DropAttached,
    DropNetwork,
    NeedNic,
    Netlink,
    Step,
    Sysctl,
)
from runbook.plan.changes.two_bridges import TakePorts
from runbook.plan.plan import Plan
from runbook.plan.promise.reverted import RevertPromise


def sysctl_path(name: str) -> str:
    """Where the kernel keeps it; as in sysctl(8), a dot inside an interface's name is a slash."""
    return "/proc/sys/" + name.translate(str.maketrans("./", "/."))


def network_is_back(plan: Plan) -> list[str]:
    """Shell lines that fail unless the operator can be back."""
    steps = [step for _, step in plan.undo_steps()]
    if isinstance(plan.promise, RevertPromise):
        return _all((_needed(steps), _on_the_bridge(plan.promise)))
    looks = (_looks(m) for m in _messages(plan))
    return _all((_needed(steps), _taken(steps), *looks, _plugs(steps, "live")))


def rest_is_back(plan: Plan) -> list[str]:
    """Shell lines that fail unless the network is gone and the kernel's parameters are back."""
    steps = [step for _, step in plan.undo_steps()]
    if isinstance(plan.promise, RevertPromise):
        name = plan.promise.changed.network
        runs = _expect(f"the network {name} runs", "network_runs", name)
        return _all(((runs,), _values(steps)))
    return _all((*_gone(steps), _stopped(steps), _values(steps), _plugs(steps, "config")))


def came_up(plan: Plan) -> list[str]:
    """Shell lines that fail unless a boot brought the network up as before.

    What a DHCP client does is its own business: it may still be waiting for its lease.
    Nor may a router have spoken yet.
    """
    steps = [step for _, step in plan.undo_steps()]
    if isinstance(plan.promise, RevertPromise):
        return _all((("await_boot",), _defined(plan.promise), _on_the_bridge(plan.promise)))
    lent = any(isinstance(c, StopClient) and c.pids for c in plan.changes)
    told = (m for m in _messages(plan) if not lent or isinstance(m, LinkMaster))
    return _all((*_gone(steps), _taken(steps), *(_looks(m) for m in told if not _learned(m))))


def _on_the_bridge(promise: RevertPromise) -> Iterator[str]:
    """The confirmed change is there again: port, addresses, routes."""
    nic, bridge, changed = promise.nic, promise.bridge, promise.changed
    yield _expect(f"{nic} is in {bridge}", "has_master", nic, bridge)
    own = (str(changed.address), *(f"{a.address}/{a.prefixlen}" for a in changed.others))
    for held in own:
        yield _expect(f"{held} is on {bridge}", "has_address", bridge, held)
        if not promise.attached:
            yield _expect(f"{held} is not on {nic}", "has_no_address", nic, held)
    for route in changed.routes:
        where = (str(route.table), route.dst, bridge)
        words = f"the route {route.dst} dev {bridge} is there"
        yield _expect(words, "has_route", "-6" if is_ipv6(route.dst) else "-4", *where)


def _defined(promise: RevertPromise) -> Iterator[str]:
    name = promise.changed.network
    yield _expect(f"the network {name} is there", "is_there", f"{NETWORKS}/{name}.xml")


def _needed(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, NeedNic):
            yield _expect(f"{step.ifname} is there, and up", "is_up", step.ifname)


def _taken(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, TakePorts):
            yield _expect(f"{step.port} is in {step.old}", "is_port", step.port, step.old)


def _messages(plan: Plan) -> Iterator[Message]:
    for _, step in plan.undo_steps():
        if isinstance(step, Netlink) and not isinstance(step, Detour):
            yield from step.messages


def _learned(message: Message) -> bool:
    """Whether it is there only once a router has advertised it."""
    if isinstance(message, Route):
        return message.protocol == RA or bool(message.expires_s)
    return isinstance(message, Address) and message.mngtmpaddr


def _looks(message: Message) -> Iterable[str]:
    if isinstance(message, LinkMaster) and not message.master:
        yield _expect(f"{message.ifname} is in no bridge", "has_no_master", message.ifname)
    elif isinstance(message, Address) and message.action is Action.ENSURE:
        held = f"{message.address}/{message.prefixlen}"
        if message.peer:
            held = f"{message.address} peer {message.peer}/{message.prefixlen}"
        yield _expect(f"{held} is on {message.ifname}", "has_address", message.ifname, held)
    elif isinstance(message, Route) and message.action is Action.ENSURE:
        where = (str(message.table), message.dst, message.ifname)
        words = f"the route {message.dst} dev {message.ifname} is there"
        yield _expect(words, "has_route", "-6" if is_ipv6(message.dst) else "-4", *where)


def _gone(steps: list[Step]) -> Iterator[Iterable[str]]:
    for step in steps:
        if isinstance(step, DropNetwork):
            bridge = f"/sys/class/net/{step.bridge}"
            yield (_expect(f"there is no {step.bridge}", "is_gone", bridge), _undefined(step))
        elif isinstance(step, DropAttached):
            yield (_undefined(step),)


def _stopped(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, EndUnit):
            yield _expect(f"{step.unit} is stopped", "is_stopped", step.unit)


def _undefined(step: DropNetwork | DropAttached) -> str:
    definition, _ = step.files
    return _expect(f"there is no network {step.name}", "is_gone", definition)


def _plugs(steps: list[Step], which: str) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Plug) and step.which == which:
            words = f"{step.guest} is on {step.source} ({which})"
            yield _expect(words, "is_plugged", step.guest, which, step.mac, step.source)


def _values(steps: list[Step]) -> Iterator[str]:
    # Written twice, the last value counts.
    values = {step.name: step.value for step in steps if isinstance(step, Sysctl)}
    for name, value in values.items():
        yield _expect(f"{name} = {value}", "has_value", sysctl_path(name), value)


def _expect(words: str, *check: str) -> str:
    return f"expect {shlex.join((words, *check))} || back=1"


def _all(groups: Iterable[Iterable[str]]) -> list[str]:
    lines = [line for group in groups for line in group]
    return ["back=0", *dict.fromkeys(lines), 'return "$back"']
