"""The plan reversed, as a POSIX shell script that a person can read and run.

Three functions are made from the plan: `put_back_network` first, because it
is what brings the operator back; then `put_back_files`, which is also all that
a boot needs; then `put_back_rest`. Three more look whether all that is back. The
helpers they call stand above them, in the script itself, so it depends on nothing
but Debian.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import singledispatch
from importlib.resources import files

from runbook.apply.checkpoint import subject, undo_checks
from runbook.apply.checkpoint.layout import Layout
from runbook.common.printable import one_line
from runbook.plan.changes.aside import PutBack
from runbook.plan.changes.change import Change
from runbook.plan.changes.guest_steps import Plug, UndoneInside
from runbook.plan.changes.ipv6 import stand_in
from runbook.plan.changes.messages import Route
from runbook.plan.changes.processes import EndUnit, StartClient
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    DropAttached,
    DropNetwork,
    NeedNic,
    Netlink,
    RemoveDir,
    Restore,
    Step,
    Sysctl,
)
from runbook.plan.changes.waits import Relearn
from runbook.plan.plan import Plan
from runbook.state.dhcp_clients import PROGRAMS

NETWORK = (EndUnit, NeedNic, Netlink, Announce, CarryNeighbours)
FILES = (Restore, PutBack, RemoveDir)
# Nothing of a lock may live on in a program that the undo starts.
NO_LOCKS = "8>&- 9>&-"
# A firewall rule's comment may hold a dollar sign.
LITERALLY = "# shellcheck disable=SC2016 # what stands in quotes is meant to the letter"
Pairs = tuple[tuple[Change, Step], ...]


def undo_script(plan: Plan, *, change_id: str, title: str, machine_id: str) -> str:
    """The whole script; `title` says who armed it, when and what for.

    It runs on the machine of this id alone, in the change's own directory.
    """
    pairs = plan.undo_steps()
    own = [f"announce {shlex.join(told)}" for told in plan.promise.announcements]
    network = tuple(p for p in pairs if _urgent(*p))
    rest = tuple(p for p in pairs if not (p in network or isinstance(p[1], FILES)))
    drops = any(isinstance(step, DropNetwork) for _, step in pairs)
    restart = ["restart_libvirt"] if drops else []
    parts = (
        _heading(plan, change_id, title) + "\n" + _part("undo_usage.sh"),
        _belongs(plan.host, machine_id, Layout(change_id).directory),
        _part("undo_head.sh"),
        _function("put_back_network", _lines(network)),
        _function("put_back_files", _files(pairs)),
        _function("put_back_rest", _lines(rest) + restart),
        _function("network_is_back", undo_checks.network_is_back(plan)),
        _function("rest_is_back", undo_checks.rest_is_back(plan)),
        _function("came_up", undo_checks.came_up(plan)),
        _function("announce_address", own),
        _part("undo_tail.sh"),
    )
    return "\n".join(parts)


def _urgent(change: Change, step: Step) -> bool:
    """Whether the step is part of bringing the operator back."""
    held = isinstance(step, Sysctl) and change.phase == "settle"
    runs = isinstance(step, Plug) and step.which == "live"
    return held or runs or isinstance(step, NETWORK)


def restored_paths(plan: Plan) -> tuple[str, ...]:
    """The files whose originals the script needs, numbered by their place here."""
    steps = (step for _, step in plan.undo_steps())
    return tuple(dict.fromkeys(s.path for s in steps if isinstance(s, Restore | PutBack)))


def made_dirs(plan: Plan) -> tuple[str, ...]:
    """The directories that the script removes, if the change made them."""
    steps = (step for _, step in plan.undo_steps())
    return tuple(dict.fromkeys(s.path for s in steps if isinstance(s, RemoveDir)))


def file_number(path: str, paths: tuple[str, ...]) -> str:
    """The name of an original: its number and what it was called, to be read by people."""
    return f"{paths.index(path) + 1}-{path.rsplit('/', 1)[-1]}"


def _heading(plan: Plan, change_id: str, title: str) -> str:
    lines = (
        subject.of_plan(plan).line,
        f"This puts {plan.host} back as it was before change {change_id}.",
        title,
        *plan.promise.purpose,
        "",
    )
    return "#!/bin/sh\n" + "".join(f"# {one_line(line)}".rstrip() + "\n" for line in lines) + "#"


def _belongs(host: str, machine_id: str, place: str) -> str:
    own = {"host": host, "machine": machine_id, "place": place}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in own.items())


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text().rstrip("\n") + "\n"


def _function(name: str, lines: list[str]) -> str:
    body = "".join(f"{line}\n" for line in lines) or ":\n"
    return f"{LITERALLY}\n{name}() {{\n{body}}}\n"


def _files(pairs: Pairs) -> list[str]:
    back = {s.path: s for _, s in pairs if isinstance(s, Restore | PutBack)}
    paths = tuple(back)
    dirs = tuple(dict.fromkeys(s.path for _, s in pairs if isinstance(s, RemoveDir)))
    verbs = {p: "put_back" if isinstance(s, PutBack) else "restore" for p, s in back.items()}
    restore = [f"{verbs[p]} {shlex.join((p, file_number(p, paths)))}" for p in paths]
    remove = [f"remove_dir {shlex.join((d, file_number(d, dirs)))}" for d in dirs]
    networks = [_drop(s) for _, s in pairs if isinstance(s, DropNetwork | DropAttached)]
    at_boot = [f'if [ "$why" = boot ]; then {line}; fi' for line in networks]
    return [*restore, *remove, *at_boot]


def _lines(pairs: Iterable[tuple[Change, Step]]) -> list[str]:
    lines: list[str] = []
    heading = ""
    for change, step in pairs:
        if change.title != heading:
            heading = change.title
            lines.append(f"# {one_line(heading)}")
        lines.extend(_shell(step))
    return lines


@singledispatch
def _shell(step: Step) -> list[str]:
    message = f"{type(step).__name__} has no place in an undo script"
    raise TypeError(message)


@_shell.register
def _(step: Netlink) -> list[str]:
    # Half of these find their work done already; ip says so, and goes on.
    batch = [one_line(shlex.join(message.words())) for message in step.messages]
    return ["ip -force -batch - >/dev/null 2>&1 <<'IP'", *batch, "IP"]


@_shell.register
def _(step: NeedNic) -> list[str]:
    return [f"need_nic {shlex.join((step.ifname, step.mac))}"]


@_shell.register
def _(step: Announce) -> list[str]:
    return [f"announce {shlex.join((step.ifname, step.address))}"]


@_shell.register
def _(step: CarryNeighbours) -> list[str]:
    return [f"carry_neighbours {shlex.join((step.source, step.target))}"]


@_shell.register
def _(step: Relearn) -> list[str]:
    return [
        f"relearn {shlex.join((step.ifname, step.token or '::1', *_learned(route)))}"
        for route in step.routes
    ]


def _learned(route: Route) -> tuple[str, str, str]:
    return route.gateway, str(route.metric), str(stand_in(route).metric)


@_shell.register
def _(step: DropNetwork) -> list[str]:
    chains = [f"drop_chains {shlex.quote(name)}" for name in step.chains_of]
    return [_drop(step), *chains]


@_shell.register
def _(step: DropAttached) -> list[str]:
    return [_drop(step)]


@_shell.register
def _(step: Plug) -> list[str]:
    return [f"plug {shlex.join((step.guest, step.which, step.xml))}"]


@_shell.register
def _(step: UndoneInside) -> list[str]:
    return [f"# {one_line(step.describe())}"]


@_shell.register
def _(step: Sysctl) -> list[str]:
    wanted, quoted = shlex.quote(step.value), shlex.quote(undo_checks.sysctl_path(step.name))
    return [f"if [ -e {quoted} ]; then printf '%s\\n' {wanted} >{quoted}; fi"]


@_shell.register
def _(step: Command) -> list[str]:
    return [f"{shlex.join(step.argv)} {NO_LOCKS} >/dev/null 2>&1"]


@_shell.register
def _(step: StartClient) -> list[str]:
    start = f"{shlex.join(step.argv)} {NO_LOCKS} >/dev/null 2>&1"
    known = shlex.join((step.ifname, step.family, *PROGRAMS[step.program]))
    return [f"client_runs {known} || {start}"]


@_shell.register
def _(step: EndUnit) -> list[str]:
    # It comes before the address: nothing may wait for a systemd that does not answer.
    return [f"timeout 5 systemctl stop {shlex.quote(step.unit)} {NO_LOCKS} >/dev/null 2>&1"]


def _drop(step: DropNetwork | DropAttached) -> str:
    if isinstance(step, DropAttached):
        return f"drop_attached {shlex.quote(step.name)}"
    return f"drop_network {shlex.join((step.name, step.bridge))}"
